// Decide: one leaf under compiled issuing paths; cheap, and the same for one chain or a million.
#ifndef MUSTER_ENGINE_ENROLLMENT_DECIDE_H_
#define MUSTER_ENGINE_ENROLLMENT_DECIDE_H_

#include <cstdint>
#include <optional>

#include "engine/enrollment/issuing_paths.h"
#include "engine/enrollment/leaf_identity.h"
#include "engine/path/path_validator.h"
#include "engine/registry/snapshot.h"
#include "muster/options.h"
#include "muster/verdict.h"

namespace muster::enrollment {

// What a decision is made with.
struct DecisionContext {
  const registry::CompiledSnapshot& snapshot;
  const path::PathValidator& validator;
  const AuthenticationOptions& options;
  UnixTime at;
};

// A verdict of the snapshot in `context` that rejects for `reason`.
Verdict Rejected(const DecisionContext& context, RejectReason reason, int chain_index);

// A leaf that an individual enrollment pins: no chain and no roll-up, but the leaf checks, the deny
// list and the registration ID hold. `denied_serials` as in IsDenied.
Verdict DecidePinned(const DecisionContext& context, const CertificateView& leaf,
                     const LeafIdentity& identity, const registry::TextSet* denied_serials);

// The signature of one leaf. It is checked once under each key, however many paths share that key.
class LeafSignature {
 public:
  LeafSignature() = default;
  // Known already to be `answer` (of crypto::VerifySignature) under the issuer's key on `path`.
  LeafSignature(const IssuingPath& path, RejectReason answer) : path_(&path), answer_(answer) {}

  // As PathValidator::VerifyLeafSignature.
  bool Verify(const DecisionContext& context, const IssuingPath& path, const CertificateView& leaf,
              path::FaultSink* sink);
  std::uint64_t checked() const { return checked_; }

 private:
  const IssuingPath* path_ = nullptr;  // Whose issuer's key gave the answer.
  RejectReason answer_ = RejectReason::kNotEvaluated;
  std::uint64_t checked_ = 0;
};

// Every other leaf: accepted where some path accepts and no valid one meets an explicit disable.
// Where all fail, the reason of highest rank is given.
Verdict DecideOverPaths(const DecisionContext& context, const CertificateView& leaf,
                        const LeafIdentity& identity, const IssuingPaths& paths,
                        LeafSignature* signature);

// What DecideOverPaths comes to for a leaf that has a registration ID which no individual
// enrollment names, and that is not on the deny list, once CheckLeaf and the signature hold on
// `path`: the verdict, but for the registration ID.
struct PlainAccept {
  const IssuingPath* path = nullptr;
  Verdict verdict;
};

// Nothing where such leaves are not simply accepted. Refers to `paths`.
std::optional<PlainAccept> PlainAcceptOf(const DecisionContext& context, const IssuingPaths& paths);

// What the roll-up rule alone says of one path for this device.
RollUpOutcome RollUpOn(const DecisionContext& context, const LabelledPath& path,
                       const LeafIdentity& identity);

// The roll-up outcome of one path for this device. On one that ends in a verified CA, missing links
// count too (kLinkNotPresented).
RollUpOutcome OutcomeOnPath(const DecisionContext& context, const LabelledPath& path,
                            const LeafIdentity& identity);

// The reason and place of a failed path for this device: a dead end that meets an enrollment is one
// that does not roll up to a verified CA.
RollUpOutcome OutcomeOnFailedPath(const DecisionContext& context, const FailedPath& failed,
                                  const LeafIdentity& identity);

// The entry that decides on a path: the individual enrollment, else the group at `entry_at`.
EnrollmentRef EnrollmentOf(const DecisionContext& context, const LabelledPath& path,
                           const LeafIdentity& identity, std::optional<std::size_t> entry_at);

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_DECIDE_H_
