// Big-endian octets to 64-bit words, least significant word first.
#ifndef MUSTER_ENGINE_CRYPTO_BIG_ENDIAN_H_
#define MUSTER_ENGINE_CRYPTO_BIG_ENDIAN_H_

#include <bit>
#include <cstdint>
#include <cstring>

#include "engine/crypto/kernels/kernel_table.h"

namespace muster::crypto {

// Reads 8 * kWords octets.
template <int kWords>
inline void LoadBigEndian(const std::uint8_t* octets, std::uint64_t* words) {
  for (int i = 0; i < kWords; ++i) {
    std::uint64_t word;
    std::memcpy(&word, octets + 8 * (kWords - 1 - i), sizeof word);
    if constexpr (std::endian::native == std::endian::little) word = __builtin_bswap64(word);
    words[i] = word;
  }
}

// A point as SEC 1 2.3.3 writes it, without the first octet: x, then y.
template <int kWords>
inline void LoadPoint(const std::uint8_t* octets, kernels::Line<kWords>* point) {
  LoadBigEndian<kWords>(octets, point->x);
  LoadBigEndian<kWords>(octets + 8 * kWords, point->y);
}

}  // namespace muster::crypto

#endif  // MUSTER_ENGINE_CRYPTO_BIG_ENDIAN_H_
