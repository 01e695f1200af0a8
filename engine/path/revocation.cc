#include "engine/path/revocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <set>
#include <string_view>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/path/path_builder.h"

namespace muster::path {
namespace {

using graph::CaNode;
using graph::CaNodePtr;

// 6.3.3 (f): "If a key usage extension is present [...] verify that the cRLSign bit is set."
bool MaySignCrls(const CertificateView& certificate) {
  return !certificate.has_key_usage() || (certificate.key_usage() & kCrlSign) != 0;
}

bool MaySignCertificates(const CertificateView& certificate) {
  return certificate.is_ca() &&
         (!certificate.has_key_usage() || (certificate.key_usage() & kKeyCertSign) != 0);
}

bool Contains(std::span<const CaNodePtr> cas, const CaNode& node) {
  return std::any_of(cas.begin(), cas.end(),
                     [&](const CaNodePtr& ca) { return ca->fingerprint == node.fingerprint; });
}

// What CRLs of one series share (SameScope). Borrows from the CRL.
using Scope = std::pair<std::string_view, std::string_view>;
Scope ScopeOf(const IndexedCrl& crl) {
  return {crl.issuer, base::AsText(crl.view.issuing_distribution_point_der())};
}

// The newest of the deltas that can be combined with a complete CRL; null where none can.
const IndexedCrl* NewestFor(const IndexedCrl& complete,
                            const std::vector<const IndexedCrl*>& deltas) {
  const IndexedCrl* newest = nullptr;
  for (const IndexedCrl* delta : deltas) {
    if (!Combines(complete, *delta)) continue;
    if (newest == nullptr || Supersedes(*delta, *newest)) newest = delta;
  }
  return newest;
}

// The CA certificates of a path as candidates for the paths of CRL issuers.
class PathSource : public graph::IssuerSource {
 public:
  explicit PathSource(std::span<const CaNodePtr> cas) : cas_(cas) {}
  void FindIssuers(std::string_view issuer_name, ByteView /*authority_key_id*/,
                   std::vector<CaNodePtr>* out) const override {
    std::copy_if(cas_.begin(), cas_.end(), std::back_inserter(*out),
                 [&](const CaNodePtr& ca) { return ca->subject == issuer_name; });
  }

