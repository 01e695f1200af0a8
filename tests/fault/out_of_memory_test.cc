// "An exception anywhere: rejected." Every single allocation of a decision fails once; the decision
// then refuses, or it did without that memory, but it never accepts what it should refuse, and the
// next one is right again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <memory>
#include <new>
#include <sstream>
#include <stdexcept>
#include <utility>
#include <vector>

#include "engine/crypto/issuer_key.h"
#include "muster/authenticator.h"
#include "muster/fleet_audit.h"
#include "muster/kernel.h"
#include "muster/path_validation.h"
#include "tests/support/test_world.h"

namespace {

// How many allocations of this thread still succeed; negative: all.
thread_local long allocations_left = -1;

}  // namespace

// Sanitizers have an allocator of their own, which must not be replaced by halves.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_FAILS_ALLOCATIONS 0
#else
#define MUSTER_FAILS_ALLOCATIONS 1
// Not inlined: the compiler would see aligned_alloc and operator delete side by side and warn.
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  if (allocations_left == 0) {
    allocations_left = -1;
    throw std::bad_alloc();
  }
  if (allocations_left > 0) --allocations_left;
  const auto unit = static_cast<std::size_t>(alignment);
  void* block = std::aligned_alloc(unit, (size / unit + 1) * unit);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  return operator new (size, std::align_val_t{alignof(std::max_align_t)});
}
[[gnu::noinline]] void operator delete(void* block) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
[[gnu::noinline]] void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  std::free(block);
}
#endif

namespace muster {
namespace {

using test::Entity;
using test::RegistryBuilder;
using test::World;
using ::testing::HasSubstr;

// Calls `decide` again and again, each time with the next allocation failing, until one call needs
// no more allocations than were allowed. `look` sees what came of each call before that.
template <typename Decide, typename Look>
long FailEachAllocation(const Decide& decide, const Look& look) {
  for (long allowed = 0;; ++allowed) {
    allocations_left = allowed;
    const auto outcome = decide();
    const bool failed = allocations_left < 0;
    allocations_left = -1;
    if (!failed) return allowed;
    look(outcome);
    if (testing::Test::HasFatalFailure()) return allowed;
  }
}

class OutOfMemoryTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!MUSTER_FAILS_ALLOCATIONS) GTEST_SKIP() << "a sanitizer's allocator cannot be replaced";
  }

  World w_;
  Entity root_ = w_.Root("Root"), factory_ = w_.Intermediate("Factory", root_);
  Entity closed_ = w_.Intermediate("Closed", root_);
  Entity good_ = w_.Leaf("good", factory_), denied_ = w_.Leaf("denied", factory_);
  Entity disabled_ = w_.Leaf("disabled", closed_);
  RegistryBuilder registry_ = RegistryBuilder()
                                  .Verified(root_)
                                  .Group("line", factory_)
                                  .Group("closed", closed_, {false})
                                  .Deny(denied_);
};

TEST_F(OutOfMemoryTest, AFirstSightRefuses) {
  const auto snapshot = registry_.Snapshot();
  for (const Kernel kernel : SupportedKernels()) {
    const auto decide = [&](const PresentedChain& chain) {
      // A new authenticator has seen nothing; made in peace, it decides in need.
      const long left = std::exchange(allocations_left, -1);
      const Authenticator authenticator(snapshot, {.kernel = kernel});
      allocations_left = left;
      const Verdict first = authenticator.Authenticate(chain, w_.at());
      if (allocations_left < 0) {
        // Nothing half done was kept.
        const Verdict second = authenticator.Authenticate(chain, w_.at());
        const Verdict right = Authenticator(snapshot).Authenticate(chain, w_.at());
        EXPECT_EQ(second.decision, right.decision);
        EXPECT_EQ(second.reason, right.reason);
      }
      return first;
    };
    const auto good = test::Presented(good_, {factory_});
    long refused = 0;
    const long needed = FailEachAllocation([&] { return decide(good); },
                                           [&](const Verdict& v) {
                                             if (v.accepted()) return;  // It did without.
                                             EXPECT_EQ(v.reason, RejectReason::kInternalError);
                                             ++refused;
                                           });
    EXPECT_GT(needed, 10) << NameOf(kernel);
    EXPECT_GT(refused, 10) << NameOf(kernel);
    for (const auto& [leaf, issuer] :
         {std::pair(denied_, factory_), std::pair(disabled_, closed_)}) {
      const auto chain = test::Presented(leaf, {issuer});
      FailEachAllocation([&] { return decide(chain); },
                         [&](const Verdict& v) { ASSERT_FALSE(v.accepted()) << leaf.label(); });
    }
  }
}

