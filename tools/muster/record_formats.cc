#include "tools/muster/record_formats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <ostream>
#include <stdexcept>

#include "muster/version.h"
#include "tools/muster/describe.h"

namespace muster::cli {
namespace {

bool IsReadable(const AuditRecord& record) { return record.read_error.empty(); }

// The name of a device, or where it was found.
std::string CallRecord(const AuditRecord& record) {
  if (!record.device_id.empty()) return record.device_id;
  if (!record.verdict.registration_id.empty()) {
    return std::string(record.verdict.registration_id.view());
  }
  return SourceText(record.source);
}

class CsvFormat : public RecordFormat {
 public:
  explicit CsvFormat(std::ostream& out) : out_(out) {}

  void Begin(const Json&) override {
    out_ << "index,type,source,member,line,offset,device_id,decision,reason,reason_number,"
            "chain_index,enrollment_kind,enrollment_id,anchor,registration_id,leaf,key,not_after,"
            "error\r\n";
  }
  void Record(const AuditRecord& record) override {
    const bool readable = IsReadable(record);
    const Verdict& verdict = record.verdict;
    line_.clear();
    fmt::format_to(std::back_inserter(line_), "{},{},{},{},{},{},{},", record.index,
                   readable ? "device" : "unreadable", CsvCell(record.source.name),
                   CsvCell(record.source.member), record.source.line, record.source.offset,
                   CsvCell(record.device_id));
    if (!readable) {
      line_ += ",,,,,,,,,,," + CsvCell(record.read_error) + "\r\n";
    } else {
      const bool entered = verdict.enrollment.kind != EnrollmentKind::kNone;
      fmt::format_to(
          std::back_inserter(line_), "{},{},{},{},{},{},{},{},{},{},{},\r\n",
          verdict.accepted() ? "accept" : "reject", NameOf(verdict.reason),
          InfoOf(verdict.reason).number,
          verdict.chain_index < 0 ? "" : std::to_string(verdict.chain_index),
          entered ? NameOf(verdict.enrollment.kind) : "", CsvCell(verdict.enrollment.id.view()),
          verdict.anchor == Fingerprint{} ? "" : verdict.anchor.hex(),
          CsvCell(verdict.registration_id.view()),
          record.leaf == Fingerprint{} ? "" : record.leaf.hex(), CsvCell(record.key_type),
          record.not_after ? FormatRfc3339(*record.not_after) : "");
    }
    out_.write(line_.data(), static_cast<std::streamsize>(line_.size()));
  }
  void End(const AuditReport&, const FindingsReport*) override {}

 private:
  std::ostream& out_;
  std::string line_;
};

// The counts stand at the top, and are known at the end: until then the cases wait in a file.
class JunitFormat : public RecordFormat {
 public:
  explicit JunitFormat(std::ostream& out) : out_(out), cases_(std::tmpfile()) {
    if (!cases_) throw std::runtime_error("no temporary file for the test cases");
  }

  void Begin(const Json& header) override { suite_ = header.at("service").get<std::string>(); }
  void Record(const AuditRecord& record) override {
    const ReasonInfo& info = InfoOf(record.verdict.reason);
    std::string text = fmt::format("<testcase classname=\"{}\" name=\"{}\" file=\"{}\"",
                                   XmlText(record.source.name), XmlText(CallRecord(record)),
                                   XmlText(record.source.name));
    if (record.source.line != 0) text += fmt::format(" line=\"{}\"", record.source.line);
    if (!IsReadable(record)) {
      text += fmt::format("><error type=\"unreadable\" message=\"{}\">{}</error></testcase>\n",
                          XmlText(record.read_error), XmlText(SourceText(record.source)));
    } else if (!record.verdict.accepted()) {
      text += fmt::format("><failure type=\"{}\" message=\"{}\">{} ({})</failure></testcase>\n",
                          info.name, XmlText(info.sentence), XmlText(info.remedy),
                          XmlText(SourceText(record.source)));
    } else {
      text += "/>\n";
    }
    if (std::fwrite(text.data(), 1, text.size(), cases_.get()) != text.size()) Fail();
  }
  void End(const AuditReport& report, const FindingsReport*) override {
    const std::string counts =
        fmt::format("name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\"",
                    XmlText("muster audit of " + suite_), report.devices + report.unreadable,
                    report.rejected, report.unreadable);
    out_ << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites " << counts
         << ">\n<testsuite " << counts << ">\n";
    if (std::fflush(cases_.get()) != 0) Fail();
    std::rewind(cases_.get());
    std::array<char, 65'536> block;
    while (const std::size_t size = std::fread(block.data(), 1, block.size(), cases_.get())) {
      out_.write(block.data(), static_cast<std::streamsize>(size));
    }
    if (std::ferror(cases_.get()) != 0) Fail();
    out_ << "</testsuite>\n</testsuites>\n";
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  [[noreturn]] static void Fail() {
    throw std::runtime_error("the temporary file for the test cases failed; check the disk");
  }

  std::ostream& out_;
  std::unique_ptr<std::FILE, Close> cases_;
  std::string suite_;
};

// The results come before the tool that made them, whose rules are known at the end.
class SarifFormat : public RecordFormat {
 public:
  explicit SarifFormat(std::ostream& out) : out_(out) {}

