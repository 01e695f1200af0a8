// RollUp: the one rule that muster exists for, as a pure function.
//
// The enrollment that decides is the first one met walking up from the leaf: the individual
// enrollment, else the group whose certificate is nearest to the leaf. It is enabled, and its CA
// certificate at index g is verified, or some CA above it on the path is: v >= g is verified. A
// verified CA below g does not help; neither does one that is not on the path.
#ifndef MUSTER_ENGINE_ENROLLMENT_ROLL_UP_H_
#define MUSTER_ENGINE_ENROLLMENT_ROLL_UP_H_

#include <cstdint>
#include <optional>
#include <span>

#include "muster/reject_reason.h"

namespace muster::enrollment {

enum class EntryState : std::uint8_t { kNone, kEnabled, kDisabled };

// What the registry says of one CA certificate of a path.
struct CaLabel {
  bool verified = false;
  EntryState group = EntryState::kNone;  // The group it is a signing certificate of.
  std::uint32_t group_index = 0;         // Which one, where group is not kNone.
};

// The individual enrollment of the device's registration ID, where it names CAs.
struct IndividualLabel {
  bool enabled = true;
  // Index on the path of the nearest CA it refers to; nothing where none is on the path.
  std::optional<std::size_t> ca_index = {};
};

struct RollUpOutcome {
  RejectReason reason = RejectReason::kNotEvaluated;
  int chain_index = -1;                 // Of the certificate at fault, the leaf counting as 0.
  std::optional<std::size_t> entry_at;  // Index into `cas` of g, where one was met.

  bool accepted() const { return reason == RejectReason::kNone; }
  // An explicit disable: on a valid path it outweighs every other path that accepts.
  bool blocks() const {
    return reason == RejectReason::kGroupDisabled || reason == RejectReason::kIndividualDisabled ||
           reason == RejectReason::kDisabledEntryOnPath;
  }
};

// Decides over the CA certificates of one path, from the leaf's issuer up to the last. `individual`
// is null where the registration ID has no individual enrollment.
RollUpOutcome RollUp(std::span<const CaLabel> cas, const IndividualLabel* individual,
                     bool any_disabled_blocks);

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_ROLL_UP_H_
