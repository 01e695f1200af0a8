// PathCache: compiled paths by what a device presents, so that CA certificates are validated once
// and not once a device. Bounded: strangers cannot make it grow.
#ifndef MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_
#define MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "engine/enrollment/compiled_paths.h"

namespace muster::enrollment {

// Two generations of entries: when the young one is full it becomes the old one, and the former old
// one is dropped; a hit in the old one makes the entry young again. Thread-safe.
class PathCache {
 public:
  // `octets_max` bounds both generations together.
  explicit PathCache(std::size_t octets_max) : generation_octets_max_(octets_max / 2) {}

  // Null where nothing is stored for `key` that is stable at `at`.
  CompiledPathsPtr Find(const PathKey& key, UnixTime at);
  // paths->key is the key's.
  void Insert(const PathKey& key, CompiledPathsPtr paths);

  // How often the young generation became the old one.
  std::uint64_t turns() const { return turns_.load(std::memory_order_acquire); }

 private:
  using Map = std::unordered_multimap<std::uint64_t, CompiledPathsPtr>;
  static const CompiledPathsPtr* FindIn(const Map& map, const PathKey& key, std::uint64_t hash);
  void InsertLocked(const PathKey& key, std::uint64_t hash, CompiledPathsPtr paths);

  const std::size_t generation_octets_max_;
  std::shared_mutex mutex_;
  Map young_, old_;
  std::size_t young_octets_ = 0;
  std::atomic<std::uint64_t> turns_{0};
};

// One thread's look at a PathCache: what it found lately, found again without a lock or a count.
// Pointers that it hands out stay good until the next BeginBatch.
class RecentPaths {
 public:
  // `cache` must outlive this.
  explicit RecentPaths(PathCache* cache) : cache_(*cache), slots_(kSlots) {}

  void BeginBatch();
  // As PathCache::Find.
  const CompiledPaths* Find(const PathKey& key, UnixTime at);
  const CompiledPaths* Insert(const PathKey& key, CompiledPathsPtr paths);

 private:
  static constexpr std::size_t kSlots = 4'096;
  const CompiledPaths* Keep(std::size_t slot, CompiledPathsPtr paths);

  PathCache& cache_;
  std::vector<CompiledPathsPtr> slots_;      // By PathKey::QuickHash.
  std::vector<CompiledPathsPtr> displaced_;  // Still in use by the batch under way.
  std::uint64_t turns_ = 0;  // Of the cache: slots hold nothing much that it has dropped.
};

}  // namespace muster::enrollment

#endif  // MUSTER_ENGINE_ENROLLMENT_PATH_CACHE_H_
