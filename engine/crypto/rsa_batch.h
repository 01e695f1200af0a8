// RSA signatures in bulk: RSASSA-PKCS1-v1_5 under prepared keys, eight signatures at a time.
//
// Implements: RFC 8017 8.2.2 and 9.2 for SHA-256, SHA-384 and SHA-512. The encoded message is
// built and compared whole; the form of DigestInfo without NULL parameters is refused, as
// VerifySignature refuses it. Public data only: nothing here is constant-time. Every kernel checks
// known answers at its first use; one that fails is never used again. What a kernel cannot judge
// (SHA-1, moduli of unusual sizes, a kernel that is not usable) is handed back as needs_reference:
// the caller asks VerifySignature. A kernel never says good where that would not. RSA.md in
// kernels/ derives the arithmetic.
#ifndef MUSTER_ENGINE_CRYPTO_RSA_BATCH_H_
#define MUSTER_ENGINE_CRYPTO_RSA_BATCH_H_

#include <cstdint>
#include <memory>
#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "engine/crypto/public_key.h"
#include "engine/crypto/signature_algorithm.h"
#include "muster/bytes.h"
#include "muster/kernel.h"
#include "muster/options.h"

namespace muster::crypto {

// Sizes of moduli, in bits, that the kernels take. Below, an encoded message may not fit; above,
// the kernels' numbers do not.
inline constexpr int kRsaBatchBitsMin = 1024;
inline constexpr int kRsaBatchBitsMax = 4158;

// A modulus with what Montgomery's multiplication wants. Immutable; threads may share it.
class PreparedRsaKey {
 public:
  // What PublicKey::Load would say; kUnsupportedKeyAlgorithm for keys of other kinds.
  static tl::expected<PreparedRsaKey, KeyFailure> Prepare(ByteView spki,
                                                          const AlgorithmPolicy& policy);

  int bits() const { return bits_; }
  // Octets of the modulus, without a leading zero.
  ByteView modulus() const { return modulus_; }
  std::uint64_t exponent() const { return exponent_; }
  // Whether a kernel can take it; otherwise every signature is left to the reference.
  bool has_kernel() const { return bits_ >= kRsaBatchBitsMin && bits_ <= kRsaBatchBitsMax; }

 private:
  friend class RsaBatch;
  // The modulus n in limbs of some width, and R^2 mod n and -1 / n for R the power of two above.
  struct Montgomery {
    std::vector<std::uint64_t> modulus;
    std::vector<std::uint64_t> r_squared;
    std::uint64_t minus_inverse = 0;
  };
  static Montgomery PrepareLimbs(ByteView modulus, int bits, int limb_bits);

  int bits_ = 0;
  std::uint64_t exponent_ = 0;
  Bytes modulus_;
  Montgomery lanes_;   // In limbs of 52 bits.
  Montgomery single_;  // In limbs of 60 bits.
};

struct RsaJob {
  const PreparedRsaKey* key = nullptr;
  ByteView digest;  // Of the signed message, by `hash`.
  HashKind hash = HashKind::kSha256;
  ByteView signature;
  // The verdict: the signature is good, or bad, or (with good = false) not judged.
  bool good = false;
  bool needs_reference = false;
};

// Working memory that outlives a batch: nothing is allocated once it has seen the largest batch.
class RsaScratch {
 public:
  RsaScratch();
  ~RsaScratch();
  RsaScratch(RsaScratch&&) noexcept;
  RsaScratch& operator=(RsaScratch&&) noexcept;

  struct Rep;
  Rep& rep() { return *rep_; }

 private:
  std::unique_ptr<Rep> rep_;
};

// Judges every job. Any order, sizes and keys; fastest where many have one size of modulus.
// kReference hands every job back. Where `kernel` is not usable, the portable one works. Throws
// std::bad_alloc. Thread-safe with one scratch object a thread.
void VerifyRsaBatch(std::span<RsaJob> jobs, Kernel kernel, RsaScratch& scratch);

// Whether this processor can run the kernel and its self-test passed. kReference: always.
bool IsRsaKernelUsable(Kernel kernel);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_RSA_BATCH_H_
