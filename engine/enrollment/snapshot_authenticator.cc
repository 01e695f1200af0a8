#include "engine/enrollment/snapshot_authenticator.h"

#include <string>
#include <utility>

#include "engine/x509/name.h"

namespace muster::enrollment {
namespace {

ValidationOptions ValidationOptionsOf(const AuthenticationOptions& options) {
  ValidationOptions validation;
  // What DPS lets through: no EKU check, on CAs neither.
  if (options.leaf_profile == LeafProfile::kDpsCompat) validation.key_purpose.clear();
  validation.require_crl = options.require_crl;
  validation.budget = options.budget;
  return validation;
}

}  // namespace

SnapshotAuthenticator::SnapshotAuthenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                                             const AuthenticationOptions& options)
    : snapshot_(std::move(snapshot)),
      options_(options),
      validator_(ValidationOptionsOf(options),
                 registry::CompiledSnapshot::Of(*snapshot_).crls(),
                 path::LeafRules{.profile = options.leaf_profile}) {}

Verdict SnapshotAuthenticator::Authenticate(const PresentedChain& chain, UnixTime at,
                                            AuthenticatorCounters* counters) const {
  const DecisionContext context = ContextAt(at);
  if (chain.leaf().empty()) return Rejected(context, RejectReason::kChainEmpty, -1);
  if (chain.too_long()) return Rejected(context, RejectReason::kChainTooLong, -1);
  const auto leaf = CertificateView::Parse(chain.leaf());
  if (!leaf) return Rejected(context, leaf.error().reason, 0);

  const LeafIdentity identity = LeafIdentity::Of(*leaf, context.snapshot);
  if (identity.individual != nullptr && PinsLeaf(*identity.individual, context.snapshot)) {
    const auto issuer = x509::CanonicalName(leaf->issuer());
    const registry::TextSet* denied_serials =
        issuer ? context.snapshot.DeniedSerialsOf(*issuer) : nullptr;
    return DecidePinned(context, *leaf, identity, denied_serials);
  }

  const PathKey key(*leaf, chain);
  std::shared_ptr<const IssuingPaths> paths = cache_.Find(key, at);
  if (paths == nullptr) {
    const auto presented = PresentedCas::Parse(chain.untrusted(), context.snapshot);
    if (!presented) {
      const PresentedFailure& failure = presented.error();
      Verdict verdict = Rejected(context, failure.failure.reason, failure.chain_index);
      verdict.registration_id = identity.registration_id;
      return verdict;
    }
    const auto issuer = x509::CanonicalName(leaf->issuer());
    if (!issuer) return Rejected(context, RejectReason::kMalformedName, 0);
    paths = std::make_shared<const IssuingPaths>(
        CompileIssuingPaths(*issuer, leaf->authority_key_id(), *presented, context.snapshot,
                            validator_, options_, at));
    ++counters->ca_paths_compiled;
    counters->ca_signatures += paths->ca_signatures;
    cache_.Insert(key, paths);
  }
  return DecideOverPaths(context, *leaf, identity, *paths, &counters->leaf_signatures);
}

}  // namespace muster::enrollment
