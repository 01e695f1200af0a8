#include <algorithm>
#include <array>

#include "engine/findings/finding_id.h"

namespace muster {
namespace {

using enum Severity;

constexpr std::array kTable = {
#define MUSTER_FINDING(name, id, severity, title, explanation, remedy) \
  FindingInfo{id, severity, title, explanation, remedy},
#include "engine/findings/finding_table.inc"
#undef MUSTER_FINDING
};

// Looked up by halving, and listed in this order.
static_assert(std::ranges::adjacent_find(kTable, std::ranges::greater_equal{}, &FindingInfo::id) ==
              kTable.end());

constexpr std::array<std::string_view, 3> kSeverities = {"info", "warning", "error"};

}  // namespace

std::string_view NameOf(Severity severity) {
  const auto index = static_cast<std::size_t>(severity);
  return index < kSeverities.size() ? kSeverities[index] : "unknown";
}

std::optional<Severity> ParseSeverity(std::string_view name) {
  for (std::size_t i = 0; i < kSeverities.size(); ++i) {
    if (kSeverities[i] == name) return static_cast<Severity>(i);
  }
  return std::nullopt;
}

std::span<const FindingInfo> AllFindings() { return kTable; }

const FindingInfo* FindFinding(std::string_view id) {
  const auto found = std::ranges::lower_bound(kTable, id, {}, &FindingInfo::id);
  return found != kTable.end() && found->id == id ? &*found : nullptr;
}

namespace findings {

const FindingInfo& InfoOf(FindingId id) { return kTable[static_cast<std::size_t>(id)]; }

}  // namespace findings
}  // namespace muster
