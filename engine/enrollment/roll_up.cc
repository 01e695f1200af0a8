#include "engine/enrollment/roll_up.h"

#include <algorithm>

namespace muster::enrollment {
namespace {

int ChainIndexOf(std::size_t ca_index) { return static_cast<int>(ca_index) + 1; }

}  // namespace

RollUpOutcome RollUp(std::span<const CaLabel> cas, const IndividualLabel* individual,
                     bool any_disabled_blocks) {
  RollUpOutcome outcome;
  const auto reject = [&](RejectReason reason, int chain_index) {
    outcome.reason = reason;
    outcome.chain_index = chain_index;
    return outcome;
  };

  // The entry that decides, and its place g.
  if (individual != nullptr) {
    if (!individual->enabled) return reject(RejectReason::kIndividualDisabled, 0);
    outcome.entry_at = individual->ca_index;
  } else {
    const auto nearest = std::find_if(cas.begin(), cas.end(), [](const CaLabel& ca) {
      return ca.group != EntryState::kNone;
    });
    if (nearest == cas.end()) return reject(RejectReason::kNoEnrollment, -1);
    outcome.entry_at = static_cast<std::size_t>(nearest - cas.begin());
    // No falling through to an enabled group above.
    if (nearest->group == EntryState::kDisabled) {
      return reject(RejectReason::kGroupDisabled, ChainIndexOf(*outcome.entry_at));
    }
  }
  if (any_disabled_blocks) {
    const auto disabled = std::find_if(cas.begin(), cas.end(), [](const CaLabel& ca) {
      return ca.group == EntryState::kDisabled;
    });
    if (disabled != cas.end()) {
      return reject(RejectReason::kDisabledEntryOnPath,
                    ChainIndexOf(static_cast<std::size_t>(disabled - cas.begin())));
    }
  }

  // Only now: a path that the individual's CA is not on may meet a disable, which outweighs others.
  if (!outcome.entry_at) return reject(RejectReason::kIndividualMismatch, 0);

  // Roll-up to verified: some v >= g.
  const std::size_t g = *outcome.entry_at;
  const auto above = cas.subspan(g);
  if (std::none_of(above.begin(), above.end(), [](const CaLabel& ca) { return ca.verified; })) {
    return reject(RejectReason::kNotRolledUpToVerified, ChainIndexOf(g));
  }
  outcome.reason = RejectReason::kNone;
  return outcome;
}

}  // namespace muster::enrollment
