#include "tools/muster/findings_output.h"

#include <fmt/format.h>

#include <ostream>
#include <vector>

#include "tools/muster/audit_output.h"

namespace muster::cli {
namespace {

Paint PaintOf(Severity severity) {
  if (severity == Severity::kError) return Paint::kBad;
  return severity == Severity::kWarning ? Paint::kWarning : Paint::kDim;
}

// Where a record came from; null where there is none.
Json DescribePlace(std::uint64_t record_index, const RecordSource& source,
                   const std::string& device_id) {
  Json json{{"record_index", nullptr}, {"source", nullptr}, {"device_id", nullptr}};
  if (record_index == kNoRecord) return json;
  json["record_index"] = record_index;
  json["source"] = {{"name", source.name}, {"line", source.line}, {"offset", source.offset}};
  if (!source.member.empty()) json["source"]["member"] = source.member;
  if (!device_id.empty()) json["device_id"] = device_id;
  return json;
}

Json DescribeExample(const FindingExample& example) {
  Json json = DescribePlace(example.record_index, example.source, example.device_id);
  json["detail"] = example.detail.empty() ? Json(nullptr) : Json(example.detail);
  json["partner"] = nullptr;
  if (example.partner) {
    const FindingPlace& partner = *example.partner;
    json["partner"] = DescribePlace(partner.record_index, partner.source, partner.device_id);
    json["partner"]["ca"] = partner.ca.empty() ? Json(nullptr) : Json(partner.ca);
  }
  return json;
}

std::string JoinParts(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) {
    if (part.empty()) continue;
    if (!text.empty()) text += "  ";
    text += Printable(part);
  }
  return text;
}

std::string ExampleText(const FindingExample& example) {
  const std::string source =
      example.record_index == kNoRecord ? std::string() : SourceText(example.source);
  const std::string partner =
      example.partner ? "shared with " + PartnerText(*example.partner) : std::string();
  return JoinParts({example.device_id, source, example.detail, partner});
}

}  // namespace

std::string PartnerText(const FindingPlace& partner) {
  if (partner.record_index == kNoRecord) return Printable(partner.ca);
  return JoinParts({partner.device_id, SourceText(partner.source)});
}

Json DescribeFinding(const FindingCount& finding) {
  Json json{{"id", finding.info->id},
            {"severity", NameOf(finding.info->severity)},
            {"title", finding.info->title},
            {"explanation", finding.info->explanation},
            {"remedy", finding.info->remedy},
            {"count", finding.count}};
  json["examples"] = Json::array();
  for (const FindingExample& example : finding.examples) {
    json["examples"].push_back(DescribeExample(example));
  }
  return json;
}

void PrintFindings(const FindingsReport& report, const Style& style, std::ostream& out) {
  out << '\n';
  if (report.findings.empty()) {
    out << style.Painted("nothing else was found\n", Paint::kGood);
    return;
  }
  for (const FindingCount& finding : report.findings) {
    const FindingInfo& info = *finding.info;
    out << style.Painted(fmt::format("{:<8}", NameOf(info.severity)), PaintOf(info.severity))
        << fmt::format("{}: {} ({})\n", info.title, Grouped(finding.count), info.id);
    for (const FindingExample& example : finding.examples) {
      out << "          " << ExampleText(example) << '\n';
    }
    if (finding.count > finding.examples.size()) out << "          ...\n";
    out << "        " << info.remedy << '\n';
  }
}

}  // namespace muster::cli
