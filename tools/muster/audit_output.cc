#include "tools/muster/audit_output.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>
#include <map>
#include <ostream>

#include "tools/muster/describe.h"
#include "tools/muster/findings_output.h"

namespace muster::cli {
namespace {

// Records are written by hand: at a hundred thousand a second a JSON tree for each is too dear.
class RecordWriter {
 public:
  explicit RecordWriter(std::string* out) : out_(out) { *out_ += '{'; }
  void Close() { *out_ += '}'; }

  void Text(std::string_view key, std::string_view value) {
    Key(key);
    AppendJsonString(value, out_);
  }
  void TextOrNull(std::string_view key, std::string_view value) {
    Key(key);
    if (value.empty()) {
      *out_ += "null";
    } else {
      AppendJsonString(value, out_);
    }
  }
  void Number(std::string_view key, std::uint64_t value) {
    Key(key);
    fmt::format_to(std::back_inserter(*out_), FMT_COMPILE("{}"), value);
  }
  void Signed(std::string_view key, int value) {
    Key(key);
    fmt::format_to(std::back_inserter(*out_), FMT_COMPILE("{}"), value);
  }
  // Lower-case hex, or null where all octets are zero.
  void Digest(std::string_view key, const Fingerprint& fingerprint) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    Key(key);
    if (fingerprint == Fingerprint{}) {
      *out_ += "null";
      return;
    }
    *out_ += '"';
    for (std::uint8_t octet : fingerprint.bytes) {
      *out_ += kDigits[octet >> 4];
      *out_ += kDigits[octet & 15];
    }
    *out_ += '"';
  }
  void Key(std::string_view key) {
    if (out_->back() != '{') *out_ += ',';
    *out_ += '"';
    *out_ += key;
    *out_ += "\":";
  }

 private:
  std::string* out_;
};

void AppendSource(const RecordSource& source, std::string* out) {
  RecordWriter writer(out);
  writer.Text("name", source.name);
  if (!source.member.empty()) writer.Text("member", source.member);
  writer.Number("line", source.line);
  writer.Number("offset", source.offset);
  writer.Close();
}

void AppendEnrollment(const EnrollmentRef& enrollment, std::string* out) {
  if (enrollment.kind == EnrollmentKind::kNone) {
    *out += "null";
    return;
  }
  RecordWriter writer(out);
  writer.Text("kind", NameOf(enrollment.kind));
  writer.Text("id", enrollment.id.view());
  writer.Close();
}

std::string Share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return {};
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void PrintCounts(std::ostream& out, const Style& style, const std::string& title,
                 const std::map<std::string, std::uint64_t>& counts, std::uint64_t whole) {
  if (counts.empty()) return;
  Table table({title, "DEVICES", "SHARE"});
  for (const auto& [name, count] : counts) {
    table.AddRow({{name.empty() ? "unknown" : name}, {Grouped(count)}, {Share(count, whole)}});
  }
  out << '\n';
  table.Print(out, style, {1, 2});
}

}  // namespace

void AppendAuditRecord(const AuditRecord& record, std::string* out) {
  RecordWriter writer(out);
  bool readable = record.read_error.empty();
  writer.Text("type", readable ? "device" : "unreadable");
  writer.Number("index", record.index);
  writer.Key("source");
  AppendSource(record.source, out);
  writer.TextOrNull("device_id", record.device_id);
  if (!readable) {
    writer.Text("error", record.read_error);
    writer.Close();
    return;
  }
  const Verdict& verdict = record.verdict;
  writer.Text("decision", verdict.accepted() ? "accept" : "reject");
  writer.Text("reason", NameOf(verdict.reason));
  writer.Number("reason_number", InfoOf(verdict.reason).number);
  writer.Signed("chain_index", verdict.chain_index);
  writer.Key("enrollment");
  AppendEnrollment(verdict.enrollment, out);
  writer.Digest("anchor", verdict.anchor);
  writer.TextOrNull("registration_id", verdict.registration_id.view());
  writer.Digest("leaf", record.leaf);
  writer.TextOrNull("key", record.key_type);
  writer.TextOrNull("not_after", record.not_after ? FormatRfc3339(*record.not_after) : "");
  writer.Close();
}

void AuditWriter::Begin(const Json& header) {
  if (other_) {
    other_->Begin(header);
  } else if (options_.format == Format::kNdjson) {
    Json line{{"schema", "muster-audit/1"}, {"type", "header"}};
    line.update(header);
    out_ << Dump(line, false) << '\n';
  } else if (options_.format == Format::kJson) {
    Json opening{{"schema", "muster-audit-report/1"}};
    opening.update(header);
    std::string text = Dump(opening, false);
    text.pop_back();
    out_ << text << ",\"records\":[";
  }
}

