// A good leaf costs no allocation of ours: counted by replacing the global operator new of this
// executable.

#include <cstdlib>
#include <new>

#include "engine/crypto/public_key.h"
#include "tests/unit/path/path_fixture.h"

namespace {

thread_local long allocations = 0;

}  // namespace

// Sanitizers have an allocator of their own, which must not be replaced by halves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_COUNTS_ALLOCATIONS 0
#else
#define MUSTER_COUNTS_ALLOCATIONS 1
// Not inlined: the compiler would see malloc and operator delete side by side and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* block = std::malloc(size == 0 ? 1 : size)) return block;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
#endif

namespace muster::path {
namespace {

class LeafAllocationTest : public PathTest {
 protected:
  void SetUp() override {
    if (!MUSTER_COUNTS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer's allocator cannot be replaced";
  }

  // Allocations of CheckLeaf beyond those of the key check, which is not ours.
  long AllocationsOf(const Entity& leaf, const std::vector<Entity>& cas) {
    const CrlSet crls(crls_, nullptr, nullptr);
    const PathValidator validator(options_, crls, rules_);
    LinkVerifier links(options_.algorithms, 8);
    FaultSink sink(false);
    StableWindow stable;
    std::vector<graph::CaNodePtr> nodes;
    for (const Entity& ca : cas) nodes.push_back(NodeOf(ca));
    const auto path = validator.ValidateCas(nodes, w_.at(), &links, &sink, &stable);
    if (!path) throw std::runtime_error("the path is not valid");
    const CertificateView view = leaf.view();
    const long before_key = allocations;
    EXPECT_TRUE(crypto::CheckPublicKey(view.spki(), options_.algorithms));
    const long key = allocations - before_key;
    const long before = allocations;
    EXPECT_TRUE(validator.CheckLeaf(*path, view, w_.at(), &sink));
    return allocations - before - key;
  }

  Entity root_ = w_.Root("Root");
  Entity factory_ = w_.Intermediate("Factory", root_);
};

TEST_F(LeafAllocationTest, AnOrdinaryLeafCostsNone) {
  EXPECT_EQ(AllocationsOf(w_.Leaf("device-1", factory_), {factory_, root_}), 0);
}

TEST_F(LeafAllocationTest, CrlsThatCoverAllOfTheirIssuerCostNone) {
  crls_ = {w_.Crl(root_, {}), w_.Crl(factory_, {w_.Leaf("device-2", factory_)})};
  options_.require_crl = true;
  EXPECT_EQ(AllocationsOf(w_.Leaf("device-1", factory_), {factory_, root_}), 0);
}

TEST_F(LeafAllocationTest, TheCounterCounts) {
  EXPECT_GT(AllocationsOf(w_.Leaf("device-1", factory_, With(SubjectAltName({Dns("a.b")}))),
                          {factory_, root_}),
            0);
}

}  // namespace
}  // namespace muster::path
