#include "engine/crypto/aligned_memory.h"

#ifdef __linux__
#include <sys/mman.h>
#endif

#include <algorithm>
#include <cstdint>
#include <map>
#include <mutex>
#include <new>
#include <vector>

namespace muster::crypto {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kLargePage = std::size_t{2} << 20;
constexpr std::size_t kChunkMin = 2 * kLargePage;

constexpr std::size_t RoundUp(std::size_t size, std::size_t unit) {
  return (size + unit - 1) / unit * unit;
}

}  // namespace

// Slots of one size.
struct MemoryChunk {
  // As many slots as waste no more than an eighth of the last page.
  explicit MemoryChunk(std::size_t the_slot_octets) : slot_octets(the_slot_octets) {
    slots = RoundUp(kChunkMin, slot_octets) / slot_octets;
    while (octets() - slots * slot_octets > octets() / 8) ++slots;
    unused.reserve(slots);
    for (std::size_t i = slots; i-- > 0;) unused.push_back(static_cast<std::uint32_t>(i));
    memory = static_cast<std::byte*>(::operator new(octets(), std::align_val_t{kLargePage}));
#ifdef __linux__
    // Only advice: where the system has no large pages to give, nothing changes.
    ::madvise(memory, octets(), MADV_HUGEPAGE);
#endif
  }
  ~MemoryChunk() { ::operator delete(memory, std::align_val_t{kLargePage}); }
  MemoryChunk(const MemoryChunk&) = delete;
  MemoryChunk& operator=(const MemoryChunk&) = delete;

  std::size_t octets() const { return RoundUp(slots * slot_octets, kLargePage); }

  const std::size_t slot_octets;
  std::size_t slots = 0;
  std::vector<std::uint32_t> unused;
  std::byte* memory = nullptr;
};

namespace {

// All chunks. Never destroyed: threads that end late still give memory back.
class Chunks {
 public:
  static Chunks& Get() {
    static Chunks* const chunks = new Chunks;
    return *chunks;
  }

  AlignedOctets Allocate(std::size_t octets) {
    const std::size_t slot_octets = RoundUp(octets, kLine);
    const std::lock_guard lock(mutex_);
    std::vector<MemoryChunk*>& with_room = with_room_[slot_octets];
    if (with_room.empty()) {
      with_room.reserve(1);
      with_room.push_back(new MemoryChunk(slot_octets));
      octets_ += with_room.back()->octets();
    }
    MemoryChunk* chunk = with_room.back();
    std::byte* slot = chunk->memory + chunk->unused.back() * slot_octets;
    chunk->unused.pop_back();
    if (chunk->unused.empty()) with_room.pop_back();
    return AlignedOctets(slot, AlignedDelete{chunk});
  }

  void Release(std::byte* slot, MemoryChunk* chunk) {
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::size_t>(slot - chunk->memory) / chunk->slot_octets;
    chunk->unused.push_back(static_cast<std::uint32_t>(index));  // It was reserved.
    std::vector<MemoryChunk*>& with_room = with_room_[chunk->slot_octets];
    if (chunk->unused.size() == 1) with_room.push_back(chunk);
    if (chunk->unused.size() < chunk->slots) return;
    // One empty chunk of each size stays: to map and touch it anew costs as much as narrow tables.
    const auto is_another_empty = [chunk](const MemoryChunk* other) {
      return other != chunk && other->unused.size() == other->slots;
    };
    if (std::none_of(with_room.begin(), with_room.end(), is_another_empty)) return;
    with_room.erase(std::find(with_room.begin(), with_room.end(), chunk));
    octets_ -= chunk->octets();
    delete chunk;
  }

  std::size_t octets() {
    const std::lock_guard lock(mutex_);
    return octets_;
  }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<MemoryChunk*>> with_room_;  // By the size of their slots.
  std::size_t octets_ = 0;
};

}  // namespace

void AlignedDelete::operator()(std::byte* octets) const { Chunks::Get().Release(octets, chunk); }

AlignedOctets AllocateAligned(std::size_t octets) { return Chunks::Get().Allocate(octets); }

std::size_t ChunkOctets() { return Chunks::Get().octets(); }

}  // namespace muster::crypto
