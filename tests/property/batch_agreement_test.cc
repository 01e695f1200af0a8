// Whatever kernel, batch size and number of threads: every verdict is the one that Botan's checks,
// one chain at a time, come to. MUSTER_AGREEMENT_CHAINS says how many spoiled chains are tried (in a
// long run ten million), MUSTER_AGREEMENT_SEED where they start.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "muster/authenticator.h"
#include "muster/kernel.h"
#include "tests/support/mixed_fleet.h"
#include "tests/support/setting.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using test::MixedFleet;
using test::OwnedChain;
using test::Setting;

const MixedFleet& Fleet() {
  static const MixedFleet fleet = test::MakeMixedFleet();
  return fleet;
}

std::vector<PresentedChain> BorrowAll(const std::vector<OwnedChain>& chains) {
  std::vector<PresentedChain> presented;
  for (const OwnedChain& chain : chains) presented.push_back(test::Borrow(chain));
  return presented;
}

AuthenticationOptions With(Kernel kernel, AuthenticationOptions options = {}) {
  options.kernel = kernel;
  return options;
}

std::vector<Verdict> OneByOne(const Authenticator& authenticator,
                              const std::vector<PresentedChain>& chains, UnixTime at) {
  std::vector<Verdict> verdicts;
  for (const PresentedChain& chain : chains) verdicts.push_back(authenticator.Authenticate(chain, at));
  return verdicts;
}

std::vector<Verdict> InBatches(const Authenticator& authenticator,
                               const std::vector<PresentedChain>& chains, UnixTime at,
                               std::size_t batch_size) {
  std::vector<Verdict> verdicts(chains.size());
  for (std::size_t begin = 0; begin < chains.size(); begin += batch_size) {
    const std::size_t size = std::min(batch_size, chains.size() - begin);
    authenticator.AuthenticateBatch(std::span(chains).subspan(begin, size), at,
                                    std::span(verdicts).subspan(begin, size));
  }
  return verdicts;
}

std::vector<Verdict> OnThreads(const Authenticator& authenticator,
                               const std::vector<PresentedChain>& chains, UnixTime at,
                               std::size_t threads) {
  std::vector<Verdict> verdicts(chains.size());
  std::vector<std::jthread> running;
  for (std::size_t t = 0; t < threads; ++t) {
    running.emplace_back([&, t] {
      const std::size_t begin = chains.size() * t / threads;
      const std::size_t size = chains.size() * (t + 1) / threads - begin;
      authenticator.AuthenticateBatch(std::span(chains).subspan(begin, size), at,
                                      std::span(verdicts).subspan(begin, size));
    });
  }
  running.clear();
  return verdicts;
}

// Every verdict, bit for bit.
void Compare(const std::vector<OwnedChain>& chains, const std::vector<Verdict>& expected,
             const std::vector<Verdict>& actual, const std::string& what) {
  ASSERT_EQ(expected.size(), actual.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(expected[i], actual[i])
        << what << ", chain " << i << ": " << NameOf(expected[i].reason) << " against "
        << NameOf(actual[i].reason) << "\n"
        << test::ToText(chains[i]);
  }
}

class BatchAgreementTest : public testing::TestWithParam<Kernel> {};

TEST_P(BatchAgreementTest, OnTheWholeFleetUnderEveryOption) {
  const MixedFleet& fleet = Fleet();
  const std::vector<PresentedChain> chains = BorrowAll(fleet.chains);
  std::size_t accepted = 0;
  for (const LinkSource links : {LinkSource::kPresented, LinkSource::kRegistry}) {
    for (const bool any_disabled_blocks : {false, true}) {
      for (const bool require_crl : {false, true}) {
        const AuthenticationOptions options{.links = links,
                                            .any_disabled_blocks = any_disabled_blocks,
                                            .require_crl = require_crl};
        const Authenticator reference(fleet.snapshot, With(Kernel::kReference, options));
        const Authenticator subject(fleet.snapshot, With(GetParam(), options));
        for (const UnixTime at : {fleet.at, fleet.at + 1h, fleet.at + 1h + 1s, fleet.at - 10 * 8766h,
                                  fleet.at + 100 * 8766h}) {
          const std::vector<Verdict> expected = OneByOne(reference, chains, at);
          Compare(fleet.chains, expected, InBatches(subject, chains, at, chains.size()), "batch");
          Compare(fleet.chains, expected, InBatches(subject, chains, at, 7), "sevens");
          Compare(fleet.chains, expected, OneByOne(subject, chains, at), "one by one");
          accepted += static_cast<std::size_t>(
              std::count_if(expected.begin(), expected.end(),
                            [](const Verdict& v) { return v.accepted(); }));
        }
      }
    }
  }
  EXPECT_GT(accepted, fleet.chains.size()) << "the fleet tests nothing";
}

// Slices are cut at thousands, tables grow at dozens and hundreds.
TEST_P(BatchAgreementTest, InBatchesOfManySizes) {
  if (GetParam() == Kernel::kReference) GTEST_SKIP() << "it knows no batches";
  const MixedFleet& fleet = Fleet();
  std::vector<OwnedChain> many;
  while (many.size() < 8'200) {
    many.insert(many.end(), fleet.chains.begin(), fleet.chains.end());
  }
  const std::vector<PresentedChain> chains = BorrowAll(many);
  const Authenticator reference(fleet.snapshot, With(Kernel::kReference));
  std::vector<Verdict> expected =
      OneByOne(reference, BorrowAll(fleet.chains), fleet.at);
  const std::vector<Verdict> once = expected;
  while (expected.size() < many.size()) expected.insert(expected.end(), once.begin(), once.end());
  for (const std::size_t size : {33u, 2'047u, 8'192u, 1u << 20}) {
    const Authenticator subject(fleet.snapshot, With(GetParam()));
    Compare(many, expected, InBatches(subject, chains, fleet.at, size),
            "batches of " + std::to_string(size));
  }
}

