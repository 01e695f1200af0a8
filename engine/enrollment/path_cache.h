// PathCache: issuing paths by what a device presents, so that CA certificates are validated once
// and not once a device. Bounded: strangers cannot make it grow.
#ifndef MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_
#define MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_

#include <cstddef>
#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "engine/enrollment/issuing_paths.h"
#include "muster/certificate.h"

namespace muster::enrollment {

// What issuing paths depend on besides the snapshot: the leaf's issuer name, its authority key
// identifier, and the presented CA certificates, all octet for octet.
class PathKey {
 public:
  PathKey(const CertificateView& leaf, const PresentedChain& chain);
  std::size_t hash() const { return hash_; }

 private:
  friend class PathCache;
  bool Matches(const std::string& stored) const;
  std::string Store() const;

  const CertificateView& leaf_;
  const PresentedChain& chain_;
  std::size_t hash_;
};

// Two generations of entries: when the young one is full it becomes the old one, and the former old
// one is dropped; a hit in the old one makes the entry young again. Thread-safe.
class PathCache {
 public:
  static constexpr std::size_t kEntriesMax = 2'048;                 // Of a generation.
  static constexpr std::size_t kOctetsMax = std::size_t{32} << 20;  // Keys of a generation.

  // Null where nothing is stored for `key` that is stable at `at`.
  std::shared_ptr<const IssuingPaths> Find(const PathKey& key, UnixTime at);
  void Insert(const PathKey& key, std::shared_ptr<const IssuingPaths> paths);

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const IssuingPaths> paths;
  };
  using Map = std::unordered_multimap<std::size_t, Entry>;
  static const Entry* FindIn(const Map& map, const PathKey& key);
  void InsertLocked(const PathKey& key, std::shared_ptr<const IssuingPaths> paths);

  std::shared_mutex mutex_;
  Map young_, old_;
  std::size_t young_octets_ = 0;
};

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_
