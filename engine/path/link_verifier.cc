#include "engine/path/link_verifier.h"

namespace muster::path {

RejectReason LinkVerifier::Verify(const graph::CaNode& child, const graph::CaNode& issuer) {
  const auto pair = std::make_pair(child.fingerprint, issuer.fingerprint);
  if (const auto known = memo_.find(pair); known != memo_.end()) return known->second;
  if (!issuer.key) return memo_[pair] = issuer.key.error().reason;
  const CertificateView& view = child.view();
  if (const RejectReason reason =
          crypto::CheckSignatureAlgorithm(view.signature_algorithm(), policy_);
      reason != RejectReason::kNone) {
    return memo_[pair] = reason;
  }
  // Not remembered: with a larger budget the answer would be another one.
  if (signatures_left_ == 0) return RejectReason::kBudgetExhausted;
  --signatures_left_;
  ++signatures_checked_;
  return memo_[pair] = crypto::KnownAnswer(
             check_ ? check_(issuer, view.signature_algorithm(), view.tbs(), view.signature())
                    : crypto::VerifySignature(*issuer.key, view.signature_algorithm(), view.tbs(),
                                              view.signature(), policy_));
}

}  // namespace muster::path
