#include "engine/findings/signature_nonce.h"

#include "engine/base/byte_view.h"
#include "engine/crypto/public_key.h"
#include "engine/crypto/signature_algorithm.h"
#include "engine/der/der_reader.h"
#include "engine/x509/name.h"

namespace muster::findings {
namespace {

// Digests of CA keys that are kept: 4 MiB. Then it begins anew.
constexpr std::size_t kKeysMax = 65'536;

// Old certificates tell of the nonces of their issuer as well as new ones.
constexpr AlgorithmPolicy kAnyAge{
    .allow_sha1 = true, .allow_irregular_serial = true, .rsa_bits_min = 1024};

// r of an Ecdsa-Sig-Value (RFC 3279 2.2.3); empty where the signature is none.
ByteView NonceOf(const CertificateView& view) {
  crypto::SignatureScheme scheme;
  if (crypto::ParseSignatureAlgorithm(view.signature_algorithm(), kAnyAge, &scheme) !=
          RejectReason::kNone ||
      scheme.kind != crypto::SignatureKind::kEcdsa) {
    return {};
  }
  der::DerReader reader(view.signature());
  der::DerReader inside;
  ByteView r;
  if (!reader.Enter(der::kSequence, &inside) || !inside.Read(der::kInteger, &r)) return {};
  return r;
}

Fingerprint Combine(const Fingerprint& key, ByteView r) {
  Bytes octets(key.bytes.begin(), key.bytes.end());
  octets.insert(octets.end(), r.begin(), r.end());
  return Fingerprint::Of(octets);
}

}  // namespace

std::optional<Fingerprint> SignatureNonces::KeyOfCa(const Fingerprint& ca,
                                                    const PresentedChain& chain) {
  if (const auto known = keys_.find(ca); known != keys_.end()) return known->second;
  std::optional<Fingerprint> key;
  if (const registry::HeldCa* held = snapshot_.FindCa(ca)) {
    key = Fingerprint::Of(held->node->view().spki());
  } else {
    for (const ByteView der : chain.untrusted()) {
      if (Fingerprint::Of(der) != ca) continue;
      if (const auto view = CertificateView::Parse(der)) key = Fingerprint::Of(view->spki());
    }
  }
  if (keys_.size() >= kKeysMax) keys_.clear();
  if (key) keys_.emplace(ca, *key);
  return key;
}

std::optional<Fingerprint> SignatureNonces::FindSigner(const CertificateView& view,
                                                       const PresentedChain& chain) {
  const auto signs = [&](const crypto::PublicKey& key) {
    if (checks_left_ == 0) return false;
    --checks_left_;
    return crypto::VerifySignature(key, view.signature_algorithm(), view.tbs(), view.signature(),
                                   kAnyAge) == RejectReason::kNone;
  };
  const std::optional<std::string> issuer = x509::CanonicalName(view.issuer());
  if (!issuer) return std::nullopt;
  std::vector<graph::CaNodePtr> issuers;
  snapshot_.issuers().FindIssuers(*issuer, view.authority_key_id(), &issuers);
  for (const graph::CaNodePtr& node : issuers) {
    if (node->key && signs(*node->key)) return Fingerprint::Of(node->view().spki());
  }
  for (const ByteView der : chain.untrusted()) {
    const auto ca = CertificateView::Parse(der);
    if (!ca || !x509::NamesMatch(ca->subject(), view.issuer())) continue;
    const auto key = crypto::PublicKey::Load(ca->spki(), kAnyAge);
    if (key && signs(*key)) return Fingerprint::Of(ca->spki());
  }
  return std::nullopt;
}

std::optional<Fingerprint> SignatureNonces::OfLeaf(const CertificateView& leaf,
                                                   const Verdict& verdict,
                                                   const PresentedChain& chain) {
  const ByteView r = NonceOf(leaf);
  if (r.empty()) return std::nullopt;
  std::optional<Fingerprint> key;
  // A pinned leaf is accepted without a path, and without a look at its signature.
  if (verdict.accepted() && !verdict.ca_path.view().empty()) {
    key = KeyOfCa(verdict.ca_path.view().front(), chain);
  } else if (verdict.reason != RejectReason::kBadSignature && checks_left_ != 0) {
    key = FindSigner(leaf, chain);
  }
  if (!key) return std::nullopt;
  return Combine(*key, r);
}

std::optional<Fingerprint> SignatureNonces::OfCa(const graph::CaNode& ca) {
  const ByteView r = NonceOf(ca.view());
  if (r.empty()) return std::nullopt;
  const auto key = FindSigner(ca.view(), PresentedChain());
  if (!key) return std::nullopt;
  return Combine(*key, r);
}

}  // namespace muster::findings
