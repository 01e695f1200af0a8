// CompiledPaths: what every leaf of one issuer, presented with one set of CA certificates, has in
// common: decided once, so that a device costs a parse, a hash, a signature and a few compares.
#ifndef MUSTER_ENGINE_ENROLLMENT_COMPILED_PATHS_H_
#define MUSTER_ENGINE_ENROLLMENT_COMPILED_PATHS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/crypto/issuer_key.h"
#include "engine/enrollment/decide.h"
#include "engine/enrollment/issuing_paths.h"
#include "muster/certificate.h"

namespace muster::enrollment {

// What issuing paths depend on besides the snapshot: the leaf's issuer name, its authority key
// identifier, and the presented CA certificates, all octet for octet. Borrows leaf and chain.
class PathKey {
 public:
  PathKey(const CertificateView& leaf, const PresentedChain& chain) : leaf_(leaf), chain_(chain) {}

  std::uint64_t Hash() const;
  // Of a few octets only. Strangers can make it collide: for tables where that costs nothing much.
  std::uint64_t QuickHash() const;
  bool Matches(const std::string& stored) const;
  std::string Store() const;

 private:
  const CertificateView& leaf_;
  const PresentedChain& chain_;
};

// Immutable once it is shared.
struct CompiledPaths {
  CompiledPaths() = default;
  CompiledPaths(const CompiledPaths&) = delete;  // `plain` points into `paths`.
  CompiledPaths& operator=(const CompiledPaths&) = delete;

  std::string key;  // PathKey::Store.
  IssuingPaths paths;
  std::optional<PlainAccept> plain;
  // The key of paths.valid[i]'s issuer, for checking many signatures.
  std::vector<std::shared_ptr<crypto::IssuerKey>> issuer_keys;
  std::size_t octets = 0;  // About what all this takes in memory.
};

using CompiledPathsPtr = std::shared_ptr<const CompiledPaths>;

// Completes `paths`, which was compiled for `key` under `context`.
CompiledPathsPtr Compile(const DecisionContext& context, const PathKey& key, IssuingPaths paths,
                         crypto::IssuerKeyPool* pool);

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_COMPILED_PATHS_H_
