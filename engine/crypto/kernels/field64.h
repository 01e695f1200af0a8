// Arithmetic modulo p and n with 64-bit words: Montgomery form, R = 2^(64 kWords), every value
// fully reduced. One signature at a time; also what tables are begun with. README.md derives the
// reductions.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_FIELD64_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_FIELD64_H_

#include <type_traits>

#include "engine/base/check.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/inversion.h"
#include "engine/crypto/kernels/kernel_table.h"
#include "engine/crypto/kernels/moduli64.h"
#include "engine/crypto/kernels/rows64.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

template <class Modulus>
struct Montgomery64 {
  static constexpr int kWords = Modulus::kWords;
  using Number = Words<kWords>;

  static constexpr Number kOne = PowerOfTwoMod(64 * kWords, Modulus::kModulus);      // R
  static constexpr Number kSquare = PowerOfTwoMod(128 * kWords, Modulus::kModulus);  // R^2
  static constexpr Number kCube = PowerOfTwoMod(192 * kWords, Modulus::kModulus);    // R^3

  // a b / R mod m. One of them must be below m, the other any kWords words.
  static MUSTER_ALWAYS_INLINE Number Mul(const Number& a, const Number& b) {
    // t = (a b_0 + ... + a b_i 2^(64 i) + multiples of m) / 2^(64 (i + 1)) < a + m after row i.
    Word t[kWords + 2] = {};
#pragma GCC unroll 8
    for (int i = 0; i < kWords; ++i) {
      AddProduct<kWords>(a, b.w[i], t);
      Modulus::FoldLowWord(t);
      MUSTER_DCHECK(t[kWords] <= 1);
    }
    return ReduceTop<kWords>(t, Modulus::kModulus);
  }

  // a^2 / R mod m, for a below m.
  static MUSTER_ALWAYS_INLINE Number Sqr(const Number& a) {
#ifdef MUSTER_ROWS_IN_ASSEMBLY
    if constexpr (std::is_same_v<Modulus, FieldModulus<P256>>) return SquareModP256(a);
#endif
    return Mul(a, a);
  }

  static MUSTER_ALWAYS_INLINE Number Add(const Number& a, const Number& b) {
    Number sum;
    Word t[kWords + 1];
    t[kWords] = AddChain(a, b, &sum);
#pragma GCC unroll 8
    for (int i = 0; i < kWords; ++i) t[i] = sum.w[i];
    return ReduceTop<kWords>(t, Modulus::kModulus);
  }

  static MUSTER_ALWAYS_INLINE Number Sub(const Number& a, const Number& b) {
    Number out;
    const Word mask = SubChain(a, b, &out);
    AddChain(out, Masked(mask), &out);
    return out;
  }

  // a / 2.
  static MUSTER_ALWAYS_INLINE Number Halve(const Number& a) {
    Number out, sum;
    Word above = AddChain(a, Masked(Word{0} - (a.w[0] & 1)), &sum);
#pragma GCC unroll 8
    for (int i = kWords - 1; i >= 0; --i) {
      out.w[i] = sum.w[i] >> 1 | above << 63;
      above = sum.w[i];
    }
    return out;
  }

  static MUSTER_ALWAYS_INLINE Number To(const Number& a) { return Mul(kSquare, a); }
  static MUSTER_ALWAYS_INLINE Number From(const Number& a) { return Mul(Number{{1}}, a); }

  // R^2 / a: the inverse in Montgomery form. 0 for 0.
  static Number Invert(const Number& a) {
    return Mul(InvertModulo(a, Modulus::kModulus, Modulus::kNegatedInverse), kCube);
  }

 private:
  // The modulus where the mask is all ones, 0 where it is 0.
  static MUSTER_ALWAYS_INLINE Number Masked(Word mask) {
    Number out;
#pragma GCC unroll 8
    for (int i = 0; i < kWords; ++i) out.w[i] = Modulus::kModulus.w[i] & mask;
    return out;
  }
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_FIELD64_H_