// With next to no memory for paths and tables, everything is compiled, built and dropped all the
// time, by sixteen threads.
TEST_P(BatchAgreementTest, OnSixteenThreadsWithAnyMemory) {
  const MixedFleet& fleet = Fleet();
  std::vector<OwnedChain> many;
  while (many.size() < 2'000) {
    many.insert(many.end(), fleet.chains.begin(), fleet.chains.end());
  }
  const std::vector<PresentedChain> chains = BorrowAll(many);
  const Authenticator reference(fleet.snapshot, With(Kernel::kReference));
  const std::vector<Verdict> expected = InBatches(reference, chains, fleet.at, chains.size());
  for (const std::size_t octets_max : {0u, 2u << 20, 512u << 20}) {
    const Authenticator subject(
        fleet.snapshot, With(GetParam(), AuthenticationOptions{.cache_octets_max = octets_max}));
    for (const std::size_t threads : {2u, 16u}) {
      Compare(many, expected, OnThreads(subject, chains, fleet.at, threads),
              std::to_string(threads) + " threads, " + std::to_string(octets_max) + " octets");
    }
  }
}

// Chains that go wrong in every way known to us, each PKI with namesakes, cycles and cross-signing.
TEST_P(BatchAgreementTest, OnAdversarialChains) {
  if (GetParam() == Kernel::kReference) GTEST_SKIP() << "it is what others are compared with";
  std::size_t chains_in_all = 0, accepted = 0;
  std::set<RejectReason> reasons;
  for (std::uint64_t seed = 1; seed <= 24; seed += 4) {
    const MixedFleet fleet = test::MakeAdversarialFleet(seed, 4, 20);
    const std::vector<PresentedChain> chains = BorrowAll(fleet.chains);
    const Authenticator reference(fleet.snapshot, With(Kernel::kReference));
    const Authenticator subject(fleet.snapshot, With(GetParam()));
    const Authenticator small(
        fleet.snapshot, With(GetParam(), AuthenticationOptions{.cache_octets_max = 64u << 10}));
    for (const UnixTime at : {fleet.at, fleet.at + 1s}) {
      const std::vector<Verdict> expected = OneByOne(reference, chains, at);
      Compare(fleet.chains, expected, InBatches(subject, chains, at, chains.size()), "batch");
      Compare(fleet.chains, expected, InBatches(small, chains, at, 13), "thirteens");
      Compare(fleet.chains, expected, OneByOne(subject, chains, at), "one by one");
      Compare(fleet.chains, expected, OnThreads(small, chains, at, 4), "four threads");
      if (HasFatalFailure()) return;
      chains_in_all += chains.size();
      for (const Verdict& verdict : expected) {
        accepted += verdict.accepted();
        reasons.insert(verdict.reason);
      }
    }
  }
  EXPECT_GT(accepted, chains_in_all / 20);
  EXPECT_GT(reasons.size(), 20u) << "too few ways to go wrong";
}

INSTANTIATE_TEST_SUITE_P(Kernels, BatchAgreementTest, testing::ValuesIn(SupportedKernels()),
                         [](const auto& parameter) { return std::string(NameOf(parameter.param)); });

TEST(BatchAgreement, OnSpoiledChains) {
  const MixedFleet& fleet = Fleet();
  const std::uint64_t count = Setting("MUSTER_AGREEMENT_CHAINS", 10'000);
  const std::uint64_t first_seed = Setting("MUSTER_AGREEMENT_SEED", 1);
  constexpr std::uint64_t kBlock = 4'000;
  const Authenticator reference(fleet.snapshot, With(Kernel::kReference));
  std::vector<std::unique_ptr<Authenticator>> subjects;
  for (const Kernel kernel : SupportedKernels()) {
    if (kernel == Kernel::kReference) continue;
    subjects.push_back(std::make_unique<Authenticator>(fleet.snapshot, With(kernel)));
  }
  std::uint64_t done = 0, accepted = 0, bad_signatures = 0;
  for (std::uint64_t seed = first_seed; done < count; ++seed) {
    std::mt19937_64 random(seed);
    std::vector<OwnedChain> spoiled;
    for (std::uint64_t i = 0; i < std::min(kBlock, count - done); ++i) {
      spoiled.push_back(test::Spoil(fleet, &random));
    }
    const std::vector<PresentedChain> chains = BorrowAll(spoiled);
    const std::vector<Verdict> expected = OneByOne(reference, chains, fleet.at);
    for (const auto& subject : subjects) {
      // Whole blocks, and pieces whose size the seed chooses.
      const std::size_t size = seed % 2 == 0 ? chains.size() : 1 + random() % 300;
      Compare(spoiled, expected, InBatches(*subject, chains, fleet.at, size),
              "seed " + std::to_string(seed) + ", kernel " +
                  std::string(NameOf(*subject->options().kernel)));
      if (HasFatalFailure()) return;
    }
    done += spoiled.size();
    for (const Verdict& verdict : expected) {
      accepted += verdict.accepted();
      bad_signatures += verdict.reason == RejectReason::kBadSignature;
    }
  }
  // Spoiled chains that all fail alike would prove nothing.
  EXPECT_GT(accepted, count / 50);
  EXPECT_GT(bad_signatures, count / 50);
  RecordProperty("chains", std::to_string(done));
}

}  // namespace
}  // namespace muster
