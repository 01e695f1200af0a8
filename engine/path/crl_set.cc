#include "engine/path/crl_set.h"

#include <fmt/format.h>

#include <bit>
#include <functional>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/path/crl_index.h"
#include "engine/path/crl_scope.h"
#include "engine/x509/name.h"

namespace muster::path {
namespace {

// Certificates of one name that are tried for a CRL. In the field dozens share a name.
constexpr std::size_t kSignersMax = 256;

// Why a CRL must not be used although it parses; empty where it may be.
std::string_view WhyUnusable(const x509::CrlView& crl) {
  // RFC 5280 5.2, 5.3: a critical extension that is not processed.
  if (crl.has_unknown_critical_extension()) return "a critical extension is not understood";
  const auto& idp = crl.issuing_distribution_point();
  // RFC 5280 6.3.3 (b) (2) (iv).
  if (idp && idp->only_attribute_certs) return "it covers attribute certificates only";
  return {};
}

}  // namespace

bool RevokedIndex::Build(const x509::CrlView& crl, const std::string& crl_issuer) {
  issuers_ = {crl_issuer};
  ByteView last_issuer;  // Entries of one issuer follow one another.
  std::uint32_t last_index = 0;
  bool good = true;
  crl.ForEachRevoked([&](const x509::RevokedCertificate& revoked) {
    if (revoked.certificate_issuer.empty()) {
      last_issuer = {};
      last_index = 0;
    } else if (!base::Equal(revoked.certificate_issuer, last_issuer)) {
      std::optional<std::string> issuer = x509::CanonicalName(revoked.certificate_issuer);
      if (!issuer) return good = false;
      last_issuer = revoked.certificate_issuer;
      last_index = static_cast<std::uint32_t>(issuers_.size());
      issuers_.push_back(*std::move(issuer));
    }
    entries_.push_back({revoked.serial, last_index, kNone, revoked.reason});
    return true;
  });
  if (!good) return false;
  buckets_.assign(std::bit_ceil(entries_.size() + 1), kNone);
  for (std::uint32_t i = 0; i < entries_.size(); ++i) {
    std::uint32_t& head = buckets_[BucketOf(entries_[i].serial)];
    entries_[i].next = head;
    head = i;
  }
  return true;
}

std::size_t RevokedIndex::BucketOf(ByteView serial) const {
  return std::hash<std::string_view>{}(base::AsText(serial)) & (buckets_.size() - 1);
}

const RevokedIndex::Entry* RevokedIndex::Find(std::string_view issuer, ByteView serial) const {
  const Entry* found = nullptr;
  for (std::uint32_t i = buckets_[BucketOf(serial)]; i != kNone; i = entries_[i].next) {
    const Entry& entry = entries_[i];
    if (!base::Equal(entry.serial, serial) || issuers_[entry.issuer] != issuer) continue;
    if (entry.reason != kRemoveFromCrl) return &entry;
    found = &entry;
  }
  return found;
}

const IndexedCrl::Signers& IndexedCrl::SignersAmong(const graph::IssuerSource& issuers) const {
  std::call_once(signers_once_, [&] {
    signers_ = {};  // What a call that threw has left.
    AlgorithmPolicy any;
    any.allow_sha1 = true;
    const ByteView key_id = view.authority_key_id();
    std::vector<graph::CaNodePtr> found;
    issuers.FindIssuers(issuer, key_id, &found);
    std::size_t tried = 0;
    for (graph::CaNodePtr& node : found) {
      const ByteView subject_key_id = node->view().subject_key_id();
      // RFC 5280 5.2.1: the authority key identifier of a CRL tells its key.
      if (!key_id.empty() && !subject_key_id.empty() && !base::Equal(key_id, subject_key_id)) {
        continue;
      }
      if (++tried > kSignersMax) {
        signers_.complete = false;
        return;
      }
      // Where it cannot be found out, the CRL must not be overlooked: throws, to be asked again.
      if (node->key && crypto::KnownAnswer(crypto::VerifySignature(
                           *node->key, view.signature_algorithm(), view.tbs(), view.signature(),
                           any)) == RejectReason::kNone) {
        signers_.nodes.push_back(std::move(node));
      }
    }
  });
  return signers_;
}

CrlSet::CrlSet() : rep_(std::make_unique<const Rep>()) {}
CrlSet::~CrlSet() = default;
CrlSet::CrlSet(CrlSet&&) noexcept = default;
CrlSet& CrlSet::operator=(CrlSet&&) noexcept = default;

CrlSet::CrlSet(const std::vector<Bytes>& crls, const graph::IssuerSource* issuers,
               std::vector<Fault>* faults) {
  auto rep = std::make_unique<Rep>();
  rep->issuers = issuers;
  for (std::size_t i = 0; i < crls.size(); ++i) {
    const auto leave_out = [&](RejectReason reason, std::string_view what) {
      if (faults != nullptr) {
        faults->push_back({reason, -1, fmt::format("CRL {} is not used: {}", i + 1, what)});
      }
    };
    auto crl = std::make_unique<IndexedCrl>();
    crl->der = crls[i];
    ParseResult<x509::CrlView> view = x509::CrlView::Parse(crl->der);
    if (!view) {
      leave_out(view.error().reason,
                fmt::format("{} at offset {}", view.error().what, view.error().offset));
      continue;
    }
    crl->view = *view;
    if (const std::string_view why = WhyUnusable(crl->view); !why.empty()) {
      leave_out(RejectReason::kUnhandledCriticalExtension, why);
      continue;
    }
    std::optional<std::string> issuer = x509::CanonicalName(crl->view.issuer());
    if (!issuer || !crl->revoked.Build(crl->view, *issuer)) {
      leave_out(RejectReason::kMalformedName, "a name is malformed");
      continue;
    }
    crl->issuer = *std::move(issuer);
    crl->scope_names = ScopeNames(crl->view);
    rep->by_issuer[crl->issuer].push_back(crl.get());
    if (crl->is_indirect()) rep->indirect.push_back(crl.get());
    rep->crls.push_back(std::move(crl));
  }
  rep_ = std::move(rep);
}

bool CrlSet::empty() const { return rep_ == nullptr || rep_->crls.empty(); }

}  // namespace muster::path
