#include "engine/enrollment/roll_up.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace muster::enrollment {
namespace {

constexpr CaLabel kPlain{};
constexpr CaLabel kVerified{.verified = true};
constexpr CaLabel kGroup{.group = EntryState::kEnabled, .group_index = 7};
constexpr CaLabel kDisabledGroup{.group = EntryState::kDisabled};
constexpr CaLabel kVerifiedGroup{.verified = true, .group = EntryState::kEnabled};

RollUpOutcome Decide(const std::vector<CaLabel>& cas, const IndividualLabel* individual = nullptr,
                     bool any_disabled_blocks = false) {
  return RollUp(cas, individual, any_disabled_blocks);
}

TEST(RollUpTest, ADefaultOutcomeRejects) {
  EXPECT_FALSE(RollUpOutcome{}.accepted());
  EXPECT_EQ(RollUpOutcome{}.reason, RejectReason::kNotEvaluated);
}

TEST(RollUpTest, AVerifiedGroupAccepts) {
  const RollUpOutcome outcome = Decide({kVerifiedGroup});
  EXPECT_TRUE(outcome.accepted());
  EXPECT_EQ(outcome.entry_at, 0u);
}

TEST(RollUpTest, AnUnverifiedGroupRollsUpToAVerifiedCaAbove) {
  EXPECT_TRUE(Decide({kGroup, kVerified}).accepted());
  EXPECT_TRUE(Decide({kGroup, kPlain, kPlain, kVerified}).accepted());
}

TEST(RollUpTest, AVerifiedCaBelowTheGroupDoesNotHelp) {
  const RollUpOutcome outcome = Decide({kVerified, kGroup, kPlain});
  EXPECT_EQ(outcome.reason, RejectReason::kNotRolledUpToVerified);
  EXPECT_EQ(outcome.chain_index, 2);
  EXPECT_EQ(outcome.entry_at, 1u);
}

TEST(RollUpTest, WithoutAnEntryThereIsNoEnrollment) {
  EXPECT_EQ(Decide({kVerified}).reason, RejectReason::kNoEnrollment);
  EXPECT_EQ(Decide({}).reason, RejectReason::kNoEnrollment);
}

TEST(RollUpTest, TheNearestGroupDecidesAndADisabledOneDoesNotFallThrough) {
  const RollUpOutcome outcome = Decide({kPlain, kDisabledGroup, kVerifiedGroup});
  EXPECT_EQ(outcome.reason, RejectReason::kGroupDisabled);
  EXPECT_EQ(outcome.chain_index, 2);
  EXPECT_TRUE(outcome.blocks());
  EXPECT_TRUE(Decide({kGroup, kDisabledGroup, kVerified}).accepted());
}

TEST(RollUpTest, AnyDisabledBlocksLooksAtTheWholePath) {
  const RollUpOutcome outcome = Decide({kGroup, kDisabledGroup, kVerified}, nullptr, true);
  EXPECT_EQ(outcome.reason, RejectReason::kDisabledEntryOnPath);
  EXPECT_EQ(outcome.chain_index, 2);
  EXPECT_TRUE(outcome.blocks());
  EXPECT_TRUE(Decide({kGroup, kVerified}, nullptr, true).accepted());
}

// A path that the individual's CA is not on may still meet a disable, which outweighs other paths.
TEST(RollUpTest, AnyDisabledBlocksWhereTheIndividualsCaIsElsewhereToo) {
  const IndividualLabel elsewhere{};
  const RollUpOutcome outcome = Decide({kVerified, kDisabledGroup}, &elsewhere, true);
  EXPECT_EQ(outcome.reason, RejectReason::kDisabledEntryOnPath);
  EXPECT_EQ(outcome.chain_index, 2);
  EXPECT_TRUE(outcome.blocks());
  EXPECT_FALSE(Decide({kVerified, kDisabledGroup}, &elsewhere, false).blocks());
}

TEST(RollUpTest, AnIndividualOutranksGroups) {
  const IndividualLabel on_path{.ca_index = 1};
  EXPECT_TRUE(Decide({kDisabledGroup, kVerified}, &on_path).accepted());
  EXPECT_EQ(Decide({kVerifiedGroup, kPlain}, &on_path).reason,
            RejectReason::kNotRolledUpToVerified);
  const IndividualLabel elsewhere{};
  EXPECT_EQ(Decide({kVerifiedGroup}, &elsewhere).reason, RejectReason::kIndividualMismatch);
  const IndividualLabel disabled{.enabled = false, .ca_index = 0};
  const RollUpOutcome outcome = Decide({kVerifiedGroup}, &disabled);
  EXPECT_EQ(outcome.reason, RejectReason::kIndividualDisabled);
  EXPECT_TRUE(outcome.blocks());
}

// --- Every labelling of every path of up to four CAs ---------------------------------------------

// The rule of the law, said as directly as it can be.
bool Oracle(const std::vector<CaLabel>& cas, const IndividualLabel* individual,
            bool any_disabled_blocks) {
  if (individual != nullptr && !individual->enabled) return false;
  for (const CaLabel& ca : cas) {
    if (any_disabled_blocks && ca.group == EntryState::kDisabled) return false;
  }
  for (std::size_t g = 0; g < cas.size(); ++g) {
    const bool is_entry = individual != nullptr ? individual->ca_index == g
                                                : cas[g].group != EntryState::kNone;
    if (!is_entry) continue;
    if (individual == nullptr && cas[g].group == EntryState::kDisabled) return false;
    for (std::size_t v = g; v < cas.size(); ++v) {
      if (cas[v].verified) return true;
    }
    return false;
  }
  return false;
}

TEST(RollUpSmallWorldTest, EveryLabellingAgreesWithTheOracle) {
  int accepted = 0, rejected = 0;
  std::vector<CaLabel> kinds;
  for (const bool verified : {false, true}) {
    for (const EntryState group : {EntryState::kNone, EntryState::kEnabled, EntryState::kDisabled}) {
      kinds.push_back({.verified = verified, .group = group});
    }
  }
  for (std::size_t n = 0; n <= 4; ++n) {
    std::vector<const IndividualLabel*> individuals{nullptr};
    std::vector<IndividualLabel> labels;
    for (const bool enabled : {false, true}) {
      labels.push_back({.enabled = enabled});
      for (std::size_t i = 0; i < n; ++i) labels.push_back({.enabled = enabled, .ca_index = i});
    }
    for (const IndividualLabel& label : labels) individuals.push_back(&label);

    std::size_t worlds = 1;
    for (std::size_t i = 0; i < n; ++i) worlds *= kinds.size();
    for (std::size_t world = 0; world < worlds; ++world) {
      std::vector<CaLabel> cas;
      for (std::size_t i = 0, rest = world; i < n; ++i, rest /= kinds.size()) {
        cas.push_back(kinds[rest % kinds.size()]);
      }
      for (const IndividualLabel* individual : individuals) {
        for (const bool any_disabled_blocks : {false, true}) {
          const RollUpOutcome outcome = RollUp(cas, individual, any_disabled_blocks);
          const bool expected = Oracle(cas, individual, any_disabled_blocks);
          ASSERT_EQ(outcome.accepted(), expected)
              << "world " << world << " of " << n << " CAs: " << NameOf(outcome.reason);
          ASSERT_NE(outcome.reason, RejectReason::kNotEvaluated);
          ++(expected ? accepted : rejected);
        }
      }
    }
  }
  // Both answers occur, many times: the test is not vacuous.
  EXPECT_GT(accepted, 1'000);
  EXPECT_GT(rejected, 1'000);
}

}  // namespace
}  // namespace muster::enrollment
