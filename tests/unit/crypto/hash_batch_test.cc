#include "engine/crypto/hash_batch.h"

#include <botan/hash.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "engine/base/byte_view.h"
#include "engine/base/encoding.h"

namespace muster::crypto {
namespace {

Bytes ByBotan(HashKind hash, ByteView message) {
  const auto function = Botan::HashFunction::create_or_throw(NameOf(hash));
  function->update(message);
  return function->final_stdvec();
}

Bytes RandomOctets(std::size_t size, std::mt19937* random) {
  Bytes out(size);
  for (auto& octet : out) octet = static_cast<std::uint8_t>((*random)());
  return out;
}

// A message in a heap block of exactly its size, so that AddressSanitizer sees a read past its end,
// and room for a digest.
struct Sample {
  explicit Sample(Bytes octets) : message(std::move(octets)), digest(kDigestSizeMax + 1, 0xa5) {}
  Bytes message;
  Bytes digest;
};

std::vector<HashJob> JobsFor(std::vector<Sample>* samples) {
  std::vector<HashJob> jobs;
  for (Sample& sample : *samples) jobs.push_back({sample.message, sample.digest.data()});
  return jobs;
}

// The digests are Botan's, and nothing is written behind them.
void ExpectDigests(HashKind hash, const std::vector<Sample>& samples) {
  const std::size_t size = DigestSize(hash);
  for (const Sample& sample : samples) {
    EXPECT_EQ(base::HexLower(ByteView(sample.digest).first(size)),
              base::HexLower(ByBotan(hash, sample.message)))
        << NameOf(hash) << " of " << sample.message.size() << " octets";
    EXPECT_TRUE(std::all_of(sample.digest.begin() + static_cast<std::ptrdiff_t>(size),
                            sample.digest.end(), [](std::uint8_t octet) { return octet == 0xa5; }));
  }
}

class HashBatchTest : public testing::TestWithParam<std::tuple<HashKind, HashEngine>> {
 protected:
  HashKind hash() const { return std::get<0>(GetParam()); }
  HashEngine engine() const { return std::get<1>(GetParam()); }
  bool is_usable() const { return IsUsable(engine(), hash()); }

  void Check(std::vector<Sample> samples) {
    std::vector<HashJob> jobs = JobsFor(&samples);
    HashBatchWith(hash(), jobs, engine(), scratch_);
    ExpectDigests(hash(), samples);
  }

