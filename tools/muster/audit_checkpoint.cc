#include "tools/muster/audit_checkpoint.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <ostream>
#include <stdexcept>
#include <system_error>

#include "tools/muster/reading.h"
#include "tools/muster/replace_file.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSchema = "muster-audit-checkpoint/1";

Json Describe(const AuditCheckpoint& checkpoint) {
  const AuditReport& report = checkpoint.report;
  return {{"files", checkpoint.files},
          {"records", checkpoint.records},
          {"line", checkpoint.line},
          {"offset", checkpoint.offset},
          {"octets", checkpoint.octets},
          {"inputs", checkpoint.inputs.hex()},
          {"devices", report.devices},
          {"accepted", report.accepted},
          {"rejected", report.rejected},
          {"unreadable", report.unreadable},
          {"by_reason", report.by_reason},
          {"by_enrollment", report.by_enrollment},
          {"by_anchor", report.by_anchor},
          {"by_key_type", report.by_key_type},
          {"by_expiry_month", report.by_expiry_month},
          {"notes", report.notes}};
}

// Throws where a member is missing or of another kind.
AuditCheckpoint ParseStand(const Json& json) {
  AuditCheckpoint checkpoint;
  json.at("files").get_to(checkpoint.files);
  json.at("records").get_to(checkpoint.records);
  json.at("line").get_to(checkpoint.line);
  json.at("offset").get_to(checkpoint.offset);
  json.at("octets").get_to(checkpoint.octets);
  auto inputs = Fingerprint::Parse(json.at("inputs").get<std::string>());
  if (!inputs) throw std::runtime_error("'inputs' is no fingerprint");
  checkpoint.inputs = *inputs;
  AuditReport& report = checkpoint.report;
  json.at("devices").get_to(report.devices);
  json.at("accepted").get_to(report.accepted);
  json.at("rejected").get_to(report.rejected);
  json.at("unreadable").get_to(report.unreadable);
  json.at("by_reason").get_to(report.by_reason);
  json.at("by_enrollment").get_to(report.by_enrollment);
  json.at("by_anchor").get_to(report.by_anchor);
  json.at("by_key_type").get_to(report.by_key_type);
  json.at("by_expiry_month").get_to(report.by_expiry_month);
  json.at("notes").get_to(report.notes);
  return checkpoint;
}

// The octets written so far, on the disk.
std::uint64_t Settle(std::ostream& out, const std::string& output) {
  if (output.empty()) return 0;
  const auto size = static_cast<std::streamoff>(out.flush().tellp());
  const int file = open(output.c_str(), O_WRONLY | O_CLOEXEC);
  const bool settled = size >= 0 && file >= 0 && fsync(file) == 0;
  if (file >= 0) (void)close(file);
  if (!settled) {
    throw std::runtime_error(
        fmt::format("{} could not be written; check the disk", SourceName(output)));
  }
  return static_cast<std::uint64_t>(size);
}

}  // namespace

Result<SavedAudit> LoadCheckpoint(const std::string& path) try {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return MakeError(ErrorCode::kUnreadableInput,
                     fmt::format("there is no checkpoint {} to go on from; leave out --resume to "
                                 "begin the audit",
                                 SourceName(path)));
  }
  const Json json = Json::parse(file);
  if (json.at("schema") != kSchema) throw std::runtime_error("it has another schema");
  SavedAudit saved;
  saved.terms = json.at("terms");
  saved.terms.at("at").get_to(saved.at);
  json.at("output_octets").get_to(saved.output_octets);
  saved.checkpoint = ParseStand(json.at("stand"));
  return saved;
} catch (const std::exception& e) {
  return MakeError(
      ErrorCode::kUnreadableInput,
      fmt::format("{} is not a checkpoint of an audit: {}", SourceName(path), Printable(e.what())));
}

Result<void> CheckTerms(const std::string& path, const Json& saved, const Json& now) {
  for (const auto& [name, value] : now.items()) {
    const Json was = saved.contains(name) ? saved.at(name) : Json(nullptr);
    if (was == value) continue;
    return MakeError(
        ErrorCode::kInvalidArgument,
        fmt::format("the audit of {} was begun with another {} ({}, now {}); one audit has one: "
                    "resume it as it was begun, or remove the checkpoint and begin anew",
                    SourceName(path), name, Printable(Dump(was, false)),
                    Printable(Dump(value, false))));
  }
  return {};
}

CheckpointKeeper::CheckpointKeeper(std::string path, Json terms, std::chrono::seconds every,
                                   std::ostream& out, std::string output)
    : path_(std::move(path)),
      terms_(std::move(terms)),
      every_(every),
      out_(out),
      output_(std::move(output)) {}

void CheckpointKeeper::Offer(const AuditCheckpoint& checkpoint) {
  if (checkpoint.report.interrupted || Clock::now() - saved_ >= every_) Save(checkpoint);
}

void CheckpointKeeper::Save(const AuditCheckpoint& checkpoint) {
  const std::uint64_t octets = Settle(out_, output_);
  const Json json{{"schema", kSchema},
                  {"terms", terms_},
                  {"output_octets", octets},
                  {"stand", Describe(checkpoint)}};
  if (auto written = ReplaceFile(path_, Dump(json, false) + '\n'); !written) {
    throw std::runtime_error(written.error().message);
  }
  saved_ = Clock::now();
}

void CheckpointKeeper::Remove() const {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace muster::cli
