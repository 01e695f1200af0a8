// VerifyBatch: ECDSA signatures under prepared keys, many at once.
//
// Says `good` only where VerifySignature, the front door, would accept the signature for the same
// digest: the same strict DER, the same ranges. Where a kernel cannot tell (an addition of equal or
// opposite points, which nobody meets by chance) it says so instead of guessing.
#ifndef MUSTER_ENGINE_CRYPTO_BATCH_VERIFY_H_
#define MUSTER_ENGINE_CRYPTO_BATCH_VERIFY_H_

#include <memory>
#include <span>

#include "engine/crypto/prepared_key.h"
#include "muster/bytes.h"

namespace muster::crypto {

struct SignatureJob {
  const PreparedKey* key = nullptr;
  ByteView digest;     // Of the signed octets: the whole hash, whatever its length.
  ByteView signature;  // Ecdsa-Sig-Value in DER (RFC 3279 2.2.3).

  bool good = false;             // Out.
  bool needs_reference = false;  // Out: undecided, ask VerifySignature; then `good` is false.
};

// Memory that VerifyBatch works in. It grows to what the largest batch needs (about a megabyte for
// each curve) and is kept: later batches allocate nothing. Not thread-safe: one for each thread.
class VerifyScratch {
 public:
  VerifyScratch();
  ~VerifyScratch();
  VerifyScratch(VerifyScratch&&) noexcept;
  VerifyScratch& operator=(VerifyScratch&&) noexcept;

 private:
  friend void VerifyBatch(std::span<SignatureJob> jobs, VerifyScratch* scratch);
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

// Sets `good` and `needs_reference` of every job. Keys, curves and kernels may be mixed; each key
// is used with the kernel that it was prepared for, and jobs whose key was prepared for kReference,
// or that have none, come back as needs_reference. The more jobs the better: from about 512 on the
// cost of each is at its lowest. Throws std::bad_alloc when the scratch cannot grow.
void VerifyBatch(std::span<SignatureJob> jobs, VerifyScratch* scratch);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_BATCH_VERIFY_H_
