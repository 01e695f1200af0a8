// FindingTally: counts of findings, and of each the first few examples in input order.
//
// The order in which findings come makes no difference: facts that were spilled to files are merged
// in another order than the records came in.
#ifndef MUSTER_ENGINE_FINDINGS_FINDING_TALLY_H_
#define MUSTER_ENGINE_FINDINGS_FINDING_TALLY_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/findings/finding_id.h"
#include "muster/fleet_findings.h"

namespace muster::findings {

// A record, or a CA of the snapshot by its number from 1 on, or neither.
struct Place {
  std::uint64_t record = kNoRecord;
  std::uint64_t ca = 0;
  bool known() const { return record != kNoRecord || ca != 0; }
  friend auto operator<=>(const Place&, const Place&) = default;
};

// An example before it is looked up where it came from.
struct Sighting {
  std::uint64_t record = kNoRecord;
  std::string detail;
  Place partner = {};  // Another that shares what was found.
  friend auto operator<=>(const Sighting&, const Sighting&) = default;
};

class FindingTally {
 public:
  // Ids that are no finding's are left to FleetFindings::Check.
  explicit FindingTally(const FindingsOptions& options);

  bool Wants(FindingId id) const { return At(id).wanted; }
  void Count(FindingId id, std::uint64_t concerned = 1);
  // Keeps the sighting if it is among the first; does not count.
  void Keep(FindingId id, std::uint64_t record, const std::string& detail,
            const Place& partner = {});
  void Add(const Observations& observations, std::uint64_t record);

  std::uint64_t count(FindingId id) const { return At(id).count; }
  // In input order.
  std::span<const Sighting> sightings(FindingId id) const { return At(id).sightings; }

 private:
  struct Entry {
    bool wanted = true;
    std::uint64_t count = 0;
    std::vector<Sighting> sightings;  // Sorted.
  };
  const Entry& At(FindingId id) const { return entries_[static_cast<std::size_t>(id)]; }
  Entry& At(FindingId id) { return entries_[static_cast<std::size_t>(id)]; }

  std::size_t examples_max_;
  std::array<Entry, kFindingCount> entries_;
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_FINDING_TALLY_H_
