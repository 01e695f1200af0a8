#include "engine/enrollment/leaf_identity.h"

#include <algorithm>

#include "engine/base/byte_view.h"
#include "engine/x509/name.h"

namespace muster::enrollment {

LeafIdentity LeafIdentity::Of(const CertificateView& leaf,
                              const registry::CompiledSnapshot& snapshot) {
  LeafIdentity identity;
  if (const auto id = x509::RegistrationIdOf(leaf.subject(), &identity.why_malformed)) {
    identity.registration_id = *id;
    identity.individual = snapshot.IndividualOf(id->view());
  }
  return identity;
}

bool PinsLeaf(const registry::Entry& individual, const registry::CompiledSnapshot& snapshot) {
  const SigningCertificates& attestation = snapshot.SigningOf(individual);
  return !attestation.primary.empty() || !attestation.secondary.empty();
}

IndividualLabel LabelIndividual(const registry::Entry& individual,
                                std::span<const graph::CaNodePtr> cas,
                                const registry::CompiledSnapshot& snapshot) {
  IndividualLabel label;
  label.enabled = individual.enabled;
  const std::vector<Fingerprint> named = snapshot.CertificatesOf(individual);
  const auto nearest = std::find_if(cas.begin(), cas.end(), [&](const graph::CaNodePtr& ca) {
    return std::find(named.begin(), named.end(), ca->fingerprint) != named.end();
  });
  if (nearest != cas.end()) label.ca_index = static_cast<std::size_t>(nearest - cas.begin());
  return label;
}

bool IsDeniedBySerial(const CertificateView& leaf, const registry::TextSet* denied_serials) {
  return denied_serials != nullptr && denied_serials->contains(base::AsText(leaf.serial()));
}

bool IsDenied(const CertificateView& leaf, const registry::TextSet* denied_serials,
              const registry::CompiledSnapshot& snapshot) {
  return IsDeniedBySerial(leaf, denied_serials) ||
         (snapshot.DeniesFingerprints() && snapshot.IsDenied(Fingerprint::Of(leaf.der())));
}

}  // namespace muster::enrollment
