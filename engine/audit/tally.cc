#include "engine/audit/tally.h"

#include <fmt/format.h>

#include <chrono>

namespace muster::audit {
namespace {

int MonthOf(UnixTime time) {
  const std::chrono::year_month_day date{std::chrono::floor<std::chrono::days>(time)};
  return int{date.year()} * 12 + static_cast<int>(unsigned{date.month()}) - 1;
}

std::string MonthText(int month) { return fmt::format("{:04}-{:02}", month / 12, month % 12 + 1); }

}  // namespace

void Tally::Clear() { *this = Tally(); }

void Tally::Count(const Verdict& verdict, const LeafDescription& leaf) {
  ++devices_;
  if (verdict.accepted()) {
    ++accepted_;
    auto& by_id = verdict.enrollment.kind == EnrollmentKind::kGroup ? groups_ : individuals_;
    ++by_id[verdict.enrollment.id.view()];
    ++anchors_[verdict.anchor];
  } else {
    ++rejected_;
    ++reasons_[verdict.reason];
  }
  // A leaf that does not parse has neither.
  if (!leaf.readable) return;
  ++key_types_[leaf.key_type];
  ++expiry_months_[MonthOf(leaf.not_after)];
}

void Tally::MergeInto(AuditReport* report) const {
  report->devices += devices_;
  report->accepted += accepted_;
  report->rejected += rejected_;
  report->unreadable += unreadable_;
  for (const auto& [reason, count] : reasons_) {
    report->by_reason[std::string(NameOf(reason))] += count;
  }
  for (const auto& [id, count] : groups_) {
    report->by_enrollment[fmt::format("group {}", id)] += count;
  }
  for (const auto& [id, count] : individuals_) {
    report->by_enrollment[fmt::format("individual {}", id)] += count;
  }
  // An individual enrollment with a client certificate pins its leaf and needs no anchor.
  for (const auto& [anchor, count] : anchors_) {
    if (anchor != Fingerprint{}) report->by_anchor[anchor.hex()] += count;
  }
  for (const auto& [key, count] : key_types_) report->by_key_type[std::string(key)] += count;
  for (const auto& [month, count] : expiry_months_) {
    report->by_expiry_month[MonthText(month)] += count;
  }
}

}  // namespace muster::audit
