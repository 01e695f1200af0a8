#include "engine/findings/batch_gcd.h"

#include <gmp.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <vector>

#include "tests/support/prime_pool.h"

namespace muster::findings {
namespace {

using test::PrimePool;

class ModulusList : public ModulusSource {
 public:
  explicit ModulusList(std::vector<Bytes> moduli) : moduli_(std::move(moduli)) {}
  void Rewind() override { next_ = 0; }
  bool Next(Bytes* modulus) override {
    if (next_ == moduli_.size()) return false;
    *modulus = moduli_[next_++];
    return true;
  }
  const std::vector<Bytes>& moduli() const { return moduli_; }

 private:
  std::vector<Bytes> moduli_;
  std::size_t next_ = 0;
};

std::map<std::uint64_t, Bytes> Find(ModulusList list, std::size_t memory, int threads = 1) {
  std::map<std::uint64_t, Bytes> found;
  std::uint64_t last = 0;
  BatchGcd(list, {memory, "", threads}, [&](std::uint64_t index, ByteView divisor) {
    EXPECT_TRUE(found.empty() || index > last);
    last = index;
    found[index] = Bytes(divisor.begin(), divisor.end());
  });
  return found;
}

// The moduli that have a divisor in common with another one: every pair is looked at.
std::set<std::uint64_t> FindByPairs(const std::vector<Bytes>& moduli) {
  std::vector<mpz_t> numbers(moduli.size());
  for (std::size_t i = 0; i < moduli.size(); ++i) {
    mpz_init(numbers[i]);
    mpz_import(numbers[i], moduli[i].size(), 1, 1, 1, 0, moduli[i].data());
  }
  std::set<std::uint64_t> found;
  mpz_t divisor;
  mpz_init(divisor);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      mpz_gcd(divisor, numbers[i], numbers[j]);
      if (mpz_cmp_ui(divisor, 1) > 0) found.insert({i, j});
    }
  }
  mpz_clear(divisor);
  for (mpz_t& number : numbers) mpz_clear(number);
  return found;
}

std::set<std::uint64_t> Indices(const std::map<std::uint64_t, Bytes>& found) {
  std::set<std::uint64_t> indices;
  for (const auto& [index, divisor] : found) indices.insert(index);
  return indices;
}

TEST(BatchGcd, NothingOneAndTwo) {
  PrimePool pool(1, 64, 4);
  EXPECT_TRUE(Find(ModulusList({}), 0).empty());
  EXPECT_TRUE(Find(ModulusList({pool.Product(0, 1)}), 0).empty());
  EXPECT_TRUE(Find(ModulusList({pool.Product(0, 1), pool.Product(2, 3)}), 0).empty());
  const auto shared = Find(ModulusList({pool.Product(0, 1), pool.Product(1, 2)}), 0);
  EXPECT_EQ(shared, (std::map<std::uint64_t, Bytes>{{0, pool.Prime(1)}, {1, pool.Prime(1)}}));
}

TEST(BatchGcd, AModulusOfWhichBothPrimesAreSharedIsFoundWhole) {
  PrimePool pool(2, 64, 4);
  const auto found =
      Find(ModulusList({pool.Product(0, 1), pool.Product(1, 2), pool.Product(0, 3)}), 0);
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found.at(0), pool.Product(0, 1));
  EXPECT_EQ(found.at(1), pool.Prime(1));
  EXPECT_EQ(found.at(2), pool.Prime(0));
}

// Small primes, so that many are shared, and sizes around the powers of two where trees change.
TEST(BatchGcd, FindsWhatEveryPairShows) {
  for (const std::uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    for (const std::size_t count : {3, 7, 8, 9, 31, 33, 100, 257}) {
      PrimePool pool(seed, 40, 2 * count + 3);
      const std::vector<Bytes> moduli = pool.DifferentProducts(count, count / 4);
      ModulusList list(moduli);
      EXPECT_EQ(Indices(Find(list, 0)), FindByPairs(moduli)) << seed << " " << count;
    }
  }
}

// Enough for several chunks where there is little memory.
TEST(BatchGcd, ChunksAndThreadsMakeNoDifference) {
  PrimePool pool(7, 140, 3'000);
  const std::vector<Bytes> moduli = pool.DifferentProducts(1'500, 40);
  ASSERT_GT(moduli.size() * moduli.front().size(), std::size_t{3} * 16 * 1024);
  const auto in_memory = Find(ModulusList(moduli), std::size_t{64} << 20);
  EXPECT_EQ(Indices(in_memory), FindByPairs(moduli));
  EXPECT_GE(in_memory.size(), 40U);
  EXPECT_EQ(Find(ModulusList(moduli), 0), in_memory);
  EXPECT_EQ(Find(ModulusList(moduli), 0, 3), in_memory);
  EXPECT_EQ(Find(ModulusList(moduli), std::size_t{64} << 20, 2), in_memory);
}

TEST(BatchGcd, FindsThePlantedPrimesAmongTwoThousandModuli) {
  PrimePool pool(8, 256, 300);
  std::vector<Bytes> moduli;
  for (std::size_t i = 0; i < 150; ++i) moduli.push_back(pool.Product(2 * i, 2 * i + 1));
  while (moduli.size() < 1'990) moduli.push_back(pool.FreshModulus());
  std::set<std::uint64_t> planted;
  for (std::size_t i = 0; i < 10; ++i) {
    planted.insert({7 * i, moduli.size()});
    moduli.push_back(pool.ProductWithFresh(2 * 7 * i));
  }
  EXPECT_EQ(Indices(Find(ModulusList(moduli), 0)), planted);
}

}  // namespace
}  // namespace muster::findings
