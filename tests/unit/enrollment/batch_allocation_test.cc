// A batch under known CA paths and prepared keys allocates nothing: not for a device, not at all.
#include <gtest/gtest.h>

#include <vector>

#include "muster/authenticator.h"
#include "muster/kernel.h"
#include "bench/count_allocations.h"
#include "tests/support/test_world.h"

namespace muster {
namespace {

using test::Entity;
using test::RegistryBuilder;
using test::World;

#if MUSTER_COUNTS_ALLOCATIONS
TEST(BatchAllocation, NothingOnceEverythingIsKnown) {
  World w;
  const Entity root = w.Root("Root");
  const Entity p256 = w.Intermediate("Factory", root);
  const Entity p384 = w.Intermediate("Line", root, {.key = KeyKind::kP384});
  const Entity rsa = w.Intermediate("Plant", root, {.key = KeyKind::kRsa2048});
  const auto snapshot = RegistryBuilder()
                            .Verified(root)
                            .Group("factory", p256)
                            .Group("line", p384)
                            .Group("plant", rsa)
                            .Deny(w.Leaf("stolen", p256))
                            .Snapshot();
  std::vector<PresentedChain> chains;
  for (int i = 0; i < 40; ++i) {
    for (const Entity& issuer : {p256, p384, rsa}) {
      const Entity leaf = w.Leaf("device-" + issuer.label() + std::to_string(i), issuer);
      chains.push_back(test::Presented(leaf, {issuer}));
    }
  }
  for (const Kernel kernel : SupportedKernels()) {
    if (kernel == Kernel::kReference) continue;  // Botan allocates as it likes.
    const Authenticator authenticator(snapshot, {.kernel = kernel});
    std::vector<Verdict> verdicts(chains.size());
    std::vector<LeafDescription> leaves(chains.size());
    const auto decide_singly = [&] {
      for (const PresentedChain& chain : chains) {
        ASSERT_TRUE(authenticator.Authenticate(chain, w.at()).accepted());
      }
    };
    // Paths are compiled, and tables grow with the leaves that come.
    for (int i = 0; i < 20; ++i) authenticator.AuthenticateBatch(chains, w.at(), verdicts, leaves);
    decide_singly();
    for (const Verdict& verdict : verdicts) ASSERT_TRUE(verdict.accepted());
    const std::uint64_t before = bench::allocation_count;
    ASSERT_GT(before, 0U);
    authenticator.AuthenticateBatch(chains, w.at(), verdicts);
    EXPECT_EQ(bench::allocation_count, before) << NameOf(kernel) << ", a batch";
    authenticator.AuthenticateBatch(chains, w.at(), verdicts, leaves);
    EXPECT_EQ(bench::allocation_count, before) << NameOf(kernel) << ", with descriptions";
    decide_singly();
    EXPECT_EQ(bench::allocation_count, before) << NameOf(kernel) << ", one by one";
  }
}
#else
TEST(BatchAllocation, NothingOnceEverythingIsKnown) {
  GTEST_SKIP() << "sanitizers replace operator new themselves";
}
#endif

}  // namespace
}  // namespace muster
