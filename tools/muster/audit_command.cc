// audit: authenticates a whole fleet.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <ostream>
#include <system_error>

#include "muster/certificate_reader.h"
#include "muster/fleet_audit.h"
#include "tools/muster/audit_output.h"
#include "tools/muster/audit_progress.h"
#include "tools/muster/commands.h"
#include "tools/muster/decision_options.h"
#include "tools/muster/describe.h"
#include "tools/muster/findings_options.h"
#include "tools/muster/inventory_options.h"
#include "tools/muster/reading.h"
#include "tools/muster/report_model.h"
#include "tools/muster/report_page.h"
#include "tools/muster/standard_input.h"

namespace muster::cli {
namespace {

struct Args {
  std::vector<std::string> inputs;
  DecisionArgs decision;
  FindingsArgs findings;
  InventoryArgs inventory;
  std::string output, report;
  int threads = 0;
  std::size_t record_size_max = FleetAuditOptions{}.record_size_max;
  std::size_t cache_mib = AuthenticationOptions{}.cache_octets_max >> 20;
  double cross_check_percent = 0;
  bool summary_only = false;
};

// `found`: something was found that fails an audit.
int StatusOf(const AuditReport& report, bool found) {
  if (report.interrupted) return kExitInterrupted;
  return report.rejected + report.unreadable == 0 && !found ? kExitAccepted : kExitRefused;
}

Json HeaderOf(const Args& args, const Authenticator& authenticator, UnixTime at) {
  const auto snapshot = authenticator.snapshot();
  Json header{{"service", snapshot->service()},
              {"generation", snapshot->generation()},
              {"at", FormatRfc3339(at)}};
  header["options"] = DescribeOptions(authenticator.options());
  header["inputs"] = args.inputs;
  return header;
}

void SayTotals(CliContext& context, const AuditReport& report) {
  context.Say(fmt::format("{}{}: {} accepted, {} refused; {} unreadable",
                          report.interrupted ? "interrupted after " : "",
                          Counted(report.devices, "device"), Grouped(report.accepted),
                          Grouped(report.rejected), Counted(report.unreadable, "record")));
}

bool WritesToStandardOutput(const Args& args) { return args.output.empty() || args.output == "-"; }

// Ends an audit whose results cannot be written: nobody waits for the rest of a fleet in vain.
class OutputLost : public std::exception {};

Result<FleetAuditOptions> ToAuditOptions(CliContext& context, const Args& args, UnixTime at) {
  auto inventory = ToInventoryOptions(context, args.inventory);
  if (!inventory) return tl::unexpected(std::move(inventory).error());
  FleetAuditOptions options;
  options.at = at;
  options.threads = args.threads;
  options.record_size_max = args.record_size_max;
  options.cross_check = args.cross_check_percent / 100;
  options.inventory = *std::move(inventory);
  return options;
}

// Writes what is known at the end. `model` is null where no page is wanted.
Result<int> Conclude(CliContext& context, const Args& args, const Json& header,
                     const AuditReport& report, FleetFindings* findings,
                     const AuditReportModel* model, AuditWriter* writer) {
  Result<FindingsReport> found;
  if (findings != nullptr) found = findings->Finish();
  if (!found) return tl::unexpected(std::move(found).error());
  const FindingsReport* shown = findings != nullptr ? &*found : nullptr;
  writer->End(report, shown);
  if (model != nullptr) {
    const Json page = model->Describe(header, report, shown);
    auto written = ReplaceFile(args.report, ReportPage(page));
    if (!written) return tl::unexpected(std::move(written).error());
  }
  for (const std::string& note : report.notes) context.Warn(note);
  if (context.format() != Format::kTable || !args.output.empty()) SayTotals(context, report);
  return StatusOf(report, Fails(args.findings, *found));
}

Result<int> RunAudit(CliContext& context, const Args& args, std::ostream& out, Style style) {
  auto at = context.TimeOf(args.decision.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto options = ToOptions(args.decision);
  if (!options) return tl::unexpected(std::move(options).error());
  auto audit_options = ToAuditOptions(context, args, *at);
  if (!audit_options) return tl::unexpected(std::move(audit_options).error());
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  const RegistryContents& contents = (*snapshot)->contents();
  options->cache_octets_max = args.cache_mib << 20;
  Authenticator authenticator(*snapshot, *options);
  FleetAudit audit(authenticator, *std::move(audit_options));
  const Json header = HeaderOf(args, authenticator, *at);
  std::optional<AuditReportModel> model;
  if (!args.report.empty()) model.emplace(contents, *at);
  auto findings = StartFindings(context, args.findings, !args.report.empty(), *snapshot, *at,
                                args.threads);
  if (!findings) return tl::unexpected(std::move(findings).error());
  AuditWriter writer(out, contents, {context.format(), style, args.summary_only});
  // Written with the first record, so that an input that cannot be opened leaves no output.
  bool begun = false;
  auto begin = [&] {
    if (!begun) writer.Begin(header);
    begun = true;
  };
  Result<AuditReport> report = MakeError(ErrorCode::kInternal, "the audit did not run");
  {
    InterruptGuard guard;
    const bool records_shown =
        context.out_is_terminal() && args.output.empty() && !args.summary_only;
    AuditProgress progress(context, args.inputs, records_shown);
    FleetAudit::Sink sink;
    // An audit that shows no record is spared making them.
    if (!args.summary_only || progress.shown() || model || *findings) {
      sink = [&](const AuditRecord& record) {
        begin();
        writer.Record(record);
        if (model) model->Count(record);
        if (*findings) (*findings)->Add(record);
        progress.Count(record);
        if (!out) throw OutputLost();
      };
    }
    report = audit.Run(args.inputs, context.in(), sink, &InterruptFlag());
  }
  if (!out) {
    return MakeError(ErrorCode::kInternal,
                     fmt::format("{} could not be written; check the disk or the pipe",
                                 WritesToStandardOutput(args) ? "standard output"
                                                              : SourceName(args.output)));
  }
  if (!report) return tl::unexpected(std::move(report).error());
  begin();
  return Conclude(context, args, header, *report, findings->get(), model ? &*model : nullptr,
                  &writer);
}

// Writing the results over an inventory, or among its files, would make the audit read them.
Result<void> CheckOutput(const Args& args, std::string_view option, const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path output = fs::weakly_canonical(path, error);
  for (const std::string& input : args.inputs) {
    const fs::path read = fs::weakly_canonical(input, error);
    const auto [in_read, in_output] =
        std::mismatch(read.begin(), read.end(), output.begin(), output.end());
    if (error || in_read != read.end()) continue;
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} {} lies in the input {}; write it elsewhere", option,
                                 SourceName(path), SourceName(input)));
  }
  return {};
}

