#include "engine/findings/finding_tally.h"

#include <algorithm>

namespace muster::findings {

FindingTally::FindingTally(const FindingsOptions& options) : examples_max_(options.examples_max) {
  const auto names = [](const std::vector<std::string>& ids, std::string_view id) {
    return std::ranges::find(ids, id) != ids.end();
  };
  for (std::size_t i = 0; i < kFindingCount; ++i) {
    const std::string_view id = InfoOf(static_cast<FindingId>(i)).id;
    entries_[i].wanted =
        (options.only.empty() || names(options.only, id)) && !names(options.skip, id);
  }
}

void FindingTally::Count(FindingId id, std::uint64_t concerned) {
  if (Wants(id)) At(id).count += concerned;
}

void FindingTally::Keep(FindingId id, std::uint64_t record, const std::string& detail,
                        const Place& partner) {
  Entry& entry = At(id);
  if (!entry.wanted || examples_max_ == 0) return;
  const bool full = entry.sightings.size() == examples_max_;
  if (full && entry.sightings.back().record <= record) return;
  Sighting sighting{record, detail, partner};
  const auto place = std::ranges::lower_bound(entry.sightings, sighting);
  if (place != entry.sightings.end() && *place == sighting) return;
  entry.sightings.insert(place, std::move(sighting));
  if (full) entry.sightings.pop_back();
}

void FindingTally::Add(const Observations& observations, std::uint64_t record) {
  for (const Observation& seen : observations) {
    Count(seen.id);
    Keep(seen.id, record, seen.detail);
  }
}

}  // namespace muster::findings
