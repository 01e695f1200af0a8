// SnapshotAuthenticator: decisions under one snapshot and one set of options, with the cache of
// issuing paths that belongs to them.
#ifndef MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_
#define MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_

#include <memory>

#include "engine/enrollment/decide.h"
#include "engine/enrollment/path_cache.h"
#include "muster/authenticator.h"

namespace muster::enrollment {

// Thread-safe.
class SnapshotAuthenticator {
 public:
  SnapshotAuthenticator(std::shared_ptr<const RegistrySnapshot> snapshot,
                        const AuthenticationOptions& options);

  // Decides one chain; adds to the signature and compilation counts, not to `chains`. May throw.
  Verdict Authenticate(const PresentedChain& chain, UnixTime at,
                       AuthenticatorCounters* counters) const;

  const std::shared_ptr<const RegistrySnapshot>& snapshot() const { return snapshot_; }
  DecisionContext ContextAt(UnixTime at) const {
    return {registry::CompiledSnapshot::Of(*snapshot_), validator_, options_, at};
  }

 private:
  std::shared_ptr<const RegistrySnapshot> snapshot_;
  AuthenticationOptions options_;
  path::PathValidator validator_;
  mutable PathCache cache_;
};

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_SNAPSHOT_AUTHENTICATOR_H_
