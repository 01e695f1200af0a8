// PreparedKey: an issuer's public key with the table that makes checking many of its signatures
// cheap.
//
// ECDSA on P-256 and P-384 only; other keys are checked one at a time by VerifySignature.
// Thread-safe: immutable once built; any number of threads may verify with one.
#ifndef MUSTER_ENGINE_CRYPTO_PREPARED_KEY_H_
#define MUSTER_ENGINE_CRYPTO_PREPARED_KEY_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <tl/expected.hpp>
#include <variant>
#include <vector>

#include "engine/crypto/kernel.h"
#include "engine/crypto/public_key.h"
#include "muster/bytes.h"
#include "muster/kernel.h"

namespace muster::crypto {

class PreparedKey {
 public:
  static bool IsSupported(KeyAlgorithm algorithm) {
    return algorithm == KeyAlgorithm::kP256 || algorithm == KeyAlgorithm::kP384;
  }

  // The window to build for an issuer whose key will check `leaves` signatures: wider windows mean
  // fewer additions for each and a larger table. 0: too few for any table to pay; with
  // avx512ifma a single one is enough.
  static int WindowFor(KeyAlgorithm algorithm, std::uint64_t leaves,
                       Kernel kernel = KernelInUse());

  // Octets of a table with that window; 0 for window 0 and for keys that are not supported.
  static std::size_t OctetsFor(KeyAlgorithm algorithm, int window);

  // Reads a whole SubjectPublicKeyInfo, checks it as PublicKey::Load does, and builds the table for
  // `kernel`, which must be supported; kReference has no table. `window` is 2 to 16.
  // kUnsupportedKeyAlgorithm for keys that IsSupported refuses, kInternalError when out of memory.
  static tl::expected<PreparedKey, KeyFailure> Build(ByteView spki, int window,
                                                     Kernel kernel = KernelInUse());

  // The same for many keys: result i is that of spkis[i]. Keys of one curve are built in eights
  // where the kernel has lanes, which costs less than half (kernels/README.md).
  static std::vector<tl::expected<PreparedKey, KeyFailure>> BuildMany(
      std::span<const ByteView> spkis, int window, Kernel kernel = KernelInUse());

  KeyAlgorithm algorithm() const { return algorithm_; }
  Kernel kernel() const { return kernel_; }
  int window() const { return window_; }
  std::size_t octets() const;

  // The table; null for another curve and for kReference.
  template <int kWords>
  const kernels::Table<kWords>* TableFor() const {
    const auto* owned = std::get_if<OwnedTable<kWords>>(&table_);
    return owned == nullptr ? nullptr : &owned->table;
  }

 private:
  class Builder;

  PreparedKey(KeyAlgorithm algorithm, Kernel kernel) : algorithm_(algorithm), kernel_(kernel) {}

  KeyAlgorithm algorithm_;
  Kernel kernel_;
  int window_ = 0;
  std::variant<std::monostate, OwnedTable<4>, OwnedTable<6>> table_;
};

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_PREPARED_KEY_H_
