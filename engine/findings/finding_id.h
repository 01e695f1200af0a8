// FindingId: a finding by number, and what a check says when it finds one.
#ifndef MUSTER_ENGINE_FINDINGS_FINDING_ID_H_
#define MUSTER_ENGINE_FINDINGS_FINDING_ID_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "muster/finding.h"

namespace muster::findings {

enum class FindingId : std::uint8_t {
#define MUSTER_FINDING(name, id, severity, title, explanation, remedy) name,
#include "engine/findings/finding_table.inc"
#undef MUSTER_FINDING
  kCount,
};
inline constexpr std::size_t kFindingCount = static_cast<std::size_t>(FindingId::kCount);

const FindingInfo& InfoOf(FindingId id);

// One thing that a check found, and what it saw; the detail may be empty.
struct Observation {
  FindingId id = FindingId::kCount;
  std::string detail = {};
};
using Observations = std::vector<Observation>;

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_FINDING_ID_H_
