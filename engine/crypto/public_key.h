// PublicKey and VerifySignature: the one front door to signature checks.
//
// Botan is the reference for every check. Accepted: RSA PKCS#1 v1.5 and PSS with SHA-2, ECDSA on
// P-256, P-384 and P-521 with SHA-2, Ed25519. What is accepted is decided here, before Botan is asked:
// named curves only, points on the curve, odd exponents above 1, NULL parameters where RFC 4055 wants
// them. SHA-1 only where the policy allows it.
// Thread-safe: a PublicKey is immutable; VerifySignature may run concurrently on one key.
#ifndef MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_
#define MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_

#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "muster/bytes.h"
#include "muster/options.h"
#include "muster/reject_reason.h"

namespace muster::crypto {

enum class KeyAlgorithm : std::uint8_t { kRsa, kP256, kP384, kP521, kEd25519 };

// A key that is not accepted: the reason (2xx) and a static phrase.
struct KeyFailure {
  RejectReason reason = RejectReason::kMalformedKey;
  std::string_view what;
};

class PublicKey {
 public:
  // Reads a whole SubjectPublicKeyInfo SEQUENCE and checks it against the policy.
  static tl::expected<PublicKey, KeyFailure> Load(ByteView spki, const AlgorithmPolicy& policy);

  KeyAlgorithm algorithm() const;
  int bits() const;                  // Modulus or field size.
  std::string DisplayName() const;   // "P-256", "RSA-2048", "Ed25519".

 private:
  friend RejectReason VerifySignature(const PublicKey&, ByteView, ByteView, ByteView,
                                      const AlgorithmPolicy&);
  struct Rep;
  explicit PublicKey(std::shared_ptr<const Rep> rep) : rep_(std::move(rep)) {}
  std::shared_ptr<const Rep> rep_;
};

// Checks a leaf's key against the policy without keeping it: what PublicKey::Load would say, cheaper.
tl::expected<void, KeyFailure> CheckPublicKey(ByteView spki, const AlgorithmPolicy& policy);

// "P-256", "RSA-2048", ...; the OID in dotted form for unknown kinds; empty where malformed.
std::string KeyTypeName(ByteView spki);

// kNone where `signature` over `message` verifies under `key`. `algorithm` is a whole
// AlgorithmIdentifier SEQUENCE. Otherwise kWeakSignatureAlgorithm, kUnsupportedSignatureAlgorithm
// (unknown, malformed parameters, or of another kind than the key: kBadSignature) or kBadSignature.
RejectReason VerifySignature(const PublicKey& key, ByteView algorithm, ByteView message,
                             ByteView signature, const AlgorithmPolicy& policy);

// The part of VerifySignature that needs no key: is `algorithm` acceptable at all?
RejectReason CheckSignatureAlgorithm(ByteView algorithm, const AlgorithmPolicy& policy);

// Fills `out` from the system's CSPRNG (Botan's system generator).
void SystemRandom(std::span<std::uint8_t> out);

// Equal contents, in time that depends on the lengths only.
bool ConstantTimeEqual(ByteView a, ByteView b);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_
