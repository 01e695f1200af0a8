// Decisions while snapshots are swapped: each verdict is that of one snapshot, whole. Run under
// ThreadSanitizer by the tsan preset.
#include "muster/authenticator.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Entity;
using test::Presented;
using test::RegistryBuilder;
using test::World;

TEST(AuthenticatorConcurrencyTest, EveryVerdictBelongsToOneSnapshot) {
  World w;
  const Entity root = w.Root("Root"), factory = w.Intermediate("Factory", root);
  std::vector<Entity> leaves;
  for (int i = 0; i < 8; ++i) leaves.push_back(w.Leaf("d" + std::to_string(i), factory));
  // Even generations accept, odd ones do not.
  std::vector<std::shared_ptr<const RegistrySnapshot>> snapshots;
  for (std::uint64_t generation = 0; generation < 2; ++generation) {
    RegistryBuilder builder;
    generation == 0 ? builder.Verified(root) : builder.Unverified(root);
    RegistryContents contents = builder.Group("g", factory).Build();
    contents.generation = generation;
    snapshots.push_back(test::Must(RegistrySnapshot::Compile(contents)));
  }
  Authenticator authenticator(snapshots[0]);

  std::atomic<int> decided{0}, wrong{0}, mixed{0};
  std::vector<std::jthread> deciders;
  for (int t = 0; t < 4; ++t) {
    deciders.emplace_back([&] {
      std::vector<PresentedChain> chains;
      for (const Entity& leaf : leaves) chains.push_back(Presented(leaf, {factory}));
      for (int round = 0; round < 40; ++round) {
        std::vector<Verdict> verdicts(chains.size());
        authenticator.AuthenticateBatch(chains, w.at(), verdicts);
        for (const Verdict& v : verdicts) {
          ++decided;
          if (v.accepted() != (v.generation == 0)) ++wrong;
          if (v.generation != verdicts.front().generation) ++mixed;
        }
      }
    });
  }
  std::jthread swapper([&](std::stop_token stop) {
    for (std::size_t i = 1; !stop.stop_requested(); ++i) authenticator.Swap(snapshots[i % 2]);
  });
  deciders.clear();
  swapper.request_stop();
  swapper.join();
  EXPECT_EQ(decided, 4 * 40 * 8);
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(authenticator.counters().chains, static_cast<std::uint64_t>(decided));
}

TEST(AuthenticatorConcurrencyTest, ThreadsShareCompiledPaths) {
  World w;
  const Entity root = w.Root("Root"), factory = w.Intermediate("Factory", root);
  const Entity leaf = w.Leaf("d", factory);
  const Authenticator authenticator(
      RegistryBuilder().Verified(root).Group("g", factory).Snapshot());
  constexpr int kThreads = 8, kRounds = 20;
  std::atomic<int> accepted{0};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kRounds; ++i) {
          accepted += authenticator.Authenticate(Presented(leaf, {factory}), w.at()).accepted();
        }
      });
    }
  }
  EXPECT_EQ(accepted, kThreads * kRounds);
  // Threads that meet a chain for the first time at once may each compile it, and no more than that.
  EXPECT_LE(authenticator.counters().ca_paths_compiled, static_cast<std::uint64_t>(kThreads));
}

}  // namespace
}  // namespace muster
