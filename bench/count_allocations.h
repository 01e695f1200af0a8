// Counts this executable's allocations, by replacing the global operator new.
//
// To be included by one source file of an executable. Sanitizers need operator new for themselves:
// under them MUSTER_COUNTS_ALLOCATIONS is 0 and nothing is counted.
#ifndef MUSTER_BENCH_COUNT_ALLOCATIONS_H_
#define MUSTER_BENCH_COUNT_ALLOCATIONS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace muster::bench {

inline std::atomic<std::uint64_t> allocation_count{0};

}  // namespace muster::bench

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_COUNTS_ALLOCATIONS 0
#else
#define MUSTER_COUNTS_ALLOCATIONS 1

namespace muster::bench {

// Not inlined: GCC would see new paired with free.
[[gnu::noinline]] inline void* CountedAllocate(std::size_t size, std::size_t alignment) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] inline void CountedRelease(void* memory) { std::free(memory); }

}  // namespace muster::bench

void* operator new(std::size_t size) {
  return muster::bench::CountedAllocate(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size) {
  return muster::bench::CountedAllocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return muster::bench::CountedAllocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return muster::bench::CountedAllocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { muster::bench::CountedRelease(memory); }
void operator delete[](void* memory) noexcept { muster::bench::CountedRelease(memory); }
void operator delete(void* memory, std::size_t) noexcept { muster::bench::CountedRelease(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  muster::bench::CountedRelease(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  muster::bench::CountedRelease(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  muster::bench::CountedRelease(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  muster::bench::CountedRelease(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  muster::bench::CountedRelease(memory);
}
#endif

#endif  // MUSTER_BENCH_COUNT_ALLOCATIONS_H_
