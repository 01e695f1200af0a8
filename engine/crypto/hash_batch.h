// HashBatch: the digests of many short messages, in lanes.
//
// Implements: FIPS 180-4 (SHA-256, SHA-384, SHA-512); SHA-1 is left to Botan. Public data only:
// the time depends on lengths. HASH.md in kernels/ says which engine is taken where, and why.
// Every engine of ours hashes known messages at its first use, beside Botan; one that fails is
// never used again. Engines that the processor cannot run are replaced by Botan, so any choice is
// safe. Thread-safe with one scratch object a thread.
#ifndef MUSTER_ENGINE_CRYPTO_HASH_BATCH_H_
#define MUSTER_ENGINE_CRYPTO_HASH_BATCH_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/crypto/signature_algorithm.h"
#include "muster/bytes.h"
#include "muster/kernel.h"

namespace muster::crypto {

inline constexpr std::size_t kDigestSizeMax = 64;

// 20, 32, 48 or 64 octets.
std::size_t DigestSize(HashKind hash);

struct HashJob {
  ByteView message;
  std::uint8_t* digest = nullptr;  // DigestSize(hash) octets are written here.
};

// Working memory that outlives a batch: nothing is allocated once it has seen the largest batch.
class HashScratch {
 public:
  HashScratch();
  ~HashScratch();
  HashScratch(HashScratch&&) noexcept;
  HashScratch& operator=(HashScratch&&) noexcept;

  struct Rep;
  Rep& rep() { return *rep_; }

 private:
  std::unique_ptr<Rep> rep_;
};

// Writes the digest of every job's message; their order and lengths are free. Throws
// std::bad_alloc.
void HashBatch(HashKind hash, std::span<HashJob> jobs, Kernel kernel, HashScratch& scratch);

// One way of hashing.
enum class HashEngine : std::uint8_t {
  kBotan,
  kShaNi,   // SHA-256 by the processor's instructions, two messages in turn.
  kAvx512,  // SHA-384 and SHA-512 of eight messages at once.
};

// Whether this processor has the instructions and the self-test passed. kBotan: always.
bool IsUsable(HashEngine engine, HashKind hash);

// The engine that HashBatch takes.
HashEngine ChooseHashEngine(HashKind hash, Kernel kernel);

// HashBatch by a named engine, for tests and benches; kBotan where it is not usable.
void HashBatchWith(HashKind hash, std::span<HashJob> jobs, HashEngine engine, HashScratch& scratch);

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_HASH_BATCH_H_
