#include "tools/muster/forecast_output.h"

#include <fmt/format.h>

#include <ostream>

#include "tools/muster/audit_output.h"
#include "tools/muster/describe.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSchema = "muster-forecast/1";

Json TextOrNull(std::string_view text) { return text.empty() ? Json(nullptr) : Json(text); }

// Why it is refused: now, or after its time.
RejectReason ReasonOf(const Forecast& forecast) {
  return forecast.passes_until ? forecast.after.reason : forecast.now.reason;
}

}  // namespace

ForecastWriter::ForecastWriter(std::ostream& out, const RegistryContents& contents,
                               ForecastOutputOptions options)
    : out_(out), options_(options) {
  for (const CaCertificate& ca : contents.cas) {
    ca_names_.try_emplace(Fingerprint::Of(ca.der), ca.name);
  }
}

const std::string& ForecastWriter::NameOfCa(const Fingerprint& ca) const {
  static const std::string none;
  const auto found = ca_names_.find(ca);
  return found == ca_names_.end() ? none : found->second;
}

void ForecastWriter::Begin(const Json& header) {
  if (options_.format == Format::kTable) return;
  Json opening{{"schema", kSchema}};
  if (options_.format == Format::kNdjson) opening["type"] = "header";
  opening.update(header);
  std::string text = Dump(opening, false);
  if (options_.format == Format::kJson) {
    text.pop_back();
    out_ << text << ",\"devices\":[";
  } else {
    out_ << text << '\n';
  }
}

void ForecastWriter::Count(const Forecast& forecast) {
  if (!forecast.passes_until) return;
  ++by_month_[DateOf(*forecast.passes_until).substr(0, 7)];
  const bool of_a_ca = forecast.limit == ForecastLimit::kCa;
  ++by_limit_[{forecast.limit, of_a_ca ? forecast.certificate : Fingerprint{}}];
}

bool ForecastWriter::IsShown(const AuditRecord& record) const {
  if (options_.summary_only) return false;
  if (record.forecast == nullptr || !options_.before) return true;
  const auto& until = record.forecast->passes_until;
  return !until || *until < *options_.before;
}

std::string ForecastWriter::LimitText(ForecastLimit limit, const Fingerprint& certificate) const {
  switch (limit) {
    case ForecastLimit::kLeaf:
      return "the device's own certificate";
    case ForecastLimit::kCa: {
      const std::string& name = NameOfCa(certificate);
      return name.empty() ? "CA certificate " + ShortHex(certificate)
                          : fmt::format("CA {} ({})", name, ShortHex(certificate));
    }
    case ForecastLimit::kCrl:
      return "a CRL";
    case ForecastLimit::kNone:
    case ForecastLimit::kOther:
      break;
  }
  return "another path";
}

Json ForecastWriter::DescribeRecord(const AuditRecord& record) const {
  const bool readable = record.forecast != nullptr;
  Json json{{"type", readable ? "device" : "unreadable"},
            {"index", record.index},
            {"source",
             {{"name", record.source.name},
              {"line", record.source.line},
              {"offset", record.source.offset}}},
            {"device_id", TextOrNull(record.device_id)}};
  if (!readable) {
    json["error"] = record.read_error;
    return json;
  }
  const Forecast& forecast = *record.forecast;
  json["registration_id"] = TextOrNull(forecast.now.registration_id.view());
  json["leaf"] = FingerprintOrNull(record.leaf);
  json["passes"] = forecast.passes_until.has_value();
  json["passes_until"] = TimeOrNull(forecast.passes_until);
  json["reason"] = NameOf(ReasonOf(forecast));
  json["reason_number"] = InfoOf(ReasonOf(forecast)).number;
  json["limit"] = NameOf(forecast.limit);
  json["certificate"] = FingerprintOrNull(forecast.certificate);
  json["ca"] = TextOrNull(NameOfCa(forecast.certificate));
  return json;
}

