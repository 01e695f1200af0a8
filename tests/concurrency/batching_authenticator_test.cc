// The batching front: verdicts of requests that share a batch, who waits and for how long, and that
// nobody waits for ever. Where a test needs requests to meet, the wait is an hour and the batch's
// size brings it about: nothing depends on timing, and what goes wrong hangs. Run under
// ThreadSanitizer by the tsan preset.
#include "muster/batching_authenticator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/test_world.h"

namespace muster {
namespace {

using namespace std::chrono_literals;
using test::Entity;
using test::Presented;
using test::RegistryBuilder;
using test::World;

// Runs `work(t)` in `count` threads at once and waits for all.
void InThreads(std::size_t count, const std::function<void(std::size_t)>& work) {
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < count; ++t) threads.emplace_back([&work, t] { work(t); });
}

class BatchingAuthenticatorTest : public testing::Test {
 protected:
  BatchingAuthenticatorTest()
      : root_(w_.Root("Root")),
        factory_(w_.Intermediate("Factory", root_)),
        stranger_(w_.Root("Stranger")),
        short_lived_(w_.Leaf("short-lived", factory_,
                             [this](CertificateTemplate& t) { t.not_after = w_.at() + 1h; })) {
    const Entity good = w_.Leaf("good", factory_);
    const Entity denied = w_.Leaf("denied", factory_);
    const Entity forged = w_.WithDer(good, test::FlipSignatureBit(good.der()));
    const Entity garbage = w_.WithDer(good, Bytes{0x30, 0x03, 0x02, 0x01});
    for (const Entity& leaf : {good, denied, forged, garbage, short_lived_}) {
      chains_.push_back(Presented(leaf, {factory_}));
    }
    chains_.push_back(Presented(good));  // The intermediate is missing.
    chains_.push_back(Presented(w_.Leaf("foreign", stranger_)));
    chains_.push_back(PresentedChain());
    snapshot_ = RegistryBuilder().Verified(root_).Group("g", factory_).Deny(denied).Snapshot();
  }

  const PresentedChain& good() const { return chains_.front(); }

  World w_;
  const Entity root_, factory_, stranger_, short_lived_;
  std::vector<PresentedChain> chains_;  // Of every kind; the first is accepted.
  std::shared_ptr<const RegistrySnapshot> snapshot_;
};

TEST_F(BatchingAuthenticatorTest, IsOffByDefault) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator);
  EXPECT_EQ(front.options().max_wait, 0us);
  EXPECT_EQ(front.Authenticate(good(), w_.at()), authenticator.Authenticate(good(), w_.at()));
  EXPECT_EQ(front.counters().requests, 0u);
}

TEST_F(BatchingAuthenticatorTest, OptionsCountAsTheNearestThatMakeSense) {
  const Authenticator authenticator(snapshot_);
  const auto options = [&](const BatchingOptions& given) {
    return BatchingAuthenticator(authenticator, given).options();
  };
  EXPECT_EQ(options({.max_wait = -1us}).max_wait, 0us);
  EXPECT_EQ(options({.max_wait = std::chrono::microseconds::max()}).max_wait, 24h);
  EXPECT_EQ(options({.batch_max = 0}).batch_max, 1u);
  EXPECT_EQ(options({.batch_max = ~std::size_t{0}}).batch_max, 4'096u);
  EXPECT_GE(options({}).processors, 1u);
  const BatchingOptions sensible = {
      .max_wait = 7us, .batch_max = 8, .wait_always = true, .processors = 3};
  EXPECT_EQ(options(sensible), sensible);
}

TEST_F(BatchingAuthenticatorTest, ABatchOfOneDoesNotWait) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 1h, .batch_max = 1, .wait_always = true});
  EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
}

TEST_F(BatchingAuthenticatorTest, ARequestWithoutACrowdDoesNotWait) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 1h, .processors = 1});
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
  // Fewer at a time than eight are never a crowd.
  InThreads(7, [&](std::size_t) {
    for (int i = 0; i < 100; ++i) EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
  });
  EXPECT_EQ(front.counters().requests, 800u);
  EXPECT_EQ(front.counters().decisions, 800u);
}

TEST_F(BatchingAuthenticatorTest, ALoneRequestWaitsAndNoLonger) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 20ms, .wait_always = true});
  const auto start = std::chrono::steady_clock::now();
  EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
  const auto took = std::chrono::steady_clock::now() - start;
  EXPECT_GE(took, 20ms);
  EXPECT_LT(took, 60s);  // That it returns at all, on any machine.
  EXPECT_EQ(front.counters().decisions, 1u);
}

TEST_F(BatchingAuthenticatorTest, AFullBatchDoesNotWait) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 1h, .batch_max = 8, .wait_always = true});
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    InThreads(8, [&](std::size_t) { EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted()); });
  }
  EXPECT_EQ(front.counters().requests, 8u * kRounds);
  EXPECT_EQ(front.counters().decisions, std::uint64_t{kRounds});
}

