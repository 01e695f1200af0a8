// How much memory a piece of work holds and how often it allocates, from operator new, which
// live_memory.cc replaces for this executable.
//
// Sanitizers need operator new for themselves: under them MUSTER_MEASURES_MEMORY is 0 and nothing is
// counted.
#ifndef MUSTER_TESTS_BOUNDS_LIVE_MEMORY_H_
#define MUSTER_TESTS_BOUNDS_LIVE_MEMORY_H_

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define MUSTER_MEASURES_MEMORY 0
#else
#define MUSTER_MEASURES_MEMORY 1
#endif

namespace muster::test {

// Octets held now, and the most that were held since someone set it.
inline std::atomic<std::size_t> live_octets{0}, peak_octets{0};
inline std::atomic<std::uint64_t> allocation_count{0};

struct MemoryUse {
  std::size_t peak_octets = 0;  // At most, beyond what was held before.
  std::uint64_t allocations = 0;
};
template <typename Work>
MemoryUse MeasureMemory(Work work) {
  const std::size_t before = live_octets;
  const std::uint64_t allocations = allocation_count;
  peak_octets = before;
  work();
  return {peak_octets - before, allocation_count - allocations};
}

}  // namespace muster::test

#endif  // MUSTER_TESTS_BOUNDS_LIVE_MEMORY_H_