  void Begin(const Json& header) override {
    header_ = header;
    out_ << R"({"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0",)"
         << R"("runs":[{"results":[)";
  }
  void Record(const AuditRecord& record) override {
    if (!IsReadable(record)) {
      Write("unreadable-record", AllReasons().size(), "error",
            CallRecord(record) + ": " + record.read_error, record.source, {});
    } else if (!record.verdict.accepted()) {
      const ReasonInfo& info = InfoOf(record.verdict.reason);
      const auto place = static_cast<std::size_t>(&info - AllReasons().data());
      Write(info.name, place, "error", fmt::format("{}: {}", CallRecord(record), info.sentence),
            record.source, record.leaf);
    }
  }
  void End(const AuditReport& report, const FindingsReport* findings) override {
    Json rules = Json::array();
    for (const ReasonInfo& info : AllReasons()) {
      rules.push_back(Rule(info.name, info.sentence, info.remedy, "error"));
    }
    rules.push_back(Rule("unreadable-record", "A record of the inventory cannot be read.",
                         "Correct the record; the message says what is wrong with it.", "error"));
    if (findings != nullptr) {
      for (const FindingCount& finding : findings->findings) {
        AddFinding(finding, rules.size());
        rules.push_back(Rule(finding.info->id, finding.info->explanation, finding.info->remedy,
                             LevelOf(finding.info->severity)));
      }
    }
    Json run{{"tool",
              {{"driver",
                {{"name", "muster"}, {"version", kVersion}, {"rules", std::move(rules)}}}}},
             {"invocations", Json::array({{{"executionSuccessful", !report.interrupted}}})},
             {"properties", header_}};
    out_ << "\n]," << Dump(run, false).substr(1) << "]}\n";
  }

 private:
  static std::string_view LevelOf(Severity severity) {
    if (severity == Severity::kError) return "error";
    return severity == Severity::kWarning ? "warning" : "note";
  }
  static Json Rule(std::string_view id, std::string_view text, std::string_view help,
                   std::string_view level) {
    return {{"id", id},
            {"shortDescription", {{"text", text}}},
            {"help", {{"text", help}}},
            {"defaultConfiguration", {{"level", level}}}};
  }
  void AddFinding(const FindingCount& finding, std::size_t rule) {
    for (const FindingExample& example : finding.examples) {
      if (example.record_index == kNoRecord) continue;  // It has no place in a file.
      Write(finding.info->id, rule, LevelOf(finding.info->severity),
            fmt::format("{}: {} {}", example.device_id, finding.info->title, example.detail),
            example.source, {});
    }
  }
  void Write(std::string_view rule, std::size_t place, std::string_view level,
             const std::string& text, const RecordSource& source, const Fingerprint& leaf) {
    Json where{{"artifactLocation", {{"uri", UriOf(source.name)}}}};
    if (source.line != 0) {
      where["region"] = {{"startLine", source.line}};
    } else if (source.offset != 0) {
      where["region"] = {{"byteOffset", source.offset}};
    }
    Json location{{"physicalLocation", std::move(where)}};
    // Lines and octets are counted in the member of an archive.
    if (!source.member.empty()) {
      location["logicalLocations"] =
          Json::array({{{"name", Printable(source.member)}, {"kind", "member"}}});
    }
    Json result{{"ruleId", rule},
                {"ruleIndex", place},
                {"level", level},
                {"message", {{"text", Printable(text)}}},
                {"locations", Json::array({std::move(location)})}};
    if (leaf != Fingerprint{}) result["partialFingerprints"] = {{"leafSha256/v1", leaf.hex()}};
    out_ << (first_ ? "\n" : ",\n") << Dump(result, false);
    first_ = false;
  }

  std::ostream& out_;
  Json header_;
  bool first_ = true;
};

}  // namespace

std::unique_ptr<RecordFormat> MakeRecordFormat(Format format, std::ostream& out) {
  switch (format) {
    case Format::kCsv:
      return std::make_unique<CsvFormat>(out);
    case Format::kJunit:
      return std::make_unique<JunitFormat>(out);
    case Format::kSarif:
      return std::make_unique<SarifFormat>(out);
    case Format::kTable:
    case Format::kJson:
    case Format::kNdjson:
      break;
  }
  return nullptr;
}

std::string SourceText(const RecordSource& source) {
  std::string name =
      source.member.empty() ? source.name : fmt::format("{}!{}", source.name, source.member);
  if (source.line != 0) return fmt::format("{}:{}", name, source.line);
  if (source.offset != 0) return fmt::format("{}@{}", name, source.offset);
  return name;
}

std::string CsvCell(std::string_view text) {
  std::string cell = Printable(text);
  if (!cell.empty() && std::string_view("=+-@").find(cell.front()) != std::string_view::npos) {
    cell.insert(0, "'");
  }
  if (cell.find_first_of(",\"") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (char c : cell) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string XmlText(std::string_view text) {
  std::string safe;
  for (char c : Printable(text)) {
    switch (c) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        safe += c;
    }
  }
  // XML 1.0 2.2 leaves out U+FFFE and U+FFFF, which UTF-8 can hold.
  for (const char* none : {"\xef\xbf\xbe", "\xef\xbf\xbf"}) {
    for (std::size_t at = safe.find(none); at != std::string::npos; at = safe.find(none, at)) {
      safe.replace(at, 3, "\xef\xbf\xbd");
    }
  }
  return safe;
}

std::string UriOf(std::string_view path) {
  constexpr std::string_view kKept = "-._~/!$&'()*+,;=@";
  std::string uri;
  for (char c : path) {
    const auto octet = static_cast<unsigned char>(c);
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                              (c >= '0' && c <= '9');
    if (alphanumeric || kKept.find(c) != std::string_view::npos) {
      uri += c;
    } else {
      uri += fmt::format("%{:02X}", octet);
    }
  }
  return uri;
}

}  // namespace muster::cli
