// SubjectPublicKey: a SubjectPublicKeyInfo taken apart and judged, without building a key.
//
// Implements: RFC 3279 2.3.1 (RSA), RFC 5480 2 (elliptic curves), RFC 8410 3 and 4 (Ed25519).
// Deviations, all stricter: named curves and uncompressed points only; RSA parameters must be NULL.
#ifndef MUSTER_ENGINE_CRYPTO_SUBJECT_PUBLIC_KEY_H_
#define MUSTER_ENGINE_CRYPTO_SUBJECT_PUBLIC_KEY_H_

#include <optional>
#include <string>
#include <tl/expected.hpp>

#include "engine/crypto/public_key.h"
#include "muster/bytes.h"
#include "muster/options.h"

namespace muster::crypto {

// Larger moduli make a signature check cost more than a chain is worth.
inline constexpr int kRsaBitsMax = 8192;
// 65537 is what everybody uses; a few old keys have 3 or 17. 2^33 leaves room for odd choices and
// keeps a check cheap.
inline constexpr int kRsaExponentBitsMax = 33;

// Borrows the SubjectPublicKeyInfo.
struct SubjectPublicKey {
  KeyAlgorithm algorithm = KeyAlgorithm::kP256;
  int bits = 0;        // Modulus or field size.
  ByteView octets;     // EC: 04 X Y (RFC 5480 2.2). Ed25519: the 32 octets.
  ByteView modulus;    // RSA: magnitudes, big-endian, no leading zero.
  ByteView exponent;
};

// Reads a whole SubjectPublicKeyInfo SEQUENCE and checks it against the policy: everything but
// whether a point lies on its curve.
tl::expected<SubjectPublicKey, KeyFailure> ParseSubjectPublicKey(ByteView spki,
                                                                 const AlgorithmPolicy& policy);

// The parts of an RSA key, accepted or not: magnitudes as above.
struct RsaNumbers {
  ByteView modulus, exponent;
};
// Nothing where it is another kind of key, or not two positive integers (RFC 3279 2.3.1).
std::optional<RsaNumbers> ReadRsaNumbers(ByteView spki);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_SUBJECT_PUBLIC_KEY_H_
