// Validation of the CA certificates of a path: RFC 5280 6.1.2 to 6.1.4 and 6.3.
#ifndef MUSTER_ENGINE_PATH_CA_VALIDATION_H_
#define MUSTER_ENGINE_PATH_CA_VALIDATION_H_

#include <span>
#include <string>

#include "engine/path/path_state.h"

namespace muster::path {

// One run over one path, the leaf's issuer first and the anchor last.
class CaValidation {
 public:
  // Everything that is passed must outlive the run.
  CaValidation(const ValidationContext& context, std::span<const graph::CaNodePtr> cas, UnixTime at,
               LinkVerifier* links, FaultSink* sink, StableWindow* stable);

  // Cheap checks from the anchor down, then signatures. True where there was no fault.
  bool CheckCertificates();
  // Then the status of each certificate below the anchor, and the CRLs for leaves.
  bool CheckRevocation();

  PathState* state() { return &state_; }

 private:
  const graph::CaNode& ca(int i) const { return *cas_[static_cast<std::size_t>(i)]; }
  int anchor() const { return static_cast<int>(cas_.size()) - 1; }
  PolicyRole RoleOf(int i) const {
    return i == anchor() ? PolicyRole::kAnchor : PolicyRole::kIntermediate;
  }
  // Each of these is true where the run is to end.
  bool Report(RejectReason reason, int i, std::string detail);
  bool CheckForm(int i);
  bool CheckValidity(int i);
  bool ProcessCertificate(int i);  // 6.1.3
  bool CheckNames(int i);          // 6.1.3 (b), (c)
  bool PrepareForNext(int i);      // 6.1.4
  bool CheckCaConstraints(int i);  // 6.1.4 (k) to (n)
  bool CheckPurpose(int i);
  bool CheckPolicies(int i, std::optional<PolicyFault> fault);
  bool VerifyLinks();
  bool CheckStatus(int i, const IssuerCrls& crls);
  RejectReason CheckCrlIssuer(const std::vector<graph::CaNodePtr>& cas,
                              const CertificateView& target, StableWindow* stable) const;

  const ValidationContext& context_;
  std::span<const graph::CaNodePtr> cas_;
  UnixTime at_;
  LinkVerifier* links_;
  FaultSink* sink_;
  StableWindow* stable_;
  PathState state_;
  int max_path_len_;
  bool faulty_ = false;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_CA_VALIDATION_H_
