// VerifyBatch promises to allocate nothing once its scratch has grown.

#include <gtest/gtest.h>

#include <deque>

#include "engine/crypto/batch_verify.h"
#include "bench/count_allocations.h"
#include "tests/unit/crypto/kernel_test_curve.h"

namespace muster::crypto {
namespace {

#if MUSTER_COUNTS_ALLOCATIONS
TEST(BatchVerifyAllocation, NothingIsAllocatedOnceTheScratchHasGrown) {
  const TestCurve p256(KeyAlgorithm::kP256), p384(KeyAlgorithm::kP384);
  for (const Kernel kernel : FastKernels()) {
    std::deque<PreparedKey> keys;
    std::deque<TestSignature> signatures;
    for (const TestCurve* curve : {&p256, &p384}) {
      const auto point = curve->Multiply(curve->Generator(), 4711);
      keys.push_back(Prepare(curve->Spki(point), 4, kernel));
      signatures.push_back(curve->SignatureWith(point, 12, 34).value());
    }
    std::vector<SignatureJob> jobs;
    for (std::size_t i = 0; i < 700; ++i) {
      jobs.push_back({&keys[i % 2], signatures[i % 2].digest, signatures[i % 2].der});
    }
    VerifyScratch scratch;
    VerifyBatch(jobs, &scratch);
    const std::uint64_t before = bench::allocation_count;
    ASSERT_GT(before, 0U);
    VerifyBatch(jobs, &scratch);
    VerifyBatch(std::span(jobs).first(3), &scratch);
    EXPECT_EQ(bench::allocation_count, before) << NameOf(kernel);
  }
}
#else
TEST(BatchVerifyAllocation, NothingIsAllocatedOnceTheScratchHasGrown) {
  GTEST_SKIP() << "sanitizers replace operator new themselves";
}
#endif

}  // namespace
}  // namespace muster::crypto
