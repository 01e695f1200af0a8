#include "tests/bounds/live_memory.h"

#include <malloc.h>

#include <cstdlib>
#include <new>

#if MUSTER_MEASURES_MEMORY

namespace muster::test {
namespace {

// Not inlined: GCC would see new paired with free.
[[gnu::noinline]] void* MeasuredAllocate(std::size_t size, std::size_t alignment) {
  const std::size_t rounded = (size + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded == 0 ? alignment : rounded);
  if (memory == nullptr) throw std::bad_alloc();
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t usable = ::malloc_usable_size(memory);
  const std::size_t live = live_octets.fetch_add(usable, std::memory_order_relaxed) + usable;
  std::size_t peak = peak_octets.load(std::memory_order_relaxed);
  while (peak < live && !peak_octets.compare_exchange_weak(peak, live)) {
  }
  return memory;
}
[[gnu::noinline]] void MeasuredRelease(void* memory) {
  if (memory == nullptr) return;
  live_octets.fetch_sub(::malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace
}  // namespace muster::test

void* operator new(std::size_t size) {
  return muster::test::MeasuredAllocate(size, alignof(std::max_align_t));
}
void* operator new[](std::size_t size) {
  return muster::test::MeasuredAllocate(size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return muster::test::MeasuredAllocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return muster::test::MeasuredAllocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { muster::test::MeasuredRelease(memory); }
void operator delete[](void* memory) noexcept { muster::test::MeasuredRelease(memory); }
void operator delete(void* memory, std::size_t) noexcept { muster::test::MeasuredRelease(memory); }
void operator delete[](void* memory, std::size_t) noexcept {
  muster::test::MeasuredRelease(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  muster::test::MeasuredRelease(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  muster::test::MeasuredRelease(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  muster::test::MeasuredRelease(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  muster::test::MeasuredRelease(memory);
}
#endif
