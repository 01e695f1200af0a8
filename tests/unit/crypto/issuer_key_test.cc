#include "engine/crypto/issuer_key.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "muster/development_pki.h"
#include "tests/support/test_world.h"

namespace muster::crypto {
namespace {

constexpr std::size_t kPlenty = std::size_t{1} << 30;

class IssuerKeyPoolTest : public testing::Test {
 protected:
  using KeyPtr = std::shared_ptr<IssuerKey>;

  Bytes Spki(KeyKind kind, int number) const {
    return test::Must(DevelopmentKey::Derive(kind, "issuer-key", std::to_string(number))).spki();
  }
  KeyPtr Key(IssuerKeyPool* pool, int number, KeyKind kind = KeyKind::kP256) const {
    const Bytes spki = Spki(kind, number);
    return pool->Intern(spki, PublicKey::Load(spki, AlgorithmPolicy{}).value());
  }
  // What the pool gives for one key alone.
  std::shared_ptr<const PreparedIssuer> Prepare(IssuerKeyPool* pool, const KeyPtr& key,
                                                std::uint64_t leaves) const {
    IssuerKeyPool::Need need{&key, leaves};
    pool->Prepare({&need, 1});
    return need.prepared;
  }
  static int WindowOf(const std::shared_ptr<const PreparedIssuer>& prepared) {
    return prepared == nullptr ? 0 : std::get<PreparedKey>(*prepared).window();
  }

