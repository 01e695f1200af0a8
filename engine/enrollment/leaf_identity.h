// LeafIdentity: who a leaf says it is, and which individual enrollment that is.
#ifndef MUSTER_ENGINE_ENROLLMENT_LEAF_IDENTITY_H_
#define MUSTER_ENGINE_ENROLLMENT_LEAF_IDENTITY_H_

#include <optional>
#include <span>
#include <string_view>

#include "engine/enrollment/roll_up.h"
#include "engine/graph/ca_node.h"
#include "engine/registry/snapshot.h"
#include "muster/certificate.h"
#include "muster/enrollment.h"

namespace muster::enrollment {

struct LeafIdentity {
  RegistrationId registration_id;              // Empty where the subject gives none.
  std::string_view why_malformed;              // Set where it is empty.
  const registry::Entry* individual = nullptr; // Its individual enrollment, if there is one.

  static LeafIdentity Of(const CertificateView& leaf, const registry::CompiledSnapshot& snapshot);
};

// Whether an individual enrollment pins exact leaves (client certificates) rather than naming CAs.
bool PinsLeaf(const registry::Entry& individual, const registry::CompiledSnapshot& snapshot);

// The individual enrollment as the roll-up rule sees it on one path.
IndividualLabel LabelIndividual(const registry::Entry& individual,
                                std::span<const graph::CaNodePtr> cas,
                                const registry::CompiledSnapshot& snapshot);

// Whether the leaf is on the deny list by issuer and serial. `denied_serials` are those of the
// leaf's issuer, or null.
bool IsDeniedBySerial(const CertificateView& leaf, const registry::TextSet* denied_serials);

// Whether the leaf is on the deny list, by fingerprint or by issuer and serial.
bool IsDenied(const CertificateView& leaf, const registry::TextSet* denied_serials,
              const registry::CompiledSnapshot& snapshot);

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_LEAF_IDENTITY_H_
