// Signed odd digits: a scalar as a sum of table lines, none of them zero. README.md has the proof.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_RECODING_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_RECODING_H_

#include <bit>
#include <cstring>

#include "engine/base/check.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// The binary form k' = (k + 2^(w windows) - 1) / 2 of an odd k = u or u - n: window i of k' holds
// b_i, and sum (2 b_i - (2^w - 1)) 2^(w i) = k. Two words more than u, because the windows may
// reach 15 bits beyond it and are read four octets at a time.
template <int kWords>
struct Digits {
  Word w[kWords + 2];
};

// For u in [0, n) and windows wide enough for n: w windows >= bits of n.
template <int kWords>
MUSTER_ALWAYS_INLINE void Recode(const Words<kWords>& u, const Words<kWords>& n, int window,
                                 int windows, Digits<kWords>* out) {
  MUSTER_DCHECK(window * windows >= 64 * kWords && window * windows < 64 * kWords + 63);
  const Word even = Word{0} - (~u.w[0] & 1);
  // Below 2^64 kWords the ones of 2^(w windows) - 1 fill every word; `high` are those above.
  const Word high = (Word{1} << (window * windows - 64 * kWords)) - 1;
  Word sum[kWords + 1];
  Word borrow = 0, carry = 0;
  for (int i = 0; i < kWords; ++i) {
    Word odd;
    borrow = SubBorrow(u.w[i], n.w[i] & even, borrow, &odd);
    carry = AddCarry(odd, ~Word{0}, carry, &sum[i]);
  }
  sum[kWords] = high + carry - borrow;  // Not negative: k > -2^(w windows).
  for (int i = 0; i < kWords; ++i) out->w[i] = sum[i] >> 1 | sum[i + 1] << 63;
  out->w[kWords] = sum[kWords] >> 1;
  out->w[kWords + 1] = 0;
}

// Digit `i` as a line of the table, counted from the table's start, and whether to negate it:
// b >= 2^(w-1) stands for +(2 (b - 2^(w-1)) + 1), the others for the negatives, mirrored.
template <int kWords>
MUSTER_ALWAYS_INLINE std::uint32_t LineOf(const Digits<kWords>& digits, int window, int i,
                                          std::uint32_t* negative) {
  const std::uint32_t bit = static_cast<std::uint32_t>(window * i);
  std::uint32_t b;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&b, reinterpret_cast<const unsigned char*>(digits.w) + (bit >> 3), 4);
    b >>= bit & 7;
  } else {
    const Word* word = digits.w + (bit >> 6);
    const int shift = static_cast<int>(bit & 63);
    b = static_cast<std::uint32_t>(word[0] >> shift | word[1] << 1 << (63 - shift));
  }
  const std::uint32_t half = std::uint32_t{1} << (window - 1);
  *negative = (b & half) == 0 ? 1 : 0;
  return (static_cast<std::uint32_t>(i) << (window - 1)) + ((b ^ (0 - *negative)) & (half - 1));
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_RECODING_H_
