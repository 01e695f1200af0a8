// The most expensive chains of every kind: each is decided as it should be, within the budgets of
// options.h, which are counted (signatures, memory, allocations), never timed. What they cost in
// time is for bench/bounds_bench.cc.
#include <gtest/gtest.h>

#include <functional>
#include <ostream>
#include <string>

#include "engine/enrollment/explain.h"
#include "muster/authenticator.h"
#include "tests/bounds/live_memory.h"
#include "tests/support/hostile_chains.h"

namespace muster {
namespace {

using test::HostileChain;
using test::NameForm;

struct Case {
  std::string name;
  std::function<HostileChain()> make;
  // Bounds of the first sight. Memory is that of the authenticator and all it keeps.
  std::uint64_t signatures_max = 0;
  std::size_t octets_max = 0;
  std::uint64_t allocations_max = 0;

  friend std::ostream& operator<<(std::ostream& out, const Case& c) { return out << c.name; }
};

std::string NameOfCase(const testing::TestParamInfo<Case>& info) { return info.param.name; }

constexpr std::size_t kMiB = std::size_t{1} << 20;

class HostileChainTest : public testing::TestWithParam<Case> {};

TEST_P(HostileChainTest, IsDecidedWithinItsBudget) {
  const Case& c = GetParam();
  const HostileChain hostile = c.make();
  const PresentedChain chain = hostile.Chain();
  const UnixTime at = hostile.world->at();
  // What the process makes once for all.
  static_cast<void>(Authenticator(hostile.snapshot, hostile.options).Authenticate(chain, at));

  Verdict verdict;
  AuthenticatorCounters counters;
  const test::MemoryUse use = test::MeasureMemory([&] {
    const Authenticator authenticator(hostile.snapshot, hostile.options);
    verdict = authenticator.Authenticate(chain, at);
    counters = authenticator.counters();
  });
  EXPECT_EQ(verdict.reason, hostile.expected) << NameOf(verdict.reason);
  EXPECT_LE(counters.ca_signatures + counters.leaf_signatures, c.signatures_max);
#if MUSTER_MEASURES_MEMORY
  EXPECT_GT(use.peak_octets, 0u);
  EXPECT_LE(use.peak_octets, c.octets_max);
  EXPECT_LE(use.allocations, c.allocations_max);
#else
  static_cast<void>(use);
#endif
}

// The full account of it ends too, and says the same.
TEST_P(HostileChainTest, IsExplained) {
  const HostileChain hostile = GetParam().make();
  const Authenticator authenticator(hostile.snapshot, hostile.options);
  const Explanation explanation = authenticator.Explain(hostile.Chain(), hostile.world->at());
  EXPECT_EQ(explanation.verdict.reason, hostile.expected);
  EXPECT_LE(explanation.paths.size(), enrollment::kExplainedPathsMax);
}

// Asked again, and in a batch with others, it costs no CA signature more.
TEST_P(HostileChainTest, IsKnownTheSecondTime) {
  const HostileChain hostile = GetParam().make();
  const Authenticator authenticator(hostile.snapshot, hostile.options);
  const std::vector<PresentedChain> chains(5, hostile.Chain());
  std::vector<Verdict> verdicts(chains.size());
  authenticator.AuthenticateBatch(chains, hostile.world->at(), verdicts);
  const AuthenticatorCounters once = authenticator.counters();
  authenticator.AuthenticateBatch(chains, hostile.world->at(), verdicts);
  EXPECT_EQ(authenticator.counters().ca_signatures, once.ca_signatures);
  EXPECT_EQ(authenticator.counters().ca_paths_compiled, once.ca_paths_compiled);
  for (const Verdict& verdict : verdicts) EXPECT_EQ(verdict.reason, hostile.expected);
}

HostileChain ConstraintsAtTheBudget(NameForm form) {
  HostileChain hostile = test::Constraints(form, 400);
  hostile.expected = RejectReason::kBudgetExhausted;
  return hostile;
}

HostileChain ManyPathsOfConstraints(NameForm form) {
  return test::ManyPaths({test::ManyConstraints(form)}, {test::ManyNames(form, 400)},
                         RejectReason::kBudgetExhausted);
}

const ValidationBudget kBudget;
const auto kSignatures = static_cast<std::uint64_t>(kBudget.signatures_max) + 1;  // And the leaf's.

INSTANTIATE_TEST_SUITE_P(
    Chains, HostileChainTest,
    testing::Values(
        Case{"Normal", test::NormalChain, 2, kMiB, 2'000},
        Case{"Namesakes", [] { return test::Namesakes(1'000); }, kSignatures, kMiB, 100'000},
        Case{"RegisteredMesh", [] { return test::RegisteredMesh(12); }, kSignatures, kMiB, 100'000},
        Case{"PresentedMesh", test::PresentedMesh, kSignatures, kMiB, 100'000},
        Case{"LongPath", [] { return test::LongPath(1'000); }, kSignatures, kMiB, 100'000},
        Case{"ManyPaths", [] { return test::ManyPaths(); }, kSignatures, 2 * kMiB, 100'000},
        Case{"LargeCertificates", test::LargeCertificates, 2, 8 * kMiB, 5'000},
        Case{"LongNames", test::LongNames, 3, 8 * kMiB, 100'000}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    Extensions, HostileChainTest,
    testing::Values(
        Case{"DnsNames", [] { return ConstraintsAtTheBudget(NameForm::kDns); }, 2, 8 * kMiB,
             100'000},
        Case{"EmailAddresses", [] { return ConstraintsAtTheBudget(NameForm::kEmail); }, 2, 8 * kMiB,
             100'000},
        Case{"Uris", [] { return ConstraintsAtTheBudget(NameForm::kUri); }, 2, 8 * kMiB, 100'000},
        Case{"DirectoryNames", [] { return ConstraintsAtTheBudget(NameForm::kDirectory); }, 2,
             8 * kMiB, 100'000},
        Case{"ManyPathsOfUris", [] { return ManyPathsOfConstraints(NameForm::kUri); }, kSignatures,
             64 * kMiB, 2'000'000},
        Case{"Policies", test::ManyPolicies, 2, 8 * kMiB, 100'000},
        Case{"ManyPathsOfPolicies",
             [] { return test::ManyPaths(test::PoliciesAndMappings(800)); }, kSignatures,
             64 * kMiB, 2'000'000}),
    NameOfCase);

INSTANTIATE_TEST_SUITE_P(
    Crls, HostileChainTest,
    testing::Values(
        Case{"ManyCrls", [] { return test::ManyCrls(300); }, 2, 8 * kMiB, 100'000},
        Case{"ManyPoints", [] { return test::ManyPoints(2'000, 100); }, 2, 8 * kMiB, 100'000},
        Case{"LargeCrl", [] { return test::LargeCrl(50'000); }, 2, kMiB, 10'000},
        Case{"AlikeCrlEntries", [] { return test::AlikeCrlEntries(2'000); }, 2, kMiB, 10'000}),
    NameOfCase);

}  // namespace
}  // namespace muster
