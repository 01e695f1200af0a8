// Memory for tables of points: aligned, and in large pages.
//
// Lines of tables are looked up at random. In pages of 4 KiB nearly every look-up would also walk
// the page tables; in pages of 2 MiB few do. Most tables are smaller than such a page, so those of
// one size share chunks of several. A chunk is given back when all that was in it is, but for one
// of each size.
// Thread-safe.
#ifndef MUSTER_ENGINE_CRYPTO_ALIGNED_MEMORY_H_
#define MUSTER_ENGINE_CRYPTO_ALIGNED_MEMORY_H_

#include <cstddef>
#include <memory>

namespace muster::crypto {

struct MemoryChunk;

struct AlignedDelete {
  MemoryChunk* chunk = nullptr;
  void operator()(std::byte* octets) const;
};
using AlignedOctets = std::unique_ptr<std::byte[], AlignedDelete>;

// Octets at an address that is a multiple of 64. `octets` is above 0. Throws std::bad_alloc.
AlignedOctets AllocateAligned(std::size_t octets);

// Octets in all chunks: what is handed out, and what is free for tables of the same size.
std::size_t ChunkOctets();

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_ALIGNED_MEMORY_H_
