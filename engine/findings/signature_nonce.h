// SignatureNonces: which issuer's key made an ECDSA signature, and the r in it.
//
// Two different messages signed with one nonce have the same r (FIPS 186-5, 6.4.1), and give the
// private key away. Only signatures that verify count: anybody can copy an r into a certificate of
// their own.
#ifndef MUSTER_ENGINE_FINDINGS_SIGNATURE_NONCE_H_
#define MUSTER_ENGINE_FINDINGS_SIGNATURE_NONCE_H_

#include <cstddef>
#include <optional>
#include <unordered_map>

#include "engine/registry/snapshot.h"
#include "muster/certificate.h"
#include "muster/fingerprint.h"
#include "muster/verdict.h"

namespace muster::findings {

class SignatureNonces {
 public:
  SignatureNonces(const registry::CompiledSnapshot& snapshot, std::size_t checks_max)
      : snapshot_(snapshot), checks_left_(checks_max) {}

  // A digest of the issuer's key and of r; nothing where the signature is no ECDSA signature, or no
  // known issuer's. A verdict that accepts vouches for the signature, others are checked as long as
  // `checks_max` allows.
  std::optional<Fingerprint> OfLeaf(const CertificateView& leaf, const Verdict& verdict,
                                    const PresentedChain& chain);
  // The same of a registered CA's certificate.
  std::optional<Fingerprint> OfCa(const graph::CaNode& ca);

 private:
  // A digest of the key of a CA on a path.
  std::optional<Fingerprint> KeyOfCa(const Fingerprint& ca, const PresentedChain& chain);
  // Looks for the issuer whose key verifies the signature.
  std::optional<Fingerprint> FindSigner(const CertificateView& view, const PresentedChain& chain);

  const registry::CompiledSnapshot& snapshot_;
  std::size_t checks_left_;
  std::unordered_map<Fingerprint, Fingerprint> keys_;  // By CA; bounded.
};

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_SIGNATURE_NONCE_H_
