#include "tools/muster/what_if_output.h"

#include <fmt/format.h>

#include <ostream>

#include "tools/muster/audit_output.h"
#include "tools/muster/describe.h"

namespace muster::cli {
namespace {

constexpr std::string_view kSchema = "muster-what-if/1";

std::string StateText(RejectReason reason) {
  return reason == RejectReason::kNone ? "accepted" : std::string(NameOf(reason));
}

Json DescribeVerdict(const Verdict& verdict) {
  return {{"decision", verdict.accepted() ? "accept" : "reject"},
          {"reason", NameOf(verdict.reason)},
          {"reason_number", InfoOf(verdict.reason).number},
          {"chain_index", verdict.chain_index},
          {"enrollment", DescribeEnrollment(verdict.enrollment)},
          {"anchor", FingerprintOrNull(verdict.anchor)}};
}

Json DescribeChange(const AuditRecord& record, VerdictChange change) {
  const auto text_or_null = [](std::string_view text) {
    return text.empty() ? Json(nullptr) : Json(text);
  };
  return {{"type", "change"},
          {"change", NameOf(change)},
          {"index", record.index},
          {"source",
           {{"name", record.source.name},
            {"line", record.source.line},
            {"offset", record.source.offset}}},
          {"device_id", text_or_null(record.device_id)},
          {"registration_id", text_or_null(record.verdict.registration_id.view())},
          {"leaf", FingerprintOrNull(record.leaf)},
          {"before", DescribeVerdict(record.verdict)},
          {"after", DescribeVerdict(*record.second)}};
}

Paint PaintOf(VerdictChange change) {
  if (change == VerdictChange::kNewlyRefused) return Paint::kBad;
  return change == VerdictChange::kNewlyAccepted ? Paint::kGood : Paint::kWarning;
}

}  // namespace

std::string_view NameOf(VerdictChange change) {
  switch (change) {
    case VerdictChange::kNone:
      return "none";
    case VerdictChange::kNewlyRefused:
      return "newly-refused";
    case VerdictChange::kNewlyAccepted:
      return "newly-accepted";
    case VerdictChange::kOtherReason:
      return "other-reason";
    case VerdictChange::kAcceptedThrough:
      return "accepted-through-another";
  }
  return "unknown";
}

VerdictChange ChangeOf(const Verdict& before, const Verdict& after) {
  if (before.accepted() != after.accepted()) {
    return before.accepted() ? VerdictChange::kNewlyRefused : VerdictChange::kNewlyAccepted;
  }
  if (!before.accepted()) {
    return before.reason == after.reason ? VerdictChange::kNone : VerdictChange::kOtherReason;
  }
  const bool same = before.enrollment == after.enrollment && before.anchor == after.anchor;
  return same ? VerdictChange::kNone : VerdictChange::kAcceptedThrough;
}

std::uint64_t WhatIfWriter::changed() const {
  std::uint64_t changed = 0;
  for (const auto& [change, count] : by_change_) changed += count;
  return changed;
}

void WhatIfWriter::Begin(const Json& header) {
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

void WhatIfWriter::Record(const AuditRecord& record) {
  if (record.second == nullptr) return;
  accepted_after_ += record.second->accepted();
  const VerdictChange change = ChangeOf(record.verdict, *record.second);
  if (change == VerdictChange::kNone) return;
  ++by_change_[change];
  ++by_transition_[{record.verdict.reason, record.second->reason}];
  if (options_.summary_only) return;
  if (options_.format == Format::kTable) {
    const std::string what =
        fmt::format("{} -> {}", StateText(record.verdict.reason), StateText(record.second->reason));
    const std::string who = record.device_id.empty() ? "" : "  " + Printable(record.device_id);
    out_ << options_.style.Painted(fmt::format("{:<44}", what), PaintOf(change)) << who << "  "
         << Printable(SourceText(record.source)) << '\n';
    return;
  }
  const bool ndjson = options_.format == Format::kNdjson;
  if (!ndjson) out_ << (first_ ? "\n" : ",\n");
  out_ << Dump(DescribeChange(record, change), false) << (ndjson ? "\n" : "");
  first_ = false;
}

Json WhatIfWriter::Summary(const AuditReport& report) const {
  Json json{{"devices", report.devices},
            {"unreadable", report.unreadable},
            {"accepted_before", report.accepted},
            {"accepted_after", accepted_after_},
            {"changed", changed()}};
  json["by_change"] = Json::object();
  for (const VerdictChange change :
       {VerdictChange::kNewlyRefused, VerdictChange::kNewlyAccepted, VerdictChange::kOtherReason,
        VerdictChange::kAcceptedThrough}) {
    const auto found = by_change_.find(change);
    json["by_change"][std::string(NameOf(change))] = found == by_change_.end() ? 0 : found->second;
  }
  json["by_transition"] = Json::array();
  for (const auto& [transition, count] : by_transition_) {
    json["by_transition"].push_back({{"before", NameOf(transition.first)},
                                     {"after", NameOf(transition.second)},
                                     {"devices", count}});
  }
  json["interrupted"] = report.interrupted;
  return json;
}

void WhatIfWriter::PrintSummary(const AuditReport& report,
                                const std::vector<std::string>& assumptions) {
  const Style& style = options_.style;
  if (report.interrupted) {
    out_ << style.Painted("interrupted: this is what was done so far\n", Paint::kWarning);
  }
  out_ << fmt::format("{}, {} unreadable: {} accepted before, {} after; {} with another verdict\n",
                      Counted(report.devices, "device"), Counted(report.unreadable, "record"),
                      Grouped(report.accepted), Grouped(accepted_after_), Grouped(changed()));
  Table table({"BEFORE", "AFTER", "DEVICES", "WHY"});
  for (const auto& [transition, count] : by_transition_) {
    const auto& [before, after] = transition;
    const std::string why = after != RejectReason::kNone ? std::string(InfoOf(after).sentence)
                            : before == after ? "Another enrollment or anchor accepts them."
                                              : "What stopped them is gone.";
    table.AddRow({{StateText(before)},
                  {StateText(after), after == RejectReason::kNone ? Paint::kGood : Paint::kBad},
                  {Grouped(count)},
                  {why}});
  }
  if (!table.empty()) {
    out_ << '\n';
    table.Print(out_, style, {2});
  }
  for (const std::string& assumption : assumptions) out_ << "assumed: " << assumption << '\n';
}

void WhatIfWriter::End(const AuditReport& report, const std::vector<std::string>& assumptions) {
  switch (options_.format) {
    case Format::kTable:
      PrintSummary(report, assumptions);
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
