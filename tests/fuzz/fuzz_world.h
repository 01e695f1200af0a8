// FuzzWorld: a small PKI and live registries of it, which every target that decides about devices
// shares: groups of every state, individual enrollments of both kinds, CRLs, a deny list.
//
// Everything is made once, at the first use, and never changes: an input means the same in every
// run. New certificates go to the end of their list, so that what a corpus says of the older ones
// keeps its meaning.
#ifndef MUSTER_TESTS_FUZZ_FUZZ_WORLD_H_
#define MUSTER_TESTS_FUZZ_FUZZ_WORLD_H_

#include <memory>
#include <vector>

#include "muster/authenticator.h"
#include "tests/support/test_world.h"

namespace muster::test {

class FuzzWorld {
 public:
  static const FuzzWorld& Get();

  UnixTime at() const { return world_.at(); }
  const std::vector<Entity>& leaves() const { return leaves_; }
  // Certificates that a device may present beside its leaf.
  const std::vector<Entity>& untrusted() const { return untrusted_; }
  std::shared_ptr<const RegistrySnapshot> Snapshot() const { return snapshot_; }

  // Options of an authenticator that keeps little between devices, so that much is evicted.
  static AuthenticationOptions SmallCache();

  // What was signed is one of the leaves that enrol. (An ECDSA signature may be re-encoded by
  // anyone.)
  bool Enrols(ByteView leaf) const;

  // A verdict on `chain` as it must be, whatever the chain is.
  void CheckVerdict(const PresentedChain& chain, const Verdict& verdict) const;

 private:
  FuzzWorld();

  World world_;
  std::vector<Entity> leaves_, enrolled_, untrusted_;
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

}  // namespace muster::test

#endif  // MUSTER_TESTS_FUZZ_FUZZ_WORLD_H_