  HashScratch scratch_;
  std::mt19937 random_{20240607};
};

TEST_P(HashBatchTest, EveryLengthAroundTheBlocks) {
  if (!is_usable()) GTEST_SKIP() << "this processor has no such engine";
  std::vector<Sample> samples;
  for (std::size_t size = 0; size <= 300; ++size) {
    samples.emplace_back(RandomOctets(size, &random_));
  }
  for (const std::size_t blocks : {5u, 9u, 16u, 23u}) {
    for (std::size_t rest = 0; rest < 20; ++rest) {
      samples.emplace_back(RandomOctets(blocks * 64 - 10 + rest, &random_));
    }
  }
  // In growing order, falling and mixed: lanes end at different times.
  Check(samples);
  std::reverse(samples.begin(), samples.end());
  Check(samples);
  std::shuffle(samples.begin(), samples.end(), random_);
  Check(samples);
}

TEST_P(HashBatchTest, EveryNumberOfJobs) {
  if (!is_usable()) GTEST_SKIP() << "this processor has no such engine";
  for (std::size_t count = 0; count <= 50; ++count) {
    std::vector<Sample> samples;
    for (std::size_t i = 0; i < count; ++i) {
      samples.emplace_back(RandomOctets(random_() % 700, &random_));
    }
    Check(std::move(samples));
  }
}

TEST_P(HashBatchTest, OneLongMessageAmongShortOnes) {
  if (!is_usable()) GTEST_SKIP() << "this processor has no such engine";
  for (const std::size_t size : {4'095u, 4'096u, 70'000u, 1'000'003u}) {
    std::vector<Sample> samples;
    for (int i = 0; i < 37; ++i) samples.emplace_back(RandomOctets(random_() % 200, &random_));
    samples.emplace(samples.begin() + 11, RandomOctets(size, &random_));
    Check(std::move(samples));
  }
}

TEST_P(HashBatchTest, FiveThousandMessagesOfDevices) {
  if (!is_usable()) GTEST_SKIP() << "this processor has no such engine";
  std::vector<Sample> samples;
  for (int i = 0; i < 5000; ++i) {
    samples.emplace_back(RandomOctets(300 + random_() % 1200, &random_));
  }
  Check(std::move(samples));
}

TEST_P(HashBatchTest, MessagesMayOverlapAndBeEmpty) {
  if (!is_usable()) GTEST_SKIP() << "this processor has no such engine";
  const Bytes text = RandomOctets(500, &random_);
  std::vector<Bytes> digests(40, Bytes(kDigestSizeMax));
  std::vector<HashJob> jobs;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const ByteView message = i % 5 == 0 ? ByteView() : ByteView(text).subspan(i, 100 + 7 * i);
    jobs.push_back({message, digests[i].data()});
  }
  HashBatchWith(hash(), jobs, engine(), scratch_);
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    EXPECT_TRUE(base::Equal(ByteView(digests[i]).first(DigestSize(hash())),
                            ByBotan(hash(), jobs[i].message)))
        << i;
  }
}

std::string TestName(const testing::TestParamInfo<std::tuple<HashKind, HashEngine>>& info) {
  std::string name = NameOf(std::get<0>(info.param));
  std::erase(name, '-');
  switch (std::get<1>(info.param)) {
    case HashEngine::kBotan:
      return name + "Botan";
    case HashEngine::kShaNi:
      return name + "ShaNi";
    case HashEngine::kAvx512:
      return name + "Avx512";
  }
  return name;
}

INSTANTIATE_TEST_SUITE_P(
    Engines, HashBatchTest,
    testing::Values(std::tuple(HashKind::kSha1, HashEngine::kBotan),
                    std::tuple(HashKind::kSha256, HashEngine::kBotan),
                    std::tuple(HashKind::kSha256, HashEngine::kShaNi),
                    std::tuple(HashKind::kSha384, HashEngine::kBotan),
                    std::tuple(HashKind::kSha384, HashEngine::kAvx512),
                    std::tuple(HashKind::kSha512, HashEngine::kBotan),
                    std::tuple(HashKind::kSha512, HashEngine::kAvx512)),
    TestName);

// FIPS 180-4's examples, through whatever is chosen here.
TEST(HashBatch, KnownDigests) {
  const std::string_view two_blocks = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
  struct Known {
    HashKind hash;
    std::string_view message;
    const char* digest;
  };
  const std::vector<Known> known = {
      {HashKind::kSha1, "abc", "a9993e364706816aba3e25717850c26c9cd0d89d"},
      {HashKind::kSha256, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {HashKind::kSha256, "abc",
       "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {HashKind::kSha256, two_blocks,
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {HashKind::kSha384, "abc",
       "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
       "8086072ba1e7cc2358baeca134c825a7"},
      {HashKind::kSha512, "abc",
       "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
       "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
  };
  HashScratch scratch;
  for (const Known& row : known) {
    for (const Kernel kernel :
         {Kernel::kReference, Kernel::kPortable, Kernel::kBmi2, Kernel::kAvx512Ifma}) {
      std::vector<Bytes> digests(20, Bytes(DigestSize(row.hash)));
      std::vector<HashJob> jobs;
      for (Bytes& digest : digests) jobs.push_back({base::AsBytes(row.message), digest.data()});
      HashBatch(row.hash, jobs, kernel, scratch);
      for (const Bytes& digest : digests) EXPECT_EQ(base::HexLower(digest), row.digest);
    }
  }
}

TEST(HashBatch, EnginesThatCannotRunAreReplaced) {
  EXPECT_FALSE(IsUsable(HashEngine::kShaNi, HashKind::kSha384));
  EXPECT_FALSE(IsUsable(HashEngine::kShaNi, HashKind::kSha1));
  EXPECT_FALSE(IsUsable(HashEngine::kAvx512, HashKind::kSha1));
  EXPECT_FALSE(IsUsable(HashEngine::kAvx512, HashKind::kSha256));
  std::mt19937 random(1);
  for (const auto& [hash, engine] : {std::tuple(HashKind::kSha384, HashEngine::kShaNi),
                                     std::tuple(HashKind::kSha256, HashEngine::kAvx512),
                                     std::tuple(HashKind::kSha1, HashEngine::kAvx512)}) {
    std::vector<Sample> samples;
    for (int i = 0; i < 20; ++i) samples.emplace_back(RandomOctets(random() % 300, &random));
    std::vector<HashJob> jobs = JobsFor(&samples);
    HashScratch scratch;
    HashBatchWith(hash, jobs, engine, scratch);
    ExpectDigests(hash, samples);
  }
}

TEST(HashBatch, ChoosesTheBestUsableEngine) {
  for (const HashKind hash :
       {HashKind::kSha1, HashKind::kSha256, HashKind::kSha384, HashKind::kSha512}) {
    EXPECT_EQ(ChooseHashEngine(hash, Kernel::kReference), HashEngine::kBotan);
    EXPECT_TRUE(IsUsable(HashEngine::kBotan, hash));
    for (const Kernel kernel : {Kernel::kPortable, Kernel::kBmi2, Kernel::kAvx512Ifma}) {
      EXPECT_TRUE(IsUsable(ChooseHashEngine(hash, kernel), hash));
    }
    EXPECT_NE(ChooseHashEngine(hash, Kernel::kPortable), HashEngine::kAvx512);
  }
  if (IsUsable(HashEngine::kShaNi, HashKind::kSha256)) {
    EXPECT_EQ(ChooseHashEngine(HashKind::kSha256, Kernel::kPortable), HashEngine::kShaNi);
  }
  if (IsUsable(HashEngine::kAvx512, HashKind::kSha384)) {
    EXPECT_EQ(ChooseHashEngine(HashKind::kSha384, Kernel::kAvx512Ifma), HashEngine::kAvx512);
  }
}

// The scratch is reused for batches of any size and hash.
TEST(HashBatch, ScratchServesAnyBatch) {
  HashScratch scratch;
  std::mt19937 random(7);
  for (const std::size_t count : {100u, 3u, 257u, 1u, 64u}) {
    for (const HashKind hash :
         {HashKind::kSha512, HashKind::kSha256, HashKind::kSha1, HashKind::kSha384}) {
      std::vector<Sample> samples;
      for (std::size_t i = 0; i < count; ++i) {
        samples.emplace_back(RandomOctets(random() % 500, &random));
      }
      std::vector<HashJob> jobs = JobsFor(&samples);
      HashBatch(hash, jobs, Kernel::kAvx512Ifma, scratch);
      ExpectDigests(hash, samples);
    }
  }
  HashScratch moved = std::move(scratch);
  std::vector<Sample> samples(20, Sample(Bytes(99, 1)));
  std::vector<HashJob> jobs = JobsFor(&samples);
  HashBatch(HashKind::kSha256, jobs, Kernel::kAvx512Ifma, moved);
  ExpectDigests(HashKind::kSha256, samples);
}

}  // namespace
}  // namespace muster::crypto
