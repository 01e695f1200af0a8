// VerifyBatch promises to allocate nothing once its scratch has grown. Counted by replacing the
// global operator new of this executable, which sanitizers need for themselves.

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <new>

#include "engine/crypto/batch_verify.h"
#include "tests/unit/crypto/kernel_test_curve.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define MUSTER_COUNT_ALLOCATIONS 1

namespace {

std::atomic<std::uint64_t> allocations{0};

// Not inlined: GCC would see new paired with free.
[[gnu::noinline]] void* Allocate(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

[[gnu::noinline]] void Release(void* memory) { std::free(memory); }

}  // namespace

void* operator new(std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new[](std::size_t size) { return Allocate(size, alignof(std::max_align_t)); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return Allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { Release(memory); }
void operator delete[](void* memory) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { Release(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { Release(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { Release(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  Release(memory);
}
#endif

namespace muster::crypto {
namespace {

#ifdef MUSTER_COUNT_ALLOCATIONS
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
    const std::uint64_t before = allocations;
    ASSERT_GT(before, 0U);
    VerifyBatch(jobs, &scratch);
    VerifyBatch(std::span(jobs).first(3), &scratch);
    EXPECT_EQ(allocations, before) << NameOf(kernel);
  }
}
#else
TEST(BatchVerifyAllocation, NothingIsAllocatedOnceTheScratchHasGrown) {
  GTEST_SKIP() << "sanitizers replace operator new themselves";
}
#endif

}  // namespace
}  // namespace muster::crypto
