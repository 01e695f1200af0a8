#include "tools/muster/findings_output.h"

#include <fmt/format.h>

#include <ostream>

#include "tools/muster/audit_output.h"

namespace muster::cli {
namespace {

Paint PaintOf(Severity severity) {
  if (severity == Severity::kError) return Paint::kBad;
  return severity == Severity::kWarning ? Paint::kWarning : Paint::kDim;
}

Json DescribeExample(const FindingExample& example) {
  Json json{{"record_index", nullptr}, {"source", nullptr}, {"device_id", nullptr}};
  if (example.record_index != kNoRecord) {
    json["record_index"] = example.record_index;
    json["source"] = {{"name", example.source.name},
                      {"line", example.source.line},
                      {"offset", example.source.offset}};
    if (!example.device_id.empty()) json["device_id"] = example.device_id;
  }
  json["detail"] = example.detail.empty() ? Json(nullptr) : Json(example.detail);
  return json;
}

std::string ExampleText(const FindingExample& example) {
  std::string text;
  for (const std::string& part :
       {example.device_id,
        example.record_index == kNoRecord ? std::string() : SourceText(example.source),
        example.detail}) {
    if (part.empty()) continue;
    if (!text.empty()) text += "  ";
    text += Printable(part);
  }
  return text;
}

}  // namespace

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