TEST_F(OutOfMemoryTest, ABatchRefusesAsAWhole) {
  const auto snapshot = registry_.Snapshot();
  const Entity forged = w_.WithDer(good_, test::FlipSignatureBit(good_.der()));
  const std::vector<PresentedChain> chains = {
      test::Presented(good_, {factory_}), test::Presented(forged, {factory_}),
      test::Presented(denied_, {factory_}), test::Presented(disabled_, {closed_})};
  const auto decide = [&] {
    const long left = std::exchange(allocations_left, -1);
    const Authenticator authenticator(snapshot);
    std::vector<Verdict> verdicts(chains.size());
    std::vector<LeafDescription> leaves(chains.size());
    allocations_left = left;
    authenticator.AuthenticateBatch(chains, w_.at(), verdicts, leaves);
    return verdicts;
  };
  long refused = 0;
  FailEachAllocation(decide, [&](const std::vector<Verdict>& verdicts) {
    if (!verdicts[0].accepted()) {
      EXPECT_EQ(verdicts[0].reason, RejectReason::kInternalError);
      EXPECT_EQ(verdicts[0].generation, snapshot->generation());
      ++refused;
    }
    ASSERT_FALSE(verdicts[1].accepted());
    ASSERT_FALSE(verdicts[2].accepted());
    ASSERT_FALSE(verdicts[3].accepted());
  });
  EXPECT_GT(refused, 10);
}

TEST_F(OutOfMemoryTest, ValidationWithoutARegistryRefuses) {
  ValidationInput input{good_.certificate(), {factory_.certificate()}, {root_.certificate()}, {}};
  const ValidationOptions options;
  const auto validate = [&] { return ValidatePath(input, options, w_.at()); };
  long refused = 0;
  FailEachAllocation(validate, [&](const ValidationOutcome& outcome) {
    if (outcome.valid) return;
    EXPECT_EQ(outcome.reason, RejectReason::kInternalError);
    ++refused;
  });
  EXPECT_GT(refused, 10);
  input.leaf = w_.WithDer(good_, test::FlipSignatureBit(good_.der())).certificate();
  FailEachAllocation(validate, [](const ValidationOutcome& o) { ASSERT_FALSE(o.valid); });
}

// A CRL that could not be examined is not one that another key signed: the certificate that it
// lists would count as not revoked.
TEST_F(OutOfMemoryTest, ARevokedDeviceStaysRevoked) {
  const auto snapshot =
      registry_.Crl(registry_.Build().cas.front().name, w_.Crl(root_, {factory_})).Snapshot();
  const auto chain = test::Presented(good_, {factory_});
  const auto decide = [&] {
    const long left = std::exchange(allocations_left, -1);
    const Authenticator authenticator(snapshot);
    allocations_left = left;
    const Verdict first = authenticator.Authenticate(chain, w_.at());
    if (allocations_left < 0) {
      EXPECT_EQ(authenticator.Authenticate(chain, w_.at()).reason, RejectReason::kRevoked);
    }
    return first;
  };
  FailEachAllocation(decide, [](const Verdict& v) { ASSERT_FALSE(v.accepted()); });

  const ValidationOptions options;
  const ValidationInput input{good_.certificate(),
                              {factory_.certificate()},
                              {root_.certificate()},
                              {w_.Crl(root_, {factory_})}};
  FailEachAllocation([&] { return ValidatePath(input, options, w_.at()); },
                     [](const ValidationOutcome& o) { ASSERT_FALSE(o.valid); });
}

