// PublicKey and VerifySignature: the one front door to signature checks.
//
// Botan is the reference for every check. Accepted: RSA PKCS#1 v1.5 and PSS, ECDSA on P-256, P-384
// and P-521, all with SHA-256, SHA-384 or SHA-512, and Ed25519. What is accepted is decided here,
// before Botan is asked: named curves only, points on the curve, odd RSA exponents above 1 and
// below 2^33, moduli up to 8192 bits. SHA-1 only where the policy allows it.
// Implements: RFC 3279 and 4055 (RSA), RFC 5480 and 5758 (ECDSA), RFC 8410 (Ed25519).
// Deviations: id-RSASSA-PSS keys, compressed points and PSS masks by another hash than the
// message's are refused.
// Thread-safe: a PublicKey is immutable; VerifySignature may run concurrently on one key.
#ifndef MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_
#define MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_

#include <memory>
#include <optional>
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

// A point on P-256 or P-384, or not on it, as two big-endian coordinates of full length.
struct CurvePoint {
  KeyAlgorithm algorithm = KeyAlgorithm::kP256;  // Or kP384.
  ByteView xy;                                   // 64 or 96 octets.
};

// Checks a leaf's key against the policy without keeping it: what PublicKey::Load would say,
// cheaper. Where `deferred` is not null and the key is on P-256 or P-384, whether its point lies on
// the curve is left to the caller, who finds the point there.
tl::expected<void, KeyFailure> CheckPublicKey(ByteView spki, const AlgorithmPolicy& policy,
                                              std::optional<CurvePoint>* deferred = nullptr);

// "P-256", "RSA-2048", ...; the OID of the curve or the algorithm in dotted form for unknown kinds;
// empty where malformed. Whether the key is accepted makes no difference.
std::string KeyTypeName(ByteView spki);

// kNone where `signature` over `message` verifies under `key`. `algorithm` is a whole
// AlgorithmIdentifier SEQUENCE. Otherwise what CheckSignatureAlgorithm says, or kBadSignature: also
// where the algorithm is of another kind than the key. kInternalError where memory ran out.
RejectReason VerifySignature(const PublicKey& key, ByteView algorithm, ByteView message,
                             ByteView signature, const AlgorithmPolicy& policy);
// `reason`, but throws std::runtime_error for kInternalError, which says nothing of the signature
// or the key. For answers that are remembered, and where "not signed" would let something through.
RejectReason KnownAnswer(RejectReason reason);

// The part of VerifySignature that needs no key: kNone, kWeakSignatureAlgorithm, or
// kUnsupportedSignatureAlgorithm (unknown, or parameters that are not as they should be).
RejectReason CheckSignatureAlgorithm(ByteView algorithm, const AlgorithmPolicy& policy);

// Fills `out` from the system's CSPRNG (Botan's system generator). Aborts where there is none.
void SystemRandom(std::span<std::uint8_t> out);

// Equal contents, in time that depends on the lengths only.
bool ConstantTimeEqual(ByteView a, ByteView b);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_PUBLIC_KEY_H_
