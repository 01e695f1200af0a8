#include "engine/audit/audit_results.h"

#include <fmt/format.h>

#include <array>
#include <istream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <streambuf>
#include <string_view>
#include <utility>

namespace muster::audit {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kLinesSchema = "muster-audit/1";
constexpr std::string_view kDocumentSchema = "muster-audit-report/1";
constexpr std::size_t kRecordSizeMax = std::size_t{16} * 1024 * 1024;

// What is wrong with the results.
class BadResults : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// A stream's octets in blocks; refuses to pass more than a record's worth of them between two calls
// of Renew.
class BudgetBuffer : public std::streambuf {
 public:
  explicit BudgetBuffer(std::istream& in) : in_(in) {}

  void Renew() { spent_ = 0; }
  // The first octets, which stay unread.
  std::string_view Peek() {
    if (gptr() == egptr()) underflow();
    return {gptr(), static_cast<std::size_t>(egptr() - gptr())};
  }

 protected:
  int_type underflow() override {
    in_.read(block_.data(), static_cast<std::streamsize>(block_.size()));
    const std::streamsize got = in_.gcount();
    spent_ += static_cast<std::size_t>(got);
    if (spent_ > kRecordSizeMax) throw BadResults("a record has more than 16 MiB");
    setg(block_.data(), block_.data(), block_.data() + got);
    return got == 0 ? traits_type::eof() : traits_type::to_int_type(block_[0]);
  }

 private:
  std::istream& in_;
  std::array<char, 64 * 1024> block_{};
  std::size_t spent_ = 0;
};

// The schema that the text says it is of: the value behind the first "schema".
std::optional<std::string> SchemaIn(std::string_view text) {
  constexpr std::string_view kKey = "\"schema\"";
  const std::size_t key = text.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  const std::size_t begin = text.find_first_not_of(" \t\r\n:", key + kKey.size());
  if (begin == std::string_view::npos || text[begin] != '"') return std::nullopt;
  const std::size_t end = text.find('"', begin + 1);
  if (end == std::string_view::npos) return std::nullopt;
  return std::string(text.substr(begin + 1, end - begin - 1));
}

class ResultsReader {
 public:
  ResultsReader(const AuditResults& results, const std::function<void(const ResultRecord&)>& sink)
      : buffer_(results.stream), in_(&buffer_), sink_(sink) {
    // Else a stream keeps what its buffer throws to itself.
    in_.exceptions(std::ios::badbit);
  }

  AuditDiffReport::Side Read() {
    const std::string_view first = buffer_.Peek();
    const auto schema = SchemaIn(first);
    if (!schema) {
      throw BadResults(first.empty() ? "it is empty; nothing was written to it"
                                     : "it is no result of 'muster audit --format ndjson' or json");
    }
    if (*schema == kLinesSchema) {
      ReadLines();
    } else if (*schema == kDocumentSchema) {
      ReadDocument();
    } else {
      throw BadResults(fmt::format("its schema is '{}'; {} and {} are read", *schema, kLinesSchema,
                                   kDocumentSchema));
    }
    CheckSummary();
    return side_;
  }

 private:
  void ReadLines() {
    std::size_t number = 0;
    for (std::string line; std::getline(in_, line); buffer_.Renew()) {
      ++number;
      if (line.find_first_not_of(" \t\r") == std::string::npos) continue;
      if (line.size() > kRecordSizeMax) throw BadResults("a record has more than 16 MiB");
      try {
        TakeLine(Json::parse(line));
      } catch (const Json::exception& e) {
        // The last line may be half a record.
        throw BadResults(fmt::format("line {} is no record of an audit{}: {}", number,
                                     in_.eof() ? " (the results were cut off)" : "", e.what()));
      }
    }
  }

  void TakeLine(const Json& line) {
    if (summary_) throw BadResults("something follows its summary; are these two results?");
    const std::string& type = line.at("type").get_ref<const std::string&>();
    if (type == "summary") {
      summary_ = line;
    } else if (type != "header") {
      TakeRecord(line);
    }
  }

  void ReadDocument() {
    std::string member;  // Of the document, the one that is being read.
    const auto keep = [&](int depth, Json::parse_event_t event, Json& parsed) {
      if (event == Json::parse_event_t::key && depth == 1) member = parsed.get<std::string>();
      const bool is_record =
          event == Json::parse_event_t::object_end && depth == 2 && member == "records";
      if (!is_record) return true;
      TakeRecord(parsed);
      buffer_.Renew();
      return false;  // Only one is held at a time.
    };
    try {
      const Json document = Json::parse(in_, keep);
      summary_ = document.at("summary");
    } catch (const Json::exception& e) {
      throw BadResults(
          fmt::format("it is not whole (cut off, or the audit still writes): {}", e.what()));
    }
  }

  void TakeRecord(const Json& record) {
    const std::string& type = record.at("type").get_ref<const std::string&>();
    if (type == "unreadable") {
      ++side_.unreadable;
      return;
    }
    if (type != "device") throw BadResults(fmt::format("it has a record of type '{}'", type));
    const auto text = [&](const char* name) {
      const Json& value = record.at(name);
      return value.is_null() ? std::string() : value.get<std::string>();
    };
    const Json& source = record.at("source");
    ResultRecord device{text("device_id"), text("leaf"), text("reason"),
                        source.at("name").get<std::string>()};
    const auto line = source.at("line").get<std::uint64_t>();
    const auto offset = source.at("offset").get<std::uint64_t>();
    if (line != 0) {
      device.source += fmt::format(":{}", line);
    } else if (offset != 0) {
      device.source += fmt::format("@{}", offset);
    }
    ++side_.devices;
    side_.accepted += device.reason == "none";
    sink_(device);
  }

  void CheckSummary() {
    if (!summary_) {
      throw BadResults("it has no summary at its end: it was cut off, or the audit still writes");
    }
    const auto devices = summary_->at("devices").get<std::uint64_t>();
    side_.interrupted = summary_->at("interrupted").get<bool>();
    if (devices == side_.devices) return;
    throw BadResults(fmt::format(
        "its summary counts {} devices and it holds {}{}", devices, side_.devices,
        side_.devices == 0 ? "; audit again without --summary-only" : ": records are missing"));
  }

  BudgetBuffer buffer_;
  std::istream in_;
  const std::function<void(const ResultRecord&)>& sink_;
  AuditDiffReport::Side side_;
  std::optional<Json> summary_;
};

}  // namespace

Result<AuditDiffReport::Side> ReadAuditResults(
    const AuditResults& results, const std::function<void(const ResultRecord&)>& sink) {
  try {
    return ResultsReader(results, sink).Read();
  } catch (const BadResults& e) {
    return MakeError(ErrorCode::kUnreadableInput,
                     fmt::format("{} cannot be compared: {}", results.name, e.what()));
  } catch (const Json::exception& e) {
    return MakeError(ErrorCode::kUnreadableInput,
                     fmt::format("{} cannot be compared: its summary is not one of an audit: {}",
                                 results.name, e.what()));
  }
}

}  // namespace muster::audit
