#include "engine/path/policy_graph.h"

#include <gmock/gmock.h>

#include <random>

#include "tests/unit/path/path_fixture.h"

namespace muster::path {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kGold = "1.2.3.1";
constexpr const char* kSilver = "1.2.3.2";
constexpr const char* kBronze = "1.2.3.3";

// Each certificate of a path is a list of extensions, the leaf first and the anchor last.
class PolicyTest : public PathTest {
 protected:
  using Extensions = std::vector<RawExtension>;

  Finding ValidatePolicies(const std::vector<Extensions>& certificates) {
    std::vector<Entity> path = {w_.Root("Root", With(certificates.back()))};
    for (std::size_t i = certificates.size() - 1; i-- > 1;) {
      path.insert(path.begin(),
                  w_.Intermediate("CA " + std::to_string(i), path.front(), With(certificates[i])));
    }
    path.insert(path.begin(), w_.Leaf("device", path.front(), With(certificates.front())));
    return Validate(path);
  }

  const Finding none_at_leaf_{RejectReason::kNoValidPolicy, 0};
};

TEST_F(PolicyTest, NoPoliciesNeedNone) {
  EXPECT_EQ(ValidatePolicies({{}, {}, {}}), kGoodPath);
  EXPECT_THAT(policies_, IsEmpty());
}

TEST_F(PolicyTest, AnExplicitPolicyMustRunThrough) {
  options_.explicit_policy = true;
  EXPECT_EQ(ValidatePolicies({{Policies({kGold})}, {Policies({kGold, kSilver})}, {}}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
  EXPECT_EQ(ValidatePolicies({{Policies({kBronze})}, {Policies({kGold})}, {}}), none_at_leaf_);
  EXPECT_EQ(ValidatePolicies({{}, {Policies({kGold})}, {}}), none_at_leaf_);
  EXPECT_EQ(ValidatePolicies({{Policies({kGold})}, {}, {}}),
            (Finding{RejectReason::kNoValidPolicy, 1}));
}

TEST_F(PolicyTest, TheUsersPoliciesCount) {
  options_.explicit_policy = true;
  const std::vector<Extensions> path = {{Policies({kGold})}, {Policies({kGold, kSilver})}, {}};
  options_.initial_policies = {kSilver, kGold};
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
  options_.initial_policies = {kSilver};
  EXPECT_EQ(ValidatePolicies(path), none_at_leaf_);
  options_.initial_policies = {kSilver, kAnyPolicy};
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  options_.initial_policies = {"nonsense"};
  EXPECT_EQ(ValidatePolicies(path), none_at_leaf_);
  options_.explicit_policy = false;
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  EXPECT_THAT(policies_, IsEmpty());
}

TEST_F(PolicyTest, AnyPolicyStandsForAll) {
  options_.explicit_policy = true;
  EXPECT_EQ(ValidatePolicies({{Policies({kAnyPolicy})}, {Policies({kAnyPolicy})}, {}}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kAnyPolicy));
  EXPECT_EQ(ValidatePolicies({{Policies({kGold})}, {Policies({kAnyPolicy})}, {}}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
  EXPECT_EQ(ValidatePolicies({{Policies({kAnyPolicy})}, {Policies({kGold})}, {}}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
  options_.initial_policies = {kSilver};
  EXPECT_EQ(ValidatePolicies({{Policies({kAnyPolicy})}, {Policies({kAnyPolicy})}, {}}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kSilver));
}

TEST_F(PolicyTest, AnyPolicyCanBeInhibited) {
  options_.explicit_policy = true;
  options_.inhibit_any_policy = true;
  EXPECT_EQ(ValidatePolicies({{Policies({kGold})}, {Policies({kAnyPolicy})}, {}}),
            (Finding{RejectReason::kNoValidPolicy, 1}));
  options_.inhibit_any_policy = false;
  const auto path = [&](unsigned skip) {
    return ValidatePolicies({{Policies({kGold})},
                             {Policies({kAnyPolicy})},
                             {Policies({kAnyPolicy}), InhibitAnyPolicy(skip)},
                             {}});
  };
  EXPECT_EQ(path(0), (Finding{RejectReason::kNoValidPolicy, 1}));
  EXPECT_EQ(path(1), kGoodPath);
}

TEST_F(PolicyTest, ACaCanDemandAnExplicitPolicy) {
  const auto path = [&](unsigned skip) {
    return ValidatePolicies({{}, {}, {PolicyConstraints(skip)}, {}});
  };
  EXPECT_EQ(path(0), (Finding{RejectReason::kNoValidPolicy, 1}));
  EXPECT_EQ(path(1), none_at_leaf_);
  EXPECT_EQ(path(2), none_at_leaf_);  // 6.1.5 (a)
  EXPECT_EQ(path(3), kGoodPath);
  EXPECT_EQ(ValidatePolicies({{PolicyConstraints(0)}, {}, {}}), none_at_leaf_);  // 6.1.5 (b)
  EXPECT_EQ(ValidatePolicies({{PolicyConstraints(1)}, {}, {}}), kGoodPath);
}

TEST_F(PolicyTest, ALowerCaCannotPostponeTheDemand) {
  EXPECT_EQ(ValidatePolicies({{}, {PolicyConstraints(9)}, {PolicyConstraints(1)}, {}}),
            none_at_leaf_);
}

TEST_F(PolicyTest, PoliciesAreMapped) {
  options_.explicit_policy = true;
  const auto path = [&](const char* leaf_policy, std::optional<unsigned> inhibit) {
    Extensions top = {Policies({kGold})};
    if (inhibit) top.push_back(PolicyConstraints({}, inhibit));
    return ValidatePolicies({{Policies({leaf_policy})},
                             {Policies({kGold}), PolicyMappings({{kGold, kSilver}})},
                             top,
                             {}});
  };
  EXPECT_EQ(path(kSilver, {}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));  // In the anchor's terms.
  EXPECT_EQ(path(kGold, {}), none_at_leaf_);
  EXPECT_EQ(path(kSilver, 1), kGoodPath);
  EXPECT_EQ(path(kSilver, 0), none_at_leaf_);
  options_.inhibit_policy_mapping = true;
  EXPECT_EQ(path(kSilver, {}), none_at_leaf_);
}

TEST_F(PolicyTest, AnyPolicyIsMappedForOnePolicy) {
  options_.explicit_policy = true;
  EXPECT_EQ(ValidatePolicies({{Policies({kSilver})},
                              {Policies({kAnyPolicy}), PolicyMappings({{kGold, kSilver}})},
                              {}}),
            kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
  EXPECT_EQ(ValidatePolicies({{Policies({kBronze})},
                              {Policies({kAnyPolicy}), PolicyMappings({{kGold, kSilver}})},
                              {}}),
            kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kBronze));
}

TEST_F(PolicyTest, AMappingToSeveralPolicies) {
  options_.explicit_policy = true;
  EXPECT_EQ(
      ValidatePolicies({{Policies({kBronze})},
                        {Policies({kGold}), PolicyMappings({{kGold, kSilver}, {kGold, kBronze}})},
                        {}}),
      kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kGold));
}

TEST_F(PolicyTest, RefusesMappingsOfAnyPolicy) {
  const Finding invalid{RejectReason::kInvalidPolicyMapping, 1};
  EXPECT_EQ(ValidatePolicies({{}, {PolicyMappings({{kAnyPolicy, kGold}})}, {}}), invalid);
  EXPECT_EQ(ValidatePolicies({{}, {PolicyMappings({{kGold, kAnyPolicy}})}, {}}), invalid);
}

TEST_F(PolicyTest, SelfIssuedCasDoNotCount) {
  const Entity root = w_.Root("Root");
  const Entity ca = w_.Intermediate("CA", root, With(PolicyConstraints(2)));
  const Entity other = w_.Intermediate("Other", ca);
  EXPECT_EQ(Validate({w_.Leaf("d", other), other, ca, root}), none_at_leaf_);
  const Entity rolled = w_.Intermediate("CA", ca, {.key_label = "new key"});
  EXPECT_EQ(Validate({w_.Leaf("d", rolled), rolled, ca, root}), kGoodPath);
}

TEST_F(PolicyTest, AnyPolicyOfASelfIssuedCaIsNotInhibited) {
  options_.explicit_policy = true;
  const Entity root = w_.Root("Root");
  const Entity ca = w_.Intermediate("CA", root, With({Policies({kGold}), InhibitAnyPolicy(0)}));
  const Entity rolled =
      w_.Intermediate("CA", ca, {.key_label = "new key", .edit = With(Policies({kAnyPolicy}))});
  EXPECT_EQ(Validate({w_.Leaf("d", rolled, With(Policies({kGold}))), rolled, ca, root}), kGoodPath);
  // Of the last certificate it is (6.1.3 (d) (2): i < n).
  EXPECT_EQ(Validate({w_.Leaf("d", rolled, With(Policies({kAnyPolicy}))), rolled, ca, root}),
            none_at_leaf_);
}

TEST_F(PolicyTest, TheAnchorsPoliciesCount) {
  options_.explicit_policy = true;
  const auto path = [&](Extensions anchor) {
    return ValidatePolicies({{Policies({kGold})}, {Policies({kGold})}, std::move(anchor)});
  };
  EXPECT_EQ(path({Policies({kGold})}), kGoodPath);
  EXPECT_EQ(path({Policies({kAnyPolicy})}), kGoodPath);
  EXPECT_EQ(path({Policies({kSilver})}), (Finding{RejectReason::kNoValidPolicy, 1}));
  EXPECT_EQ(path({Policies({kSilver}), PolicyMappings({{kSilver, kGold}})}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kSilver));
  EXPECT_EQ(path({PolicyMappings({{kSilver, kGold}})}), kGoodPath);
  EXPECT_THAT(policies_, ElementsAre(kSilver));
  options_.explicit_policy = false;
  EXPECT_EQ(ValidatePolicies({{}, {}, {PolicyConstraints(0)}}),
            (Finding{RejectReason::kNoValidPolicy, 1}));
}

TEST_F(PolicyTest, TheGraphIsBudgeted) {
  std::vector<std::string> many;
  for (int i = 0; i < 10; ++i) many.push_back("1.2.4." + std::to_string(i));
  const std::vector<Extensions> path = {{Policies(many)}, {Policies(many)}, {}};
  // Depth 1 is the anchor's; the leaf's ten nodes lie at depth 3.
  options_.budget.policy_nodes_max = 30;
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  options_.budget.policy_nodes_max = 29;
  EXPECT_EQ(ValidatePolicies(path), (Finding{RejectReason::kBudgetExhausted, 0}));
  options_.budget.policy_nodes_max = 19;
  EXPECT_EQ(ValidatePolicies(path), (Finding{RejectReason::kBudgetExhausted, 1}));
}

TEST_F(PolicyTest, NodesMadeByMappingsAreBudgetedToo) {
  std::vector<std::pair<std::string, std::string>> mappings;
  for (int i = 0; i < 10; ++i) mappings.emplace_back("1.2.4." + std::to_string(i), kGold);
  const std::vector<Extensions> path = {
      {Policies({kGold})}, {Policies({kAnyPolicy}), PolicyMappings(mappings)}, {}};
  options_.budget.policy_nodes_max = 22;  // anyPolicy and ten more at depth 2.
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  options_.budget.policy_nodes_max = 21;
  EXPECT_EQ(ValidatePolicies(path), (Finding{RejectReason::kBudgetExhausted, 1}));
}

// A tree would have k^n nodes here.
TEST_F(PolicyTest, MappingsDoNotMultiply) {
  std::vector<std::string> all;
  std::vector<std::pair<std::string, std::string>> mappings;
  for (int i = 0; i < 12; ++i) all.push_back("1.2.4." + std::to_string(i));
  for (const std::string& from : all) {
    for (const std::string& to : all) mappings.emplace_back(from, to);
  }
  std::vector<Extensions> path(10, {Policies(all), PolicyMappings(mappings)});
  path.front() = {Policies(all)};
  path.back() = {};
  options_.explicit_policy = true;
  EXPECT_EQ(ValidatePolicies(path), kGoodPath);
  EXPECT_EQ(policies_.size(), all.size());
}

// 6.1.5 (g) by brute force: without mappings and anyPolicy the valid policies are those that every
// certificate has.
TEST_F(PolicyTest, WithoutMappingsTheIntersectionIsValid) {
  std::mt19937 random(11);
  const std::vector<std::string> all = {kGold, kSilver, kBronze};
  for (int round = 0; round < 40; ++round) {
    std::vector<std::string> common = all;
    std::vector<Extensions> path;
    for (int i = 0; i < 3; ++i) {
      std::vector<std::string> some;
      for (const std::string& policy : all) {
        if (random() % 4 != 0) some.push_back(policy);
      }
      if (some.empty()) some.push_back(kGold);
      std::erase_if(common, [&](const std::string& p) {
        return std::find(some.begin(), some.end(), p) == some.end();
      });
      path.push_back({Policies(some)});
    }
    path.push_back({});
    EXPECT_EQ(ValidatePolicies(path), kGoodPath);
    EXPECT_EQ(policies_, common);
  }
}

}  // namespace
}  // namespace muster::path
