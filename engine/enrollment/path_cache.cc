#include "engine/enrollment/path_cache.h"

#include <cstring>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

#include "engine/base/byte_view.h"

namespace muster::enrollment {
namespace {

// Calls `part` for each run of octets of the key, with its length first: concatenated, they
// identify the key.
template <typename Part>
void ForEachPart(const CertificateView& leaf, const PresentedChain& chain, const Part& part) {
  part(leaf.issuer());
  part(leaf.authority_key_id());
  for (const ByteView untrusted : chain.untrusted()) part(untrusted);
}

std::size_t PartSize(ByteView part) { return sizeof(std::size_t) + part.size(); }

}  // namespace

PathKey::PathKey(const CertificateView& leaf, const PresentedChain& chain)
    : leaf_(leaf), chain_(chain), hash_(0) {
  ForEachPart(leaf_, chain_, [this](ByteView part) {
    const std::size_t h = std::hash<std::string_view>{}(base::AsText(part));
    hash_ = (hash_ ^ h) * 0x9e3779b97f4a7c15u;
  });
}

bool PathKey::Matches(const std::string& stored) const {
  const char* at = stored.data();
  std::size_t left = stored.size();
  bool equal = true;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    const std::size_t size = part.size();
    equal = equal && PartSize(part) <= left && std::memcmp(at, &size, sizeof size) == 0 &&
            (size == 0 || std::memcmp(at + sizeof size, part.data(), size) == 0);
    if (!equal) return;
    at += PartSize(part);
    left -= PartSize(part);
  });
  return equal && left == 0;
}

std::string PathKey::Store() const {
  std::string stored;
  ForEachPart(leaf_, chain_, [&](ByteView part) {
    const std::size_t size = part.size();
    stored.append(reinterpret_cast<const char*>(&size), sizeof size);
    stored.append(base::AsText(part));
  });
  return stored;
}

const PathCache::Entry* PathCache::FindIn(const Map& map, const PathKey& key) {
  const auto [begin, end] = map.equal_range(key.hash());
  for (auto it = begin; it != end; ++it) {
    if (key.Matches(it->second.key)) return &it->second;
  }
  return nullptr;
}

std::shared_ptr<const IssuingPaths> PathCache::Find(const PathKey& key, UnixTime at) {
  {
    const std::shared_lock lock(mutex_);
    if (const Entry* entry = FindIn(young_, key)) {
      return entry->paths->stable.Contains(at) ? entry->paths : nullptr;
    }
    if (old_.empty()) return nullptr;
  }
  const std::unique_lock lock(mutex_);
  const Entry* entry = FindIn(old_, key);
  if (entry == nullptr || !entry->paths->stable.Contains(at)) return nullptr;
  std::shared_ptr<const IssuingPaths> paths = entry->paths;
  InsertLocked(key, paths);
  return paths;
}

void PathCache::Insert(const PathKey& key, std::shared_ptr<const IssuingPaths> paths) {
  const std::unique_lock lock(mutex_);
  InsertLocked(key, std::move(paths));
}

void PathCache::InsertLocked(const PathKey& key, std::shared_ptr<const IssuingPaths> paths) {
  const auto [begin, end] = young_.equal_range(key.hash());
  for (auto it = begin; it != end; ++it) {
    if (!key.Matches(it->second.key)) continue;
    it->second.paths = std::move(paths);
    return;
  }
  Entry entry{key.Store(), std::move(paths)};
  if (young_.size() >= kEntriesMax || young_octets_ + entry.key.size() > kOctetsMax) {
    old_ = std::exchange(young_, {});
    young_octets_ = 0;
  }
  young_octets_ += entry.key.size();
  young_.emplace(key.hash(), std::move(entry));
}

}  // namespace muster::enrollment
