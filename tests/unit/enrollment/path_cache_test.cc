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
  std::shared_ptr<const IssuingPaths> PathsUntil(UnixTime until) {
    auto paths = std::make_shared<IssuingPaths>();
    paths->stable.until = until;
    return paths;
  }

  World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory", root_);
  Entity leaf_ = w_.Leaf("device", factory_);
  CertificateView view_ = leaf_.view();
  PathCache cache_;
};

TEST_F(PathCacheTest, FindsWhatWasInsertedForTheSamePresentation) {
  const PresentedChain chain = Presented(leaf_, {factory_});
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at()), nullptr);
  const auto paths = PathsUntil(UnixTime::max());
  cache_.Insert(PathKey(view_, chain), paths);
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at()), paths);

  const Entity sibling = w_.Leaf("sibling", factory_);
  const CertificateView sibling_view = sibling.view();
  EXPECT_EQ(cache_.Find(PathKey(sibling_view, Presented(sibling, {factory_})), w_.at()), paths);
}

TEST_F(PathCacheTest, AnyDifferenceIsAnotherKey) {
  cache_.Insert(PathKey(view_, Presented(leaf_, {factory_})), PathsUntil(UnixTime::max()));
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
  cache_.Insert(PathKey(view_, chain), PathsUntil(w_.at()));
  EXPECT_NE(cache_.Find(PathKey(view_, chain), w_.at()), nullptr);
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at() + 1s), nullptr);
  const auto later = PathsUntil(UnixTime::max());
  cache_.Insert(PathKey(view_, chain), later);
  EXPECT_EQ(cache_.Find(PathKey(view_, chain), w_.at() + 1s), later);
}

TEST_F(PathCacheTest, StrangersPushEachOtherOutAndWhatIsUsedStays) {
  const PresentedChain used = Presented(leaf_, {factory_});
  const auto paths = PathsUntil(UnixTime::max());
  cache_.Insert(PathKey(view_, used), paths);
  Bytes first_junk;
  for (std::size_t i = 0; i < 3 * PathCache::kEntriesMax; ++i) {
    Bytes junk(16);
    for (std::size_t b = 0; b < 4; ++b) junk[b] = static_cast<std::uint8_t>(i >> (8 * b));
    PresentedChain chain(leaf_.der());
    chain.AddUntrusted(junk);
    cache_.Insert(PathKey(view_, chain), PathsUntil(UnixTime::max()));
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
  const std::size_t count = 2 * PathCache::kOctetsMax / kCertificateSizeMax + 2;
  for (std::size_t i = 0; i < count; ++i) {
    Bytes each = large;
    each[0] = static_cast<std::uint8_t>(i);
    each[1] = static_cast<std::uint8_t>(i >> 8);
    PresentedChain chain(leaf_.der());
    chain.AddUntrusted(each);
    cache_.Insert(PathKey(view_, chain), PathsUntil(UnixTime::max()));
    if (i == 0) junk.push_back(each);
  }
  PresentedChain first(leaf_.der());
  first.AddUntrusted(junk.front());
  EXPECT_EQ(cache_.Find(PathKey(view_, first), w_.at()), nullptr);
}

}  // namespace
}  // namespace muster::enrollment