  // Tables pay from the fourth leaf on, and it runs anywhere.
  static constexpr Kernel kKernel = Kernel::kPortable;
  static std::size_t Octets(int window) {
    return PreparedKey::OctetsFor(KeyAlgorithm::kP256, window);
  }
};

TEST_F(IssuerKeyPoolTest, OneKeyIsOneObject) {
  IssuerKeyPool pool(kKernel, kPlenty);
  const KeyPtr first = Key(&pool, 1);
  EXPECT_EQ(Key(&pool, 1), first);
  EXPECT_NE(Key(&pool, 2), first);
  // More than the pool keeps without looking for those that nobody holds.
  for (int i = 0; i < 30; ++i) Key(&pool, i);
  EXPECT_EQ(Key(&pool, 1), first);
}

TEST_F(IssuerKeyPoolTest, TablesComeAndWidenWithTheLeaves) {
  IssuerKeyPool pool(kKernel, kPlenty);
  const KeyPtr key = Key(&pool, 1);
  EXPECT_EQ(Prepare(&pool, key, 3), nullptr) << "three leaves do not pay";
  EXPECT_EQ(pool.octets(), 0U);
  const auto narrow = Prepare(&pool, key, 1);
  EXPECT_EQ(WindowOf(narrow), 4) << "four do, though they came in two batches";
  EXPECT_EQ(pool.octets(), Octets(4));
  EXPECT_EQ(Prepare(&pool, key, 1), narrow) << "and the table stays";
  EXPECT_EQ(WindowOf(Prepare(&pool, key, 400)), 8);
  EXPECT_EQ(pool.octets(), Octets(8)) << "the narrow one is given back";
}

TEST_F(IssuerKeyPoolTest, OtherKeysAreLeftToTheReference) {
  IssuerKeyPool pool(kKernel, kPlenty);
  for (const KeyKind kind : {KeyKind::kP521, KeyKind::kEd25519}) {
    EXPECT_EQ(Prepare(&pool, Key(&pool, 1, kind), 1'000), nullptr) << NameOf(kind);
  }
  IssuerKeyPool reference(Kernel::kReference, kPlenty);
  EXPECT_EQ(Prepare(&reference, Key(&reference, 1), 1'000), nullptr);
}

TEST_F(IssuerKeyPoolTest, RsaKeysArePreparedOnce) {
  IssuerKeyPool pool(kKernel, kPlenty);
  const KeyPtr key = Key(&pool, 1, KeyKind::kRsa2048);
  EXPECT_EQ(Prepare(&pool, key, 1), nullptr);
  const auto prepared = Prepare(&pool, key, 1);
  ASSERT_NE(prepared, nullptr);
  EXPECT_EQ(std::get<PreparedRsaKey>(*prepared).bits(), 2048);
  EXPECT_EQ(Prepare(&pool, key, 1'000), prepared);
  EXPECT_GT(pool.octets(), 0U);
}

TEST_F(IssuerKeyPoolTest, ManyAtOnceAreEachTheirOwn) {
  IssuerKeyPool pool(SupportedKernels().back(), kPlenty);
  std::vector<KeyPtr> keys;
  for (int i = 0; i < 11; ++i) keys.push_back(Key(&pool, i));
  keys.push_back(Key(&pool, 1, KeyKind::kP384));
  keys.push_back(Key(&pool, 1, KeyKind::kP521));
  std::vector<IssuerKeyPool::Need> needs;
  for (std::size_t i = 0; i < keys.size(); ++i) needs.push_back({&keys[i], 10 + 40 * (i % 3)});
  pool.Prepare(needs);
  EXPECT_EQ(needs.back().prepared, nullptr);
  for (std::size_t i = 0; i + 1 < keys.size(); ++i) {
    ASSERT_NE(needs[i].prepared, nullptr) << i;
    const auto& key = std::get<PreparedKey>(*needs[i].prepared);
    EXPECT_EQ(key.algorithm(), keys[i]->reference().algorithm());
    EXPECT_EQ(key.window(),
              PreparedKey::WindowFor(key.algorithm(), needs[i].leaves, pool.kernel()));
    for (std::size_t j = 0; j < i; ++j) EXPECT_NE(needs[i].prepared, needs[j].prepared);
  }
}

TEST_F(IssuerKeyPoolTest, TheBudgetHoldsAndWhatIsNotUsedGoes) {
  const std::size_t kTables = 10;
  IssuerKeyPool pool(kKernel, kTables * Octets(4));
  std::vector<KeyPtr> keys;
  std::vector<std::weak_ptr<const PreparedIssuer>> tables;
  for (int i = 0; i < 40; ++i) {
    keys.push_back(Key(&pool, i));
    tables.push_back(Prepare(&pool, keys.back(), 10));
    EXPECT_LE(pool.octets(), kTables * Octets(4));
    // One is in use all the time.
    EXPECT_NE(Prepare(&pool, keys.front(), 0), nullptr) << i;
  }
  EXPECT_EQ(pool.octets(), kTables * Octets(4));
  EXPECT_FALSE(tables.front().expired());
  EXPECT_FALSE(tables.back().expired());
  EXPECT_EQ(std::count_if(tables.begin(), tables.end(),
                          [](const auto& table) { return !table.expired(); }),
            static_cast<std::ptrdiff_t>(kTables));
  // Who lost its table starts anew.
  const auto lost = std::find_if(tables.begin(), tables.end(),
                                 [](const auto& table) { return table.expired(); });
  ASSERT_NE(lost, tables.end());
  const KeyPtr& key = keys[static_cast<std::size_t>(lost - tables.begin())];
  EXPECT_EQ(Prepare(&pool, key, 3), nullptr);
  EXPECT_EQ(WindowOf(Prepare(&pool, key, 1)), 4);
}

TEST_F(IssuerKeyPoolTest, ATableInUseOutlivesItsPlace) {
  IssuerKeyPool pool(kKernel, 8 * Octets(4));
  const KeyPtr key = Key(&pool, 0);
  const auto held = Prepare(&pool, key, 10);
  for (int i = 1; i < 30; ++i) Prepare(&pool, Key(&pool, i), 10);
  EXPECT_EQ(WindowOf(held), 4);
  EXPECT_EQ(held.use_count(), 1) << "nobody else holds it: the pool has dropped it";
}

// A key takes an eighth of the budget at most, and the widest window that fits.
TEST_F(IssuerKeyPoolTest, WherePlaceIsShortTablesAreNarrower) {
  IssuerKeyPool pool(kKernel, 8 * Octets(6));
  const KeyPtr key = Key(&pool, 1);
  EXPECT_EQ(WindowOf(Prepare(&pool, key, 10'000)), 6);
  EXPECT_EQ(pool.octets(), Octets(6));
  EXPECT_EQ(WindowOf(Prepare(&pool, key, 10'000)), 6);
  EXPECT_EQ(pool.octets(), Octets(6)) << "asked for in vain again";
}

TEST_F(IssuerKeyPoolTest, WithoutAnyPlaceTablesAreUsedOnce) {
  IssuerKeyPool pool(kKernel, 0);
  const KeyPtr key = Key(&pool, 1);
  EXPECT_EQ(Prepare(&pool, key, 3), nullptr);
  EXPECT_EQ(Prepare(&pool, key, 3), nullptr) << "three in hand do not pay, whatever came before";
  const auto once = Prepare(&pool, key, 100);
  EXPECT_EQ(WindowOf(once), 6);
  EXPECT_EQ(once.use_count(), 1);
  EXPECT_NE(Prepare(&pool, key, 100), once);
  EXPECT_EQ(pool.octets(), 0U);
}

TEST_F(IssuerKeyPoolTest, ThreadsShareTables) {
  IssuerKeyPool pool(kKernel, kPlenty);
  std::vector<KeyPtr> keys;
  for (int i = 0; i < 4; ++i) keys.push_back(Key(&pool, i));
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&] {
        for (int round = 0; round < 20; ++round) {
          for (const KeyPtr& key : keys) Prepare(&pool, key, 5);
        }
      });
    }
  }
  // 8 threads, 20 rounds, 5 leaves: 800 under each key, the last of which saw them all.
  for (const KeyPtr& key : keys) EXPECT_EQ(WindowOf(Prepare(&pool, key, 0)), 8);
  EXPECT_EQ(pool.octets(), keys.size() * Octets(8));
}

}  // namespace
}  // namespace muster::crypto