void AuditWriter::Record(const AuditRecord& record) {
  if (options_.summary_only) return;
  if (other_) return other_->Record(record);
  if (options_.format == Format::kTable) {
    if (record.read_error.empty() && record.verdict.accepted()) return;
    bool readable = record.read_error.empty();
    std::string what = readable ? fmt::format("refused     {:<28}", NameOf(record.verdict.reason))
                                : fmt::format("unreadable  {}", Printable(record.read_error));
    std::string who = record.device_id.empty() ? "" : "  " + Printable(record.device_id);
    out_ << options_.style.Painted(what, readable ? Paint::kBad : Paint::kWarning) << who << "  "
         << Printable(SourceText(record.source)) << '\n';
    return;
  }
  line_.clear();
  if (options_.format == Format::kJson) line_ += first_record_ ? "\n" : ",\n";
  AppendAuditRecord(record, &line_);
  if (options_.format == Format::kNdjson) line_ += '\n';
  out_.write(line_.data(), static_cast<std::streamsize>(line_.size()));
  first_record_ = false;
}

void AuditWriter::End(const AuditReport& report, const FindingsReport* findings) {
  if (other_) return other_->End(report, findings);
  switch (options_.format) {
    case Format::kTable:
      PrintSummary(report);
      if (findings != nullptr) PrintFindings(*findings, options_.style, out_);
      return;
    case Format::kJson:
      out_ << "\n],\"summary\":" << Dump(DescribeReport(report), false);
      if (findings != nullptr) {
        Json list = Json::array();
        for (const FindingCount& finding : findings->findings) {
          list.push_back(DescribeFinding(finding));
        }
        out_ << ",\"findings\":" << Dump(list, false);
      }
      out_ << "}\n";
      return;
    case Format::kNdjson: {
      Json line{{"type", "summary"}};
      line.update(DescribeReport(report));
      out_ << Dump(line, false) << '\n';
      if (findings == nullptr) return;
      for (const FindingCount& finding : findings->findings) {
        Json found{{"type", "finding"}};
        found.update(DescribeFinding(finding));
        out_ << Dump(found, false) << '\n';
      }
      return;
    }
    case Format::kCsv:
    case Format::kJunit:
    case Format::kSarif:
      return;
  }
}

Json AuditWriter::DescribeReport(const AuditReport& report) const {
  Json json{{"generation", report.generation},  {"devices", report.devices},
            {"accepted", report.accepted},      {"rejected", report.rejected},
            {"unreadable", report.unreadable},  {"input_octets", report.input_octets},
            {"interrupted", report.interrupted}};
  json["by_reason"] = Json(report.by_reason);
  json["by_enrollment"] = Json(report.by_enrollment);
  json["by_anchor"] = Json::object();
  for (const auto& [hex, count] : report.by_anchor) {
    auto fingerprint = Fingerprint::Parse(hex);
    std::string name = fingerprint ? CaNameOf(contents_, *fingerprint) : std::string();
    json["by_anchor"][hex] = {{"name", name.empty() ? Json(nullptr) : Json(name)},
                              {"devices", count}};
  }
  json["by_key_type"] = Json(report.by_key_type);
  json["by_expiry_month"] = Json(report.by_expiry_month);
  if (!report.notes.empty()) json["notes"] = Json(report.notes);
  return json;
}

void AuditWriter::PrintSummary(const AuditReport& report) {
  const Style& style = options_.style;
  if (report.interrupted) {
    out_ << style.Painted("interrupted: this is what was done so far\n", Paint::kWarning);
  }
  out_ << fmt::format("{}: {}, {}; {}\n", Counted(report.devices, "device"),
                      style.Painted(Grouped(report.accepted) + " accepted", Paint::kGood),
                      style.Painted(Grouped(report.rejected) + " refused",
                                    report.rejected == 0 ? Paint::kPlain : Paint::kBad),
                      style.Painted(Counted(report.unreadable, "record") + " unreadable",
                                    report.unreadable == 0 ? Paint::kPlain : Paint::kWarning));
  PrintCounts(out_, style, "REFUSED BECAUSE", report.by_reason, report.devices);
  PrintCounts(out_, style, "ACCEPTED THROUGH", report.by_enrollment, report.devices);
  std::map<std::string, std::uint64_t> anchors;
  for (const auto& [hex, count] : report.by_anchor) {
    auto fingerprint = Fingerprint::Parse(hex);
    std::string name = fingerprint ? CaNameOf(contents_, *fingerprint) : std::string();
    anchors[name.empty() ? hex : fmt::format("{} ({})", name, hex.substr(0, 12))] += count;
  }
  PrintCounts(out_, style, "ANCHOR", anchors, report.devices);
  PrintCounts(out_, style, "KEY", report.by_key_type, report.devices);
  PrintCounts(out_, style, "EXPIRES IN", report.by_expiry_month, report.devices);
}

}  // namespace muster::cli