TEST_F(BatchingAuthenticatorTest, WhatComesWhileABatchIsDecidedGathersInTheNext) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 1h, .batch_max = 2, .wait_always = true});
  // Any two that meet are a batch, and the one that decides may be back before the other.
  constexpr int kRounds = 50;
  for (int round = 0; round < kRounds; ++round) {
    InThreads(4, [&](std::size_t) { EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted()); });
  }
  constexpr int kRequests = 500;
  InThreads(2, [&](std::size_t) {
    for (int i = 0; i < kRequests; ++i) {
      EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
    }
  });
  EXPECT_EQ(front.counters().requests, 4u * kRounds + 2u * kRequests);
  EXPECT_EQ(front.counters().decisions, 2u * kRounds + kRequests);
}

TEST_F(BatchingAuthenticatorTest, VerdictsAreThoseOfTheAuthenticator) {
  const Authenticator alone(snapshot_);
  std::vector<Verdict> expected;
  for (const PresentedChain& chain : chains_)
    expected.push_back(alone.Authenticate(chain, w_.at()));
  for (const bool wait_always : {false, true}) {
    for (const std::size_t threads : {1u, 2u, 3u, 5u, 8u, 16u}) {
      const Authenticator authenticator(snapshot_);
      BatchingAuthenticator front(
          authenticator,
          {.max_wait = 100us, .batch_max = 6, .wait_always = wait_always, .processors = 1});
      constexpr std::size_t kRequests = 64;
      std::atomic<std::size_t> wrong{0};
      InThreads(threads, [&](std::size_t t) {
        for (std::size_t i = 0; i < kRequests; ++i) {
          const std::size_t c = (t + i) % chains_.size();
          wrong += front.Authenticate(chains_[c], w_.at()) == expected[c] ? 0u : 1u;
        }
      });
      EXPECT_EQ(wrong, 0u) << threads << " threads";
      EXPECT_EQ(front.counters().requests, threads * kRequests);
      EXPECT_EQ(authenticator.counters().chains, threads * kRequests);
    }
  }
}

TEST_F(BatchingAuthenticatorTest, EachRequestIsDecidedAtItsOwnTime) {
  const Authenticator authenticator(snapshot_);
  BatchingAuthenticator front(authenticator, {.max_wait = 1h, .batch_max = 8, .wait_always = true});
  const PresentedChain chain = Presented(short_lived_, {factory_});
  std::vector<Verdict> verdicts(8);
  InThreads(verdicts.size(), [&](std::size_t t) {
    // One batch of three times, of which the last is too late.
    verdicts[t] = front.Authenticate(chain, w_.at() + std::chrono::minutes(30 * (t % 3) + 15));
  });
  EXPECT_EQ(front.counters().decisions, 1u);
  for (std::size_t t = 0; t < verdicts.size(); ++t) {
    EXPECT_EQ(verdicts[t].reason, t % 3 == 2 ? RejectReason::kExpired : RejectReason::kNone) << t;
  }
}

// More threads than make a crowd for one processor, which come and go at random, so that there is
// one now and none then; and in the end some are left over when all others are through.
TEST_F(BatchingAuthenticatorTest, NobodyIsForgotten) {
  const Authenticator authenticator(snapshot_);
  for (const bool wait_always : {false, true}) {
    BatchingAuthenticator front(
        authenticator,
        {.max_wait = 50us, .batch_max = 12, .wait_always = wait_always, .processors = 1});
    constexpr std::size_t kThreads = 24;
    InThreads(kThreads, [&](std::size_t t) {
      for (std::size_t i = 0; i < 40 + 10 * t; ++i) {
        EXPECT_TRUE(front.Authenticate(good(), w_.at()).accepted());
        if (i % 11 == t % 11) std::this_thread::sleep_for(60us);
      }
    });
    EXPECT_EQ(front.counters().requests, 40 * kThreads + 10 * kThreads * (kThreads - 1) / 2);
  }
}

TEST_F(BatchingAuthenticatorTest, EveryVerdictBelongsToOneSnapshotWhileTheyAreSwapped) {
  // Even generations accept, odd ones do not.
  std::vector<std::shared_ptr<const RegistrySnapshot>> snapshots;
  for (std::uint64_t generation = 0; generation < 2; ++generation) {
    RegistryBuilder builder;
    generation == 0 ? builder.Verified(root_) : builder.Unverified(root_);
    RegistryContents contents = builder.Group("g", factory_).Build();
    contents.generation = generation;
    snapshots.push_back(test::Must(RegistrySnapshot::Compile(contents)));
  }
  Authenticator authenticator(snapshots[0]);
  BatchingAuthenticator front(authenticator,
                              {.max_wait = 100us, .batch_max = 4, .wait_always = true});
  std::atomic<int> wrong{0};
  std::jthread swapper([&](std::stop_token stop) {
    for (std::size_t i = 1; !stop.stop_requested(); ++i) authenticator.Swap(snapshots[i % 2]);
  });
  InThreads(8, [&](std::size_t) {
    for (int i = 0; i < 60; ++i) {
      const Verdict verdict = front.Authenticate(good(), w_.at());
      if (verdict.accepted() != (verdict.generation == 0)) ++wrong;
    }
  });
  swapper.request_stop();
  swapper.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(front.counters().requests, 480u);
}

}  // namespace
}  // namespace muster
