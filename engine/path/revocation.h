// RevocationChecker: RFC 5280 6.3.3 for the certificates of one path, in two steps, because
// thousands of leaves share an issuer: the CRLs that speak for an issuer are selected, verified and
// dated once; asking about a certificate is then a look-up.
//
// Deviations [ours], all but the last stricter: the newest CRL of a series that lists a certificate
// revokes it even when the CRL is stale or is a delta without its base; a CRL in the name of the
// certificate's issuer under another key counts only where that key belongs to the same CA (below);
// a CRL issuer's own status is looked up in CRLs that its issuing CA signed itself, and in its own
// where its certificate's cRLDistributionPoints say so, no further. Where no CRL is required, an
// unknown status counts as not revoked.
#ifndef MUSTER_ENGINE_PATH_REVOCATION_H_
#define MUSTER_ENGINE_PATH_REVOCATION_H_

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/graph/ca_node.h"
#include "engine/path/crl_index.h"
#include "engine/path/crl_scope.h"
#include "engine/path/path_validator.h"

namespace muster::path {

enum class RevocationStatus {
  kGood,  // CRLs in date cover every reason, and none lists it.
  kRevoked,
  kUnknown,  // No CRL, or none in date, covers every reason.
};

struct Revocation {
  RevocationStatus status = RevocationStatus::kUnknown;
  const IndexedCrl* crl = nullptr;  // That lists the certificate.
  int reason = 0;                   // CRLReason.
};

// The CRLs that speak for certificates of one issuer at one time. Immutable.
class IssuerCrls {
 public:
  bool empty() const { return crls_.empty(); }
  // The status of a certificate that the issuer issued. Does not allocate where all CRLs cover all
  // of the issuer's certificates.
  Revocation StatusOf(const CertificateView& certificate) const;
  // Which CRLs are out of date, for the operator: "CRL of CN=Root, nextUpdate
  // 2026-01-31T00:00:00Z". Empty where none is.
  std::string Staleness() const;

 private:
  friend class RevocationChecker;
  struct Selected {
    const IndexedCrl* complete = nullptr;  // Null: a delta without its base, which can only revoke.
    const IndexedCrl* delta = nullptr;
    bool in_date = false;  // Together they say what holds now.
    bool delta_in_date = false;
    const IndexedCrl& scope() const { return complete != nullptr ? *complete : *delta; }
  };
  // The entry of a certificate; nothing where neither CRL lists it.
  static std::optional<Revocation> Find(const Selected& crls, const std::string& issuer,
                                        ByteView serial);

  std::string issuer_;  // Canonical.
  std::vector<Selected> crls_;
  bool all_cover_all_ = true;
};

class RevocationChecker {
 public:
  // kNone where `target` is valid under CA certificates (its issuer first, an anchor last),
  // revocation aside.
  using TargetCheck =
      std::function<RejectReason(const std::vector<graph::CaNodePtr>& cas,
                                 const CertificateView& target, StableWindow* stable)>;

  // Everything that is passed must outlive the checker.
  RevocationChecker(const CrlSet& crls, const ValidationOptions& options, UnixTime at,
                    LinkVerifier* links, TargetCheck target_check);

  // The CRLs that speak for certificates issued by cas[0]; `cas` goes up to the anchor, and all of
  // it was found valid, revocation included.
  IssuerCrls Select(std::span<const graph::CaNodePtr> cas, StableWindow* stable);

  // A CRL could not be examined within the budget: what was selected may lack it.
  bool exhausted() const { return exhausted_; }

 private:
  // `crl_issuer` null: every authorized signer counts. Else the status of that CRL issuer itself is
  // asked for, and only cas[0] and, for indirect CRLs, the CRL issuer itself count.
  IssuerCrls SelectFrom(std::span<const graph::CaNodePtr> cas, const graph::CaNode* crl_issuer,
                        StableWindow* stable);
  std::vector<const IndexedCrl*> CandidatesFor(const graph::CaNode& issuer) const;
  bool IsWellSigned(const IndexedCrl& crl, std::span<const graph::CaNodePtr> cas,
                    StableWindow* stable);
  bool IsSignedClosely(const IndexedCrl& crl, const graph::CaNode& issuer,
                       const graph::CaNode& crl_issuer);
  bool SignedBy(const IndexedCrl& crl, const graph::CaNode& signer);
  // The rule for a CRL in the name of cas[0] under another key.
  bool BelongsToIssuer(const graph::CaNode& signer, std::span<const graph::CaNodePtr> cas) const;
  bool IsAuthorized(const graph::CaNode& signer, std::span<const graph::CaNodePtr> cas,
                    StableWindow* stable);
  bool IsValidPath(const graph::CaNode& signer, const std::vector<graph::CaNodePtr>& signer_cas,
                   std::span<const graph::CaNodePtr> cas, StableWindow* stable);
  bool HasSigned(const graph::CaNode& child, const graph::CaNode& issuer) const;
  bool HasGoodAlgorithm(const IndexedCrl& crl) const;
  bool IsNotRevoked(const graph::CaNode& crl_issuer, std::span<const graph::CaNodePtr> issuing_cas,
                    StableWindow* stable);
  IssuerCrls Combine(const std::vector<const IndexedCrl*>& verified, const graph::CaNode& issuer,
                     StableWindow* stable) const;
  bool IsInDate(const IndexedCrl& crl, StableWindow* stable) const;

  const CrlSet::Rep& set_;
  const ValidationOptions& options_;
  UnixTime at_;
  LinkVerifier* links_;
  TargetCheck target_check_;
  bool exhausted_ = false;
  std::map<std::pair<const IndexedCrl*, Fingerprint>, bool> signed_by_;
  std::map<Fingerprint, bool> authorized_;
};

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_REVOCATION_H_
