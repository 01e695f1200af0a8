#include "engine/crypto/aligned_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <thread>
#include <utility>
#include <vector>

namespace muster::crypto {
namespace {

struct Held {
  AlignedOctets memory;
  std::size_t size;
  std::uint8_t mark;

  Held(std::size_t the_size, std::uint8_t the_mark)
      : memory(AllocateAligned(the_size)), size(the_size), mark(the_mark) {
    std::memset(memory.get(), mark, size);
  }
  bool IsWhole() const {
    for (std::size_t i = 0; i < size; ++i) {
      if (memory[i] != std::byte{mark}) return false;
    }
    return reinterpret_cast<std::uintptr_t>(memory.get()) % 64 == 0;
  }
};

// Allocates and releases at random; every piece must keep what was written into it.
void Exercise(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  constexpr std::size_t kSizes[] = {1, 64, 65, 8'192, 32'768, 851'968, 2'883'584};
  std::vector<Held> held;
  for (int i = 0; i < 400; ++i) {
    if (held.size() < 20 || random() % 2 == 0) {
      held.emplace_back(kSizes[random() % std::size(kSizes)], static_cast<std::uint8_t>(random()));
    } else {
      const std::size_t any = random() % held.size();
      EXPECT_TRUE(held[any].IsWhole());
      std::swap(held[any], held.back());
      held.pop_back();
    }
  }
  for (const Held& piece : held) EXPECT_TRUE(piece.IsWhole());
}

TEST(AlignedMemory, PiecesAreApartAndAligned) { Exercise(1); }

TEST(AlignedMemory, OnManyThreads) {
  std::vector<std::jthread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) threads.emplace_back([t] { Exercise(100 + t); });
}

TEST(AlignedMemory, ChunksAreSharedAndGivenBack) {
  const std::size_t before = ChunkOctets();
  constexpr std::size_t kTable = 65'536;  // No other test leaves an empty chunk for it.
  std::vector<AlignedOctets> tables;
  for (int i = 0; i < 1'000; ++i) tables.push_back(AllocateAligned(kTable));
  const std::size_t full = ChunkOctets() - before;
  EXPECT_GE(full, 1'000 * kTable);
  EXPECT_LE(full, 1'000 * kTable + (std::size_t{4} << 20)) << "one chunk that is not full, at most";
  // What is free is used again before another chunk is taken.
  for (std::size_t i = 0; i < tables.size(); i += 2) tables[i].reset();
  for (std::size_t i = 0; i < tables.size(); i += 2) tables[i] = AllocateAligned(kTable);
  EXPECT_EQ(ChunkOctets() - before, full);
  tables.clear();
  EXPECT_LE(ChunkOctets(), before + (std::size_t{4} << 20)) << "one empty chunk stays, at most";
}

}  // namespace
}  // namespace muster::crypto