TEST_F(OutOfMemoryTest, NoSnapshotIsHalfCompiled) {
  const RegistryContents contents = registry_.Build();
  const auto compile = [&] {
    const long left = std::exchange(allocations_left, -1);
    RegistryContents copy = contents;
    allocations_left = left;
    return RegistrySnapshot::Compile(std::move(copy));
  };
  const long needed = FailEachAllocation(compile, [](const auto& snapshot) {
    // Some memory is wanted for speed only.
    if (snapshot) return;
    EXPECT_EQ(snapshot.error().code, ErrorCode::kInternal);
  });
  EXPECT_GT(needed, 10);
}

TEST_F(OutOfMemoryTest, AProofIsRefused) {
  const std::string code(48, 'A');
  const Bytes proof = w_.Proof(root_, code), other = w_.Proof(factory_, code);
  const CertificateView ca = root_.view();
  long refused = 0;
  FailEachAllocation([&] { return CheckProof(ca, code, proof, w_.at()); },
                     [&](const ProofOutcome& outcome) {
                       if (outcome.good()) return;
                       EXPECT_EQ(outcome.reason, RejectReason::kInternalError);
                       ++refused;
                     });
  EXPECT_GT(refused, 0);
  FailEachAllocation([&] { return CheckProof(ca, code, other, w_.at()); },
                     [](const ProofOutcome& outcome) { ASSERT_FALSE(outcome.good()); });
}

TEST_F(OutOfMemoryTest, TablesThatAreNotBuiltTakeNoRoom) {
  using namespace crypto;
  const ByteView spki = factory_.view().spki();
  for (const Kernel kernel : SupportedKernels()) {
    if (kernel == Kernel::kReference) continue;
    std::unique_ptr<IssuerKeyPool> pool;
    std::shared_ptr<IssuerKey> key;
    const auto prepare = [&] {
      const long left = std::exchange(allocations_left, -1);
      pool = std::make_unique<IssuerKeyPool>(kernel, 1 << 30);
      key = pool->Intern(spki, PublicKey::Load(spki, AlgorithmPolicy{}).value());
      IssuerKeyPool::Need need{&key, 400};
      allocations_left = left;
      try {
        pool->Prepare({&need, 1});
      } catch (const std::bad_alloc&) {
      }
      return 0;
    };
    const long allocations = FailEachAllocation(prepare, [&](int) {
      IssuerKeyPool::Need again{&key, 400};
      pool->Prepare({&again, 1});
      ASSERT_NE(again.prepared, nullptr);
      const int window = std::get<PreparedKey>(*again.prepared).window();
      EXPECT_EQ(pool->octets(), PreparedKey::OctetsFor(KeyAlgorithm::kP256, window));
    });
    EXPECT_GT(allocations, 3) << NameOf(kernel);
  }
}

// What a sink throws ends the audit, and is not the caller's to catch.
TEST_F(OutOfMemoryTest, AnAuditWhoseSinkThrowsSaysSo) {
  const Authenticator authenticator(registry_.Snapshot());
  const auto run = [&](const FleetAudit::Sink& sink) {
    std::istringstream input("{\"deviceId\": \"d\", \"chain\": []}\n");
    FleetAudit audit(authenticator, {.at = w_.at(), .threads = 1});
    return audit.Run({"-"}, input, sink);
  };
  const auto full = run([](const AuditRecord&) { throw std::runtime_error("the disk is full"); });
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kInternal);
  EXPECT_THAT(full.error().message, HasSubstr("the disk is full"));
  const auto strange = run([](const AuditRecord&) { throw 7; });
  ASSERT_FALSE(strange);
  EXPECT_EQ(strange.error().code, ErrorCode::kInternal);
}

}  // namespace
}  // namespace muster