Result<int> Audit(CliContext& context, const Args& args) {
  if (args.inventory.wants_list()) return ListInventoryFormats(context);
  if (args.inputs.empty()) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "name at least one inventory: a file, a folder, or - for standard input");
  }
  if (args.summary_only && !IsGeneral(context.format())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "csv, junit and sarif hold records and no summary; leave out --summary-only");
  }
  if (!args.report.empty()) {
    auto apart = CheckOutput(args, "--report", args.report);
    if (!apart) return tl::unexpected(std::move(apart).error());
    // Known before the audit rather than after it.
    const std::filesystem::path folder = std::filesystem::path(args.report).parent_path();
    if (!folder.empty() && !std::filesystem::is_directory(folder)) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("cannot write {}: its folder does not exist",
                                   SourceName(args.report)));
    }
  }
  if (WritesToStandardOutput(args)) {
    return RunAudit(context, args, context.out(), context.out_style());
  }
  if (auto apart = CheckOutput(args, "--output", args.output); !apart) {
    return tl::unexpected(std::move(apart).error());
  }
  std::ofstream file(args.output, std::ios::binary | std::ios::trunc);
  if (!file) {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("cannot write {}; check the folder and its permissions",
                                 SourceName(args.output)));
  }
  auto status = RunAudit(context, args, file, {.color = false, .unicode = true});
  file.close();
  if (status && !file) {
    return MakeError(
        ErrorCode::kInternal,
        fmt::format("{} could not be written to its end; check the disk", SourceName(args.output)));
  }
  return status;
}

}  // namespace

void AddAuditCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  // Inventories often hold leaves only.
  args->decision.links = "registry";
  CLI::App* verb =
      AddVerb(app, context, "audit", "Decide about every device of an inventory, in input order",
              [&context, args] { return Audit(context, *args); });
  verb->preparse_callback([&context](std::size_t) { context.writes_records = true; });
  verb->add_option("inputs", args->inputs,
                   "Inventories in any format of --input-format list, and folders of them")
      ->type_name("FILE");
  AddDecisionOptions(*verb, args->decision);
  AddInventoryOptions(*verb, args->inventory);
  verb->add_option("--threads", args->threads, "How many threads [all cores]")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  verb->add_option("--record-limit", args->record_size_max,
                   "The largest line or certificate file that is read, in octets [4194304]")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kReadSizeMax));
  verb->add_option("--cache-size", args->cache_mib,
                   "Memory for compiled CA paths and tables of issuer keys, in MiB [1024]")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
  verb->add_option("--cross-check", args->cross_check_percent,
                   "The share of devices to decide again with the reference kernel [0]")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--output", args->output, "Write the results here")->type_name("FILE");
  verb->add_option("--report", args->report, "Also write a page for a browser (HTML) here")
      ->type_name("FILE");
  AddFindingsOptions(*verb, args->findings);
  verb->add_flag("--summary-only", args->summary_only, "Leave the records out");
}

}  // namespace muster::cli
