#include "engine/enrollment/path_cache.h"

#include <gtest/gtest.h>

#include "tests/support/test_world.h"

namespace muster::enrollment {
namespace {

using namespace std::chrono_literals;
using test::Entity;
using test::Presented;
using test::World;

class PathCacheTest : public testing::Test {
 protected:
  static constexpr std::size_t kOctetsMax = std::size_t{1} << 20;
  static constexpr std::size_t kEntryOctets = 1'024;

  CompiledPathsPtr PathsUntil(UnixTime until, const PathKey& key) {
    auto compiled = std::make_shared<CompiledPaths>();
    compiled->key = key.Store();
    compiled->paths.stable.until = until;
    compiled->octets = kEntryOctets + compiled->key.size();
    return compiled;
  }
  CompiledPathsPtr Insert(const PathKey& key, UnixTime until = UnixTime::max()) {
    auto compiled = PathsUntil(until, key);
    cache_.Insert(key, compiled);
    return compiled;
  }

  World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device", factory_);
  CertificateView view_ = leaf_.view();
  PathCache cache_{kOctetsMax};
};

TEST_F(PathCacheTest, FindsWhatWasInsertedForTheSamePresentation) {
  const PresentedChain chain = Presented(leaf_, {factory_});
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at()), nullptr);
  const auto paths = Insert(PathKey(view_, chain));
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at()), paths);

  const Entity sibling = w_.Leaf("sibling", factory_);
  const CertificateView sibling_view = sibling.view();
  EXPECT_EQ(cache_.Find(PathKey(sibling_view, Presented(sibling, {factory_})), w_.at()), paths);
}

TEST_F(PathCacheTest, AnyDifferenceIsAnotherKey) {
  Insert(PathKey(view_, Presented(leaf_, {factory_})));
  EXPECT_EQ(cache_.Find(PathKey(view_, Presented(leaf_)), w_.at()), nullptr);
  EXPECT_EQ(cache_.Find(PathKey(view_, Presented(leaf_, {factory_, root_})), w_.at()), nullptr);
  EXPECT_EQ(cache_.Find(PathKey(view_, Presented(leaf_, {root_})), w_.at()), nullptr);
  // The same octets cut differently are another chain.
  const Bytes der = factory_.bytes();
  PresentedChain cut(leaf_.der());
  cut.AddUntrusted(ByteView(der).first(10));
  cut.AddUntrusted(ByteView(der).subspan(10));
  EXPECT_EQ(cache_.Find(PathKey(view_, cut), w_.at()), nullptr);
  const Entity other = w_.Leaf("device", root_);
  const CertificateView other_view = other.view();
  EXPECT_EQ(cache_.Find(PathKey(other_view, Presented(other, {factory_})), w_.at()), nullptr);
}

TEST_F(PathCacheTest, OutsideItsStableWindowAnEntryIsNotFound) {
  const PresentedChain chain = Presented(leaf_, {factory_});
  Insert(PathKey(view_, chain), w_.at());
  EXPECT_NE(cache_.Find(PathKey(view_, chain), w_.at()), nullptr);
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at() + 1s), nullptr);
  const auto later = Insert(PathKey(view_, chain));
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at() + 1s), later);
}

TEST_F(PathCacheTest, StrangersPushEachOtherOutAndWhatIsUsedStays) {
  const PresentedChain used = Presented(leaf_, {factory_});
  const auto paths = Insert(PathKey(view_, used));
  Bytes first_junk;
  for (std::size_t i = 0; i < 3 * kOctetsMax / kEntryOctets; ++i) {
    Bytes junk(16);
    for (std::size_t b = 0; b < 4; ++b) junk[b] = static_cast<std::uint8_t>(i >> (8 * b));
    PresentedChain chain(leaf_.der());
    chain.AddUntrusted(junk);
    Insert(PathKey(view_, chain));
    if (i == 0) first_junk = junk;
    if (i % 100 == 0) {
      ASSERT_EQ(cache_.Find(PathKey(view_, used), w_.at()), paths) << i;
    }
  }
  PresentedChain chain(leaf_.der());
  chain.AddUntrusted(first_junk);
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at()), nullptr);
}

