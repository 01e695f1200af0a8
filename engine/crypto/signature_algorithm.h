// SignatureScheme: what an AlgorithmIdentifier of a signature stands for.
//
// Implements: RFC 4055 (RSA), RFC 5758 (ECDSA), RFC 8410 (Ed25519); strict about parameters.
#ifndef MUSTER_ENGINE_CRYPTO_SIGNATURE_ALGORITHM_H_
#define MUSTER_ENGINE_CRYPTO_SIGNATURE_ALGORITHM_H_

#include <cstdint>

#include "muster/bytes.h"
#include "muster/options.h"
#include "muster/reject_reason.h"

namespace muster::crypto {

enum class SignatureKind : std::uint8_t { kRsaPkcs1, kRsaPss, kEcdsa, kEd25519 };
enum class HashKind : std::uint8_t { kSha1, kSha256, kSha384, kSha512 };

// "SHA-256": also what Botan calls it.
const char* NameOf(HashKind hash);

struct SignatureScheme {
  SignatureKind kind = SignatureKind::kEcdsa;
  HashKind hash = HashKind::kSha256;  // Meaningless for Ed25519.
  std::uint32_t salt_len = 0;         // RSA-PSS only, in octets.

  friend bool operator==(const SignatureScheme&, const SignatureScheme&) = default;
};

// Longer salts do not fit an 8192-bit modulus and a hash of 256 bits (RFC 8017 9.1.1 step 3).
inline constexpr std::uint32_t kPssSaltLenMax = 1024 - 32 - 2;

// Reads a whole AlgorithmIdentifier SEQUENCE. kNone where it is accepted under `policy`; otherwise
// kWeakSignatureAlgorithm or kUnsupportedSignatureAlgorithm, and `out` is left alone.
RejectReason ParseSignatureAlgorithm(ByteView algorithm, const AlgorithmPolicy& policy,
                                     SignatureScheme* out);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_SIGNATURE_ALGORITHM_H_
