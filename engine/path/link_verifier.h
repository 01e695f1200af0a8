// LinkVerifier: checks that one CA's key signed another CA's certificate, each pair at most once.
#ifndef MUSTER_ENGINE_PATH_LINK_VERIFIER_H_
#define MUSTER_ENGINE_PATH_LINK_VERIFIER_H_

#include <functional>
#include <map>
#include <utility>

#include "engine/graph/ca_node.h"
#include "engine/path/name_constraints.h"
#include "muster/options.h"

namespace muster::path {

// The memo of one search, which the certificates must outlive. Not thread-safe.
class LinkVerifier {
 public:
  // Answers as crypto::VerifySignature does for the issuer's key, from wherever it may.
  using CheckSignature = std::function<RejectReason(const graph::CaNode& issuer, ByteView algorithm,
                                                    ByteView message, ByteView signature)>;

  // Without `check`, crypto::VerifySignature is asked.
  LinkVerifier(const AlgorithmPolicy& policy, int signatures_max, CheckSignature check = {})
      : policy_(policy), signatures_left_(signatures_max), check_(std::move(check)) {}

  // kNone where `issuer`'s key signed `child`; the reason of crypto::VerifySignature or of the
  // issuer's key otherwise; kBudgetExhausted once signatures_max checks were made. Throws where
  // it could not be found out.
  RejectReason Verify(const graph::CaNode& child, const graph::CaNode& issuer);

  int signatures_checked() const { return signatures_checked_; }
  NameConstraintSet::Memo* name_constraints() { return &name_constraints_; }
  const AlgorithmPolicy& policy() const { return policy_; }

 private:
  AlgorithmPolicy policy_;
  int signatures_left_;
  int signatures_checked_ = 0;
  CheckSignature check_;
  std::map<std::pair<Fingerprint, Fingerprint>, RejectReason> memo_;
  NameConstraintSet::Memo name_constraints_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_LINK_VERIFIER_H_