 private:
  std::span<const CaNodePtr> cas_;
};

}  // namespace

std::optional<Revocation> IssuerCrls::Find(const Selected& crls, const std::string& issuer,
                                           ByteView serial) {
  if (crls.delta != nullptr) {  // 6.3.3 (i)
    if (const RevokedIndex::Entry* entry = crls.delta->revoked.Find(issuer, serial)) {
      if (entry->reason != kRemoveFromCrl) {
        return Revocation{RevocationStatus::kRevoked, crls.delta, entry->reason};
      }
      if (crls.delta_in_date) return std::nullopt;  // 6.3.3 (k)
    }
  }
  if (crls.complete != nullptr) {  // 6.3.3 (j)
    if (const RevokedIndex::Entry* entry = crls.complete->revoked.Find(issuer, serial)) {
      return Revocation{RevocationStatus::kRevoked, crls.complete, entry->reason};
    }
  }
  return std::nullopt;
}

Revocation IssuerCrls::StatusOf(const CertificateView& certificate) const {
  std::uint16_t covered = 0;  // reasons_mask of 6.3.2.
  if (all_cover_all_) {
    for (const Selected& crls : crls_) {
      if (const auto revoked = Find(crls, issuer_, certificate.serial())) return *revoked;
      if (crls.in_date) covered = x509::kAllReasons;
    }
  } else {
    const CrlSubject subject(certificate, issuer_);
    for (const Selected& crls : crls_) {
      const std::uint16_t reasons = subject.ReasonsOf(crls.scope());
      if (reasons == 0) continue;
      if (const auto revoked = Find(crls, issuer_, certificate.serial())) return *revoked;
      if (crls.in_date) covered = static_cast<std::uint16_t>(covered | reasons);  // 6.3.3 (l)
    }
  }
  const bool good = covered == x509::kAllReasons;
  return {good ? RevocationStatus::kGood : RevocationStatus::kUnknown, nullptr, 0};
}

std::string IssuerCrls::Staleness() const {
  std::string text;
  for (const Selected& crls : crls_) {
    const x509::CrlView& view = crls.scope().view;
    if (crls.in_date || !view.next_update()) continue;
    text += fmt::format("{}CRL of {}, nextUpdate {}", text.empty() ? "" : "; ",
                        DisplayName(view.issuer()), FormatRfc3339(*view.next_update()));
  }
  return text;
}

RevocationChecker::RevocationChecker(const CrlSet& crls, const ValidationOptions& options,
                                     UnixTime at, LinkVerifier* links, TargetCheck target_check)
    : set_(*crls.rep_),
      options_(options),
      at_(at),
      links_(links),
      target_check_(std::move(target_check)) {}

IssuerCrls RevocationChecker::Select(std::span<const CaNodePtr> cas, StableWindow* stable) {
  return SelectFrom(cas, /*crl_issuer=*/nullptr, stable);
}

std::vector<const IndexedCrl*> RevocationChecker::CandidatesFor(const CaNode& issuer) const {
  std::vector<const IndexedCrl*> candidates;
  if (const auto own = set_.by_issuer.find(issuer.subject); own != set_.by_issuer.end()) {
    candidates = own->second;
  }
  for (const IndexedCrl* crl : set_.indirect) {
    if (crl->issuer != issuer.subject) candidates.push_back(crl);
  }
  // Newest first, so that those which they supersede need not be verified.
  std::stable_sort(candidates.begin(), candidates.end(),
                   [](const IndexedCrl* a, const IndexedCrl* b) {
                     return a->view.this_update() > b->view.this_update();
                   });
  return candidates;
}

IssuerCrls RevocationChecker::SelectFrom(std::span<const CaNodePtr> cas, const CaNode* crl_issuer,
                                         StableWindow* stable) {
  std::vector<const IndexedCrl*> verified;
  std::map<Scope, std::vector<const IndexedCrl*>> series;  // Of `verified`.
  for (const IndexedCrl* crl : CandidatesFor(*cas.front())) {
    // A CRL of the future says nothing yet.
    stable->Observe(crl->view.this_update() - std::chrono::seconds(1), at_);
    if (at_ < crl->view.this_update()) continue;
    auto& same_scope = series[ScopeOf(*crl)];
    if (std::any_of(same_scope.begin(), same_scope.end(),
                    [&](const IndexedCrl* newer) { return Supersedes(*newer, *crl); })) {
      continue;
    }
    const bool well_signed = crl_issuer == nullptr
                                 ? IsWellSigned(*crl, cas, stable)
                                 : IsSignedClosely(*crl, *cas.front(), *crl_issuer);
    if (!well_signed) continue;
    verified.push_back(crl);
    same_scope.push_back(crl);
  }
  return Combine(verified, *cas.front(), stable);
}

bool RevocationChecker::IsInDate(const IndexedCrl& crl, StableWindow* stable) const {
  const std::optional<UnixTime> next_update = crl.view.next_update();
  if (!next_update) return true;
  stable->Observe(*next_update, at_);
  return at_ <= *next_update;
}

// 6.3.3 (c): each complete CRL with its newest delta; what is left over can only revoke.
IssuerCrls RevocationChecker::Combine(const std::vector<const IndexedCrl*>& verified,
                                      const CaNode& issuer, StableWindow* stable) const {
  IssuerCrls selection;
  selection.issuer_ = issuer.subject;
  std::map<Scope, std::vector<const IndexedCrl*>> deltas;
  for (const IndexedCrl* crl : verified) {
    if (crl->view.is_delta()) deltas[ScopeOf(*crl)].push_back(crl);
  }
  std::set<const IndexedCrl*> used;
  for (const IndexedCrl* complete : verified) {
    if (complete->view.is_delta()) continue;
    IssuerCrls::Selected selected;
    selected.complete = complete;
    if (const auto found = deltas.find(ScopeOf(*complete)); found != deltas.end()) {
      selected.delta = NewestFor(*complete, found->second);
    }
    if (selected.delta != nullptr) {
      selected.delta_in_date = IsInDate(*selected.delta, stable);
      used.insert(selected.delta);
    }
    selected.in_date = IsInDate(*complete, stable) || selected.delta_in_date;
    selection.crls_.push_back(selected);
  }
  for (const IndexedCrl* delta : verified) {
    if (!delta->view.is_delta() || used.contains(delta)) continue;
    IssuerCrls::Selected selected;
    selected.delta = delta;
    selection.crls_.push_back(selected);
  }
  selection.all_cover_all_ = std::all_of(
      selection.crls_.begin(), selection.crls_.end(), [&](const IssuerCrls::Selected& crls) {
        return crls.scope().issuer == issuer.subject && CoversAllOfItsIssuer(crls.scope());
      });
  return selection;
}

// 6.3.3 (f), (g), (h): someone who may speak for the issuer signed the CRL.
bool RevocationChecker::IsWellSigned(const IndexedCrl& crl, std::span<const CaNodePtr> cas,
                                     StableWindow* stable) {
  for (const CaNodePtr& ca : cas) {
    if (ca->subject == crl.issuer && MaySignCrls(ca->view()) && SignedBy(crl, *ca)) return true;
  }
  if (set_.issuers == nullptr || !HasGoodAlgorithm(crl)) return false;
  const IndexedCrl::Signers& signers = crl.SignersAmong(*set_.issuers);
  for (const CaNodePtr& signer : signers.nodes) {
    if (Contains(cas, *signer) || !MaySignCrls(signer->view())) continue;
    if (crl.issuer == cas.front()->subject && !BelongsToIssuer(*signer, cas)) continue;
    if (IsAuthorized(*signer, cas, stable)) return true;
  }
  if (!signers.complete) exhausted_ = true;
  return false;
}

// A CRL issuer may speak of itself in an indirect CRL alone: those count only where the
// distribution points of its certificate, which its CA signed, name it (6.3.3 (b) (1)).
bool RevocationChecker::IsSignedClosely(const IndexedCrl& crl, const CaNode& issuer,
                                        const CaNode& crl_issuer) {
  if (crl.issuer == issuer.subject) return MaySignCrls(issuer.view()) && SignedBy(crl, issuer);
  return crl.issuer == crl_issuer.subject && MaySignCrls(crl_issuer.view()) &&
         SignedBy(crl, crl_issuer);
}

bool RevocationChecker::HasGoodAlgorithm(const IndexedCrl& crl) const {
  return crypto::CheckSignatureAlgorithm(crl.view.signature_algorithm(), options_.algorithms) ==
         RejectReason::kNone;
}

bool RevocationChecker::SignedBy(const IndexedCrl& crl, const CaNode& signer) {
  if (!signer.key || !HasGoodAlgorithm(crl)) return false;
  if (set_.issuers != nullptr) {
    const auto& known = crl.SignersAmong(*set_.issuers).nodes;
    if (std::any_of(known.begin(), known.end(),
                    [&](const CaNodePtr& node) { return node->IsTwinOf(signer); })) {
      return true;
    }
  }
  const std::pair question(&crl, signer.fingerprint);
  if (const auto known = signed_by_.find(question); known != signed_by_.end()) {
    return known->second;
  }
  const RejectReason answer = crypto::KnownAnswer(
      crypto::VerifySignature(*signer.key, crl.view.signature_algorithm(), crl.view.tbs(),
                              crl.view.signature(), options_.algorithms));
  return signed_by_[question] = answer == RejectReason::kNone;
}

// Not a link of the path, and asked about signers of CRLs only: outside the path's budget.
bool RevocationChecker::HasSigned(const CaNode& child, const CaNode& issuer) const {
  const ByteView child_key_id = child.view().authority_key_id();
  const ByteView issuer_key_id = issuer.view().subject_key_id();
  if (child.issuer != issuer.subject || !issuer.key) return false;
  if (!child_key_id.empty() && !issuer_key_id.empty() &&
      !base::Equal(child_key_id, issuer_key_id)) {
    return false;
  }
  return crypto::KnownAnswer(crypto::VerifySignature(
             *issuer.key, child.view().signature_algorithm(), child.view().tbs(),
             child.view().signature(), options_.algorithms)) == RejectReason::kNone;
}

// In the field, different CAs share names. Another key speaks for cas[0] where it is the same key
// in another certificate; where cas[0] itself vouches for it (key rollover, RFC 4210 4.4); or where
// it signs CRLs only and cas[0]'s own issuer certified it under that name.
bool RevocationChecker::BelongsToIssuer(const CaNode& signer,
                                        std::span<const CaNodePtr> cas) const {
  const CaNode& issuer = *cas.front();
  if (signer.IsTwinOf(issuer) || HasSigned(signer, issuer)) return true;
  return cas.size() > 1 && !MaySignCertificates(signer.view()) && HasSigned(signer, *cas[1]);
}

// 6.3.3 (f): "obtain and validate the certification path for the issuer of the complete CRL. The
// trust anchor for the certification path MUST be the same".
bool RevocationChecker::IsAuthorized(const CaNode& signer, std::span<const CaNodePtr> cas,
                                     StableWindow* stable) {
  const auto [it, is_new] = authorized_.try_emplace(signer.fingerprint, false);
  if (!is_new) return it->second;
  const PathSource on_path(cas);
  const graph::OverlaySource source(&on_path, set_.issuers);
  const PathBuilder builder(
      source, [&](const CaNode& ca) { return ca.fingerprint == cas.back()->fingerprint; }, links_,
      options_.budget);
  bool authorized = false;
  const BuildEnd end = builder.Build(
      signer.issuer, signer.view().authority_key_id(), [&](const CandidatePath& candidate) {
        authorized = candidate.reaches_anchor && IsValidPath(signer, candidate.cas, cas, stable);
        return authorized ? Visit::kStop : Visit::kContinue;
      });
  if (end == BuildEnd::kBudget) exhausted_ = true;
  return it->second = authorized;
}

bool RevocationChecker::IsValidPath(const CaNode& signer, const std::vector<CaNodePtr>& signer_cas,
                                    std::span<const CaNodePtr> cas, StableWindow* stable) {
  if (Contains(signer_cas, signer)) return false;
  const RejectReason reason = target_check_(signer_cas, signer.view(), stable);
  if (reason == RejectReason::kBudgetExhausted) exhausted_ = true;
  if (reason != RejectReason::kNone) return false;
  const std::span<const CaNodePtr> above(signer_cas);
  if (!IsNotRevoked(signer, above, stable)) return false;
  for (std::size_t i = 0; i + 1 < above.size(); ++i) {
    // Those on the path itself have been asked about already.
    if (Contains(cas, *above[i])) continue;
    if (!IsNotRevoked(*above[i], above.subspan(i + 1), stable)) return false;
  }
  return true;
}

bool RevocationChecker::IsNotRevoked(const CaNode& crl_issuer,
                                     std::span<const CaNodePtr> issuing_cas, StableWindow* stable) {
  const IssuerCrls crls = SelectFrom(issuing_cas, &crl_issuer, stable);
  switch (crls.StatusOf(crl_issuer.view()).status) {
    case RevocationStatus::kGood:
      return true;
    case RevocationStatus::kRevoked:
      return false;
    case RevocationStatus::kUnknown:
      return !options_.require_crl;
  }
  return false;
}

}  // namespace muster::path
