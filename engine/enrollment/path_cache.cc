#include "engine/enrollment/path_cache.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace muster::enrollment {
namespace {

// Keys that share a hash. Chance has one; more are a stranger's work, who is to gain nothing.
constexpr std::ptrdiff_t kTwinsMax = 4;

}  // namespace

const CompiledPathsPtr* PathCache::FindIn(const Map& map, const PathKey& key,
                                          std::uint64_t hash) {
  const auto [begin, end] = map.equal_range(hash);
  for (auto it = begin; it != end; ++it) {
    if (key.Matches(it->second->key)) return &it->second;
  }
  return nullptr;
}

CompiledPathsPtr PathCache::Find(const PathKey& key, UnixTime at) {
  const std::uint64_t hash = key.Hash();
  {
    const std::shared_lock lock(mutex_);
    if (const CompiledPathsPtr* found = FindIn(young_, key, hash)) {
      return (*found)->paths.stable.Contains(at) ? *found : nullptr;
    }
    if (old_.empty()) return nullptr;
  }
  const std::unique_lock lock(mutex_);
  const CompiledPathsPtr* found = FindIn(old_, key, hash);
  if (found == nullptr || !(*found)->paths.stable.Contains(at)) return nullptr;
  CompiledPathsPtr paths = *found;
  InsertLocked(key, hash, paths);
  return paths;
}

void PathCache::Insert(const PathKey& key, CompiledPathsPtr paths) {
  const std::uint64_t hash = key.Hash();
  const std::unique_lock lock(mutex_);
  InsertLocked(key, hash, std::move(paths));
}

void PathCache::InsertLocked(const PathKey& key, std::uint64_t hash, CompiledPathsPtr paths) {
  if (young_octets_ + paths->octets > generation_octets_max_) {
    old_ = std::exchange(young_, {});
    young_octets_ = 0;
    turns_.fetch_add(1, std::memory_order_release);
  }
  const auto [begin, end] = young_.equal_range(hash);
  auto place = std::find_if(begin, end, [&](const auto& e) { return key.Matches(e.second->key); });
  if (place == end && std::distance(begin, end) >= kTwinsMax) place = begin;
  const std::size_t octets = paths->octets;
  if (place == end) {
    young_.emplace(hash, std::move(paths));
  } else {
    young_octets_ -= place->second->octets;
    place->second = std::move(paths);
  }
  young_octets_ += octets;
}

void RecentPaths::BeginBatch() {
  displaced_.clear();
  const std::uint64_t turns = cache_.turns();
  if (turns == turns_) return;
  turns_ = turns;
  std::fill(slots_.begin(), slots_.end(), nullptr);
}

const CompiledPaths* RecentPaths::Find(const PathKey& key, UnixTime at) {
  const std::size_t slot = key.QuickHash() % kSlots;
  const CompiledPaths* recent = slots_[slot].get();
  if (recent != nullptr && recent->paths.stable.Contains(at) && key.Matches(recent->key)) {
    return recent;
  }
  CompiledPathsPtr found = cache_.Find(key, at);
  return found == nullptr ? nullptr : Keep(slot, std::move(found));
}

const CompiledPaths* RecentPaths::Insert(const PathKey& key, CompiledPathsPtr paths) {
  cache_.Insert(key, paths);
  return Keep(key.QuickHash() % kSlots, std::move(paths));
}

const CompiledPaths* RecentPaths::Keep(std::size_t slot, CompiledPathsPtr paths) {
  // Before it is displaced: chains of the batch point at it.
  if (slots_[slot] != nullptr) displaced_.push_back(slots_[slot]);
  slots_[slot] = std::move(paths);
  return slots_[slot].get();
}

}  // namespace muster::enrollment