void ForecastWriter::PrintRecord(const AuditRecord& record) {
  const std::string who = (record.device_id.empty() ? "" : "  " + Printable(record.device_id)) +
                          "  " + Printable(SourceText(record.source));
  if (record.forecast == nullptr) {
    out_ << options_.style.Painted("unreadable            " + Printable(record.read_error),
                                   Paint::kWarning)
         << who << '\n';
    return;
  }
  const Forecast& forecast = *record.forecast;
  if (!forecast.passes_until) {
    out_ << options_.style.Painted(fmt::format("refused now           {}",
                                               NameOf(forecast.now.reason)),
                                   Paint::kBad)
         << who << '\n';
    return;
  }
  out_ << FormatRfc3339(*forecast.passes_until) << "  "
       << fmt::format("{}: {}", NameOf(forecast.after.reason),
                      Printable(LimitText(forecast.limit, forecast.certificate)))
       << who << '\n';
}

void ForecastWriter::Record(const AuditRecord& record) {
  if (record.forecast != nullptr) Count(*record.forecast);
  if (!IsShown(record)) return;
  if (options_.format == Format::kTable) {
    PrintRecord(record);
    return;
  }
  const bool ndjson = options_.format == Format::kNdjson;
  if (!ndjson) out_ << (first_ ? "\n" : ",\n");
  out_ << Dump(DescribeRecord(record), false) << (ndjson ? "\n" : "");
  first_ = false;
}

Json ForecastWriter::Summary(const AuditReport& report) const {
  Json json{{"devices", report.devices},
            {"unreadable", report.unreadable},
            {"pass_now", report.accepted},
            {"refused_now", report.rejected}};
  json["refused_now_by_reason"] = Json(report.by_reason);
  json["by_month"] = Json(by_month_);
  json["by_limit"] = Json::array();
  for (const auto& [key, count] : by_limit_) {
    const auto& [limit, certificate] = key;
    json["by_limit"].push_back({{"limit", NameOf(limit)},
                                {"certificate", FingerprintOrNull(certificate)},
                                {"ca", TextOrNull(NameOfCa(certificate))},
                                {"devices", count}});
  }
  json["interrupted"] = report.interrupted;
  return json;
}

void ForecastWriter::PrintSummary(const AuditReport& report) {
  const Style& style = options_.style;
  if (report.interrupted) {
    out_ << style.Painted("interrupted: this is what was done so far\n", Paint::kWarning);
  }
  out_ << fmt::format("{}, {} unreadable: {} pass now, {} do not\n",
                      Counted(report.devices, "device"), Counted(report.unreadable, "record"),
                      Grouped(report.accepted), Grouped(report.rejected));
  Table months({"PASS UNTIL", "DEVICES"});
  for (const auto& [month, count] : by_month_) months.AddRow({{month}, {Grouped(count)}});
  Table limits({"ENDED BY", "DEVICES"});
  for (const auto& [key, count] : by_limit_) {
    limits.AddRow({{LimitText(std::get<0>(key), std::get<1>(key))}, {Grouped(count)}});
  }
  Table reasons({"REFUSED NOW BECAUSE", "DEVICES"});
  for (const auto& [reason, count] : report.by_reason) {
    reasons.AddRow({{reason}, {Grouped(count)}});
  }
  for (const Table* table : {&months, &limits, &reasons}) {
    if (table->empty()) continue;
    out_ << '\n';
    table->Print(out_, style, {1});
  }
}

void ForecastWriter::End(const AuditReport& report) {
  switch (options_.format) {
    case Format::kTable:
      PrintSummary(report);
      return;
    case Format::kJson:
      out_ << "\n],\"summary\":" << Dump(Summary(report), false) << "}\n";
      return;
    case Format::kNdjson: {
      Json line{{"type", "summary"}};
      line.update(Summary(report));
      out_ << Dump(line, false) << '\n';
      return;
    }
    case Format::kCsv:
    case Format::kJunit:
    case Format::kSarif:
      return;  // Refused with the arguments: these hold records of an audit.
  }
}

}  // namespace muster::cli
