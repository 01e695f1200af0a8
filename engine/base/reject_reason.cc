#include "muster/reject_reason.h"

#include <algorithm>
#include <array>

namespace muster {
namespace {

constexpr ReasonInfo kReasons[] = {
#define MUSTER_REASON(name, number, rank, json, sentence, remedy) \
  {RejectReason::name, number, rank, json, sentence, remedy},
#include "muster/reject_reason.inc"
#undef MUSTER_REASON
};

// InfoOf searches by bisection, and AllReasons promises this order.
constexpr bool IsStrictlyAscending() {
  for (std::size_t i = 1; i < std::size(kReasons); ++i) {
    if (kReasons[i - 1].number >= kReasons[i].number) return false;
  }
  return true;
}
static_assert(IsStrictlyAscending(), "reject_reason.inc must be sorted by number, without repeats");
// What InfoOf gives for a number that is none.
static_assert(kReasons[1].reason == RejectReason::kNotEvaluated);

}  // namespace

std::span<const ReasonInfo> AllReasons() { return kReasons; }

const ReasonInfo& InfoOf(RejectReason reason) {
  const auto number = static_cast<std::uint16_t>(reason);
  const auto* row = std::lower_bound(
      std::begin(kReasons), std::end(kReasons), number,
      [](const ReasonInfo& info, std::uint16_t wanted) { return info.number < wanted; });
  if (row != std::end(kReasons) && row->number == number) return *row;
  return kReasons[1];
}

std::optional<RejectReason> FindReason(std::string_view name) {
  for (const ReasonInfo& info : kReasons) {
    if (info.name == name) return info.reason;
  }
  return std::nullopt;
}

}  // namespace muster