TEST_F(PathCacheTest, LargeKeysAreBoundedByOctets) {
  const Bytes large(kCertificateSizeMax, 0x30);
  std::vector<Bytes> junk;
  const std::size_t count = kOctetsMax / kCertificateSizeMax + 2;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes each = large;
    each[0] = static_cast<std::uint8_t>(i);
    each[1] = static_cast<std::uint8_t>(i >> 8);
    PresentedChain chain(leaf_.der());
    chain.AddUntrusted(each);
    Insert(PathKey(view_, chain));
    if (i == 0) junk.push_back(each);
  }
  PresentedChain first(leaf_.der());
  first.AddUntrusted(junk.front());
  EXPECT_EQ(cache_.Find(PathKey(view_, first), w_.at()), nullptr);
}

TEST_F(PathCacheTest, RecentPathsAgreeWithTheCache) {
  RecentPaths recent(&cache_);
  recent.BeginBatch();
  const PresentedChain chain = Presented(leaf_, {factory_});
  const PathKey key(view_, chain);
  EXPECT_EQ(recent.Find(key, w_.at()), nullptr);
  const auto paths = Insert(key, w_.at());
  EXPECT_EQ(recent.Find(key, w_.at()), paths.get());
  EXPECT_EQ(recent.Find(key, w_.at()), paths.get()) << "without the cache";
  EXPECT_EQ(recent.Find(key, w_.at() + 1s), nullptr) << "not stable then";
  EXPECT_EQ(recent.Find(PathKey(view_, Presented(leaf_)), w_.at()), nullptr);
  const auto later = PathsUntil(UnixTime::max(), key);
  EXPECT_EQ(recent.Insert(key, later), later.get());
  EXPECT_EQ(recent.Find(key, w_.at() + 1s), later.get());
  EXPECT_EQ(cache_.Find(key, w_.at() + 1s), later);
}

TEST_F(PathCacheTest, RecentPathsKeepWhatABatchUsesAndForgetWithTheCache) {
  RecentPaths recent(&cache_);
  recent.BeginBatch();
  const PresentedChain used = Presented(leaf_, {factory_});
  const PathKey key(view_, used);
  std::weak_ptr<const CompiledPaths> watched = Insert(key);
  const CompiledPaths* found = recent.Find(key, w_.at());
  ASSERT_NE(found, nullptr);
  // Two turns of the cache: it has forgotten the entry, this batch has not.
  for (std::size_t i = 0; cache_.turns() < 2; ++i) {
    Bytes junk(16);
    for (std::size_t b = 0; b < 4; ++b) junk[b] = static_cast<std::uint8_t>(i >> (8 * b));
    PresentedChain chain(leaf_.der());
    chain.AddUntrusted(junk);
    const PathKey junk_key(view_, chain);
    Insert(junk_key);
    recent.Find(junk_key, w_.at());
  }
  ASSERT_FALSE(watched.expired());
  EXPECT_TRUE(key.Matches(found->key));
  recent.BeginBatch();
  EXPECT_TRUE(watched.expired());
  EXPECT_EQ(recent.Find(key, w_.at()), nullptr);
}

TEST_F(PathCacheTest, KeysOfAnotherSetNeverMatch) {
  const PresentedChain chain = Presented(leaf_, {factory_});
  const PathKey key(view_, chain);
  const std::string stored = key.Store();
  EXPECT_TRUE(key.Matches(stored));
  EXPECT_FALSE(key.Matches(stored.substr(0, stored.size() - 1)));
  EXPECT_FALSE(key.Matches(stored + '\0'));
  for (std::size_t i = 0; i < stored.size(); ++i) {
    std::string changed = stored;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(key.Matches(changed)) << i;
  }
}

}  // namespace
}  // namespace muster::enrollment
