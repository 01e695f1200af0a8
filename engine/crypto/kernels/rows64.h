// What 64-bit Montgomery multiplication is made of: sums, differences and one row of a product.
//
// A row adds a * b_i to the running value t and then (moduli64.h) a multiple of the modulus that
// makes the low word zero, so that t moves down by a word. t has kWords + 2 words; between rows the
// value is below 2^(64 kWords + 1), so t[kWords] is 0 or 1 and t[kWords + 1] is 0.
//
// GCC 12 makes poor code of chained carries. Where the file is compiled for BMI2 and ADX all of it
// is written out in rows64_x86.h; the plain text here says the same.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_H_

#include "engine/crypto/kernels/words.h"

#if defined(__x86_64__) && defined(__BMI2__) && defined(__ADX__)
#define MUSTER_ROWS_IN_ASSEMBLY 1
#endif

namespace muster::crypto::kernels {
namespace {

// t += a b; t[kWords + 1] must be 0 and receives the last carry.
template <int kWords>
MUSTER_ALWAYS_INLINE void AddProduct(const Words<kWords>& a, Word b, Word* t) {
  Word carry = 0;
#pragma GCC unroll 8
  for (int j = 0; j < kWords; ++j) carry = MulAdd(a.w[j], b, t[j], carry, &t[j]);
  t[kWords + 1] = AddCarry(t[kWords], carry, 0, &t[kWords]);
}

// t mod m for t below 2m; t[kWords] is its top bit.
template <int kWords>
MUSTER_ALWAYS_INLINE Words<kWords> ReduceTop(const Word* t, const Words<kWords>& m) {
  Words<kWords> out;
#pragma GCC unroll 8
  for (int i = 0; i < kWords; ++i) out.w[i] = t[i];
  return ReduceOnce(t[kWords], out, m);
}

// *sum = a + b, returns the carry.
template <int kWords>
MUSTER_ALWAYS_INLINE Word AddChain(const Words<kWords>& a, const Words<kWords>& b,
                                   Words<kWords>* sum) {
  return Add(a, b, sum);
}

// *difference = a - b, returns all ones if a < b and otherwise 0.
template <int kWords>
MUSTER_ALWAYS_INLINE Word SubChain(const Words<kWords>& a, const Words<kWords>& b,
                                   Words<kWords>* difference) {
  return Word{0} - Sub(a, b, difference);
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_ROWS64_H_
