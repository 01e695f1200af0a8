#include "engine/findings/fact_sorter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <system_error>

#include "engine/findings/octet_store.h"
#include "engine/findings/record_log.h"
#include "muster/finding.h"

namespace muster::findings {
namespace {

std::vector<Fact> RandomFacts(std::size_t count, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<Fact> facts(count);
  for (std::size_t i = 0; i < count; ++i) {
    // Few different keys, so that groups cross the bounds of blocks and runs.
    facts[i] = {{random() % 7, random() % 11}, random() % 3, random() % 3, i};
  }
  return facts;
}

class FactSorterTest : public testing::TestWithParam<std::size_t> {};

TEST_P(FactSorterTest, GivesEveryFactInOrderHoweverLittleMemoryThereIs) {
  for (const std::size_t count : {0, 1, 2, 100, 5'000}) {
    std::vector<Fact> facts = RandomFacts(count, count);
    FactSorter sorter(GetParam(), "");
    for (const Fact& fact : facts) sorter.Add(fact);
    const bool spilled = sorter.spilled_runs() != 0;
    if (count * sizeof(Fact) <= GetParam()) {
      EXPECT_FALSE(spilled) << count;
    }
    if (count * sizeof(Fact) > 2 * GetParam() && count > 2) {
      EXPECT_TRUE(spilled) << count;
    }
    std::vector<Fact> merged;
    sorter.Merge([&](const Fact& fact) { merged.push_back(fact); });
    std::ranges::sort(facts);
    EXPECT_EQ(merged, facts);
  }
}

INSTANTIATE_TEST_SUITE_P(Memory, FactSorterTest,
                         testing::Values(1, 10 * sizeof(Fact), 1'000 * sizeof(Fact),
                                         std::size_t{64} << 20));

TEST(FactSorter, AFolderThatIsNotThereIsAnError) {
  FactSorter sorter(1, "/nonexistent/folder");
  const auto add = [&] {
    for (const Fact& fact : RandomFacts(10, 1)) sorter.Add(fact);
  };
  EXPECT_THROW(add(), std::system_error);
}

TEST(OctetStore, ReadsWhatWasAppendedAcrossMemoryAndFile) {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{64}, std::size_t{1} << 20}) {
    OctetStore store(memory, "");
    Bytes all;
    for (std::size_t i = 0; i < 500; ++i) {
      const Bytes part(i % 13, static_cast<std::uint8_t>(i));
      EXPECT_EQ(store.Append(part), all.size());
      all.insert(all.end(), part.begin(), part.end());
    }
    ASSERT_EQ(store.size(), all.size());
    for (std::size_t at = 0; at + 40 < all.size(); at += 7) {
      Bytes read(40);
      store.Read(at, read);
      EXPECT_TRUE(std::equal(read.begin(), read.end(), all.begin() + static_cast<long>(at)));
    }
  }
}

TEST(RecordLog, SaysWhereEachRecordCameFrom) {
  for (const std::size_t memory : {std::size_t{0}, std::size_t{1} << 20}) {
    RecordLog log(memory, "");
    AuditRecord record;
    for (std::uint64_t i = 0; i < 1'000; ++i) {
      record.source = {"file-" + std::to_string(i / 90), i % 2 == 0 ? "" : "member", i, 3 * i};
      record.device_id = i % 5 == 0 ? "" : "device-" + std::to_string(i);
      log.Append(record);
    }
    for (const std::uint64_t i : {0, 1, 63, 64, 65, 89, 90, 500, 999}) {
      const RecordLog::Entry entry = log.Read(i);
      EXPECT_EQ(entry.source.name, "file-" + std::to_string(i / 90));
      EXPECT_EQ(entry.source.member, i % 2 == 0 ? "" : "member");
      EXPECT_EQ(entry.source.line, i);
      EXPECT_EQ(entry.source.offset, 3 * i);
      EXPECT_EQ(entry.device_id, i % 5 == 0 ? "" : "device-" + std::to_string(i));
    }
    EXPECT_EQ(log.Read(1'000).source.name, "");
    EXPECT_EQ(log.Read(kNoRecord).device_id, "");
  }
}

}  // namespace
}  // namespace muster::findings
