// The moduli of 64-bit Montgomery multiplication: each folds the low word of a running value away.
// README.md derives the foldings.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_MODULI64_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_MODULI64_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/rows64.h"
#include "engine/crypto/kernels/rows64_x86.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// The order of a curve's base point: no shape to exploit.
template <class Curve>
struct OrderModulus {
  static constexpr int kWords = Curve::kWords;
  static constexpr Words<kWords> kModulus = Curve::kN;
  static constexpr Word kNegatedInverse = NegatedInverse(Curve::kN.w[0]);

  // t = (t + q n) / 2^64 with q = -t / n mod 2^64.
  static MUSTER_ALWAYS_INLINE void FoldLowWord(Word* t) {
    const Word q = t[0] * kNegatedInverse;
    const Word over = t[kWords + 1];
    AddProduct<kWords>(kModulus, q, t);
    for (int i = 0; i < kWords; ++i) t[i] = t[i + 1];
    t[kWords] = t[kWords + 1] + over;
  }
};

template <class Curve>
struct FieldModulus;

template <>
struct FieldModulus<P256> {
  static constexpr int kWords = 4;
  static constexpr Words<4> kModulus = P256::kP;
  static constexpr Word kNegatedInverse = 1;  // p = -1 mod 2^64, so q = t0.

  // t + q p = t + 2^192 q (2^64 - 2^32 + 1) + 2^96 q - q: shifts only.
  static MUSTER_ALWAYS_INLINE void FoldLowWord(Word* t) {
#ifdef MUSTER_ROWS_IN_ASSEMBLY
    Word q = t[0], low = q, high = q, copy = q;
    __asm__("shlq $32, %[low]\n\t"
            "shrq $32, %[high]\n\t"
            "subq %[low], %[copy]\n\t"  // (q, copy) = q (2^64 - 2^32 + 1)
            "sbbq %[high], %[q]\n\t"
            "addq %[low], %[t1]\n\t"
            "adcq %[high], %[t2]\n\t"
            "adcq %[copy], %[t3]\n\t"
            "adcq %[q], %[t4]\n\t"
            "adcq $0, %[t5]"
            : [t1] "+&r"(t[1]), [t2] "+&r"(t[2]), [t3] "+&r"(t[3]), [t4] "+&r"(t[4]),
              [t5] "+&r"(t[5]), [q] "+&r"(q), [low] "+&r"(low), [high] "+&r"(high),
              [copy] "+&r"(copy)
            :
            : "cc");
    for (int i = 0; i <= kWords; ++i) t[i] = t[i + 1];
#else
    const Word q = t[0];
    Word carry = AddCarry(t[1], q << 32, 0, &t[0]);
    carry = AddCarry(t[2], q >> 32, carry, &t[1]);
    carry = MulAdd(q, 0xffffffff00000001, t[3], carry, &t[2]);
    carry = AddCarry(t[4], carry, 0, &t[3]);
    t[4] = t[5] + carry;
#endif
  }
};

#ifdef MUSTER_ROWS_IN_ASSEMBLY
// (t + q p) / 2^64 for four words t and q = t0: below 2^192 + p, so four words again.
MUSTER_ALWAYS_INLINE void FoldFour(Word* t) {
  Word q = t[0], low = q, high = q, copy = q;
  __asm__("shlq $32, %[low]\n\t"
          "shrq $32, %[high]\n\t"
          "subq %[low], %[copy]\n\t"  // (q, copy) = q (2^64 - 2^32 + 1)
          "sbbq %[high], %[q]\n\t"
          "addq %[low], %[t1]\n\t"
          "adcq %[high], %[t2]\n\t"
          "adcq %[copy], %[t3]\n\t"
          "adcq $0, %[q]"
          : [t1] "+&r"(t[1]), [t2] "+&r"(t[2]), [t3] "+&r"(t[3]), [q] "+&r"(q), [low] "+&r"(low),
            [high] "+&r"(high), [copy] "+&r"(copy)
          :
          : "cc");
  t[0] = t[1];
  t[1] = t[2];
  t[2] = t[3];
  t[3] = q;
}

// a^2 / 2^256 mod p: the lower half of the square is folded away, which leaves at most p, and the
// upper half added.
MUSTER_ALWAYS_INLINE Words<4> SquareModP256(const Words<4>& a) {
  Word t[8];
  SquareWords(a, t);
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) FoldFour(t);
  Words<4> sum;
  const Words<4> low = {{t[0], t[1], t[2], t[3]}}, high = {{t[4], t[5], t[6], t[7]}};
  const Word top = AddChain(low, high, &sum);
  const Word words[5] = {sum.w[0], sum.w[1], sum.w[2], sum.w[3], top};
  return ReduceTop<4>(words, P256::kP);
}
#endif  // MUSTER_ROWS_IN_ASSEMBLY

template <>
struct FieldModulus<P384> {
  static constexpr int kWords = 6;
  static constexpr Words<6> kModulus = P384::kP;
  static constexpr Word kNegatedInverse = 0x100000001;

  // p = 2^384 - (2^128 + 2^96 - 2^32 + 1), so t + q p = t + 2^384 q - s with
  // s = q (2^128 + 2^96 - 2^32 + 1), four words of which the lowest equals t0: shifts only.
  static MUSTER_ALWAYS_INLINE void FoldLowWord(Word* t) {
    const Word q = t[0] + (t[0] << 32);
#ifdef MUSTER_ROWS_IN_ASSEMBLY
    Word low = q, high = q, s3 = q;
    __asm__("shlq $32, %[low]\n\t"
            "shrq $32, %[high]\n\t"
            "subq %[low], %[s3]\n\t"
            "sbbq %[high], %[low]\n\t"  // s1
            "sbbq $0, %[high]\n\t"
            "sbbq %[s3], %[s3]\n\t"  // minus the borrow
            "addq %[q], %[high]\n\t"  // s2
            "adcq $0, %[s3]\n\t"
            "subq %[low], %[t1]\n\t"
            "sbbq %[high], %[t2]\n\t"
            "sbbq %[s3], %[t3]\n\t"
            "sbbq $0, %[t4]\n\t"
            "sbbq $0, %[t5]\n\t"
            "sbbq $0, %[t6]\n\t"
            "sbbq $0, %[t7]\n\t"
            "addq %[q], %[t6]\n\t"
            "adcq $0, %[t7]"
            : [t1] "+&r"(t[1]), [t2] "+&r"(t[2]), [t3] "+&r"(t[3]), [t4] "+&r"(t[4]),
              [t5] "+&r"(t[5]), [t6] "+&r"(t[6]), [t7] "+&r"(t[7]), [low] "+&r"(low),
              [high] "+&r"(high), [s3] "+&r"(s3)
            : [q] "r"(q)
            : "cc");
    for (int i = 0; i <= kWords; ++i) t[i] = t[i + 1];
#else
    const Word low = q << 32, high = q >> 32;
    Word s0, s1;
    Word borrow = SubBorrow(q, low, 0, &s0);
    borrow = SubBorrow(low, high, borrow, &s1);
    MUSTER_DCHECK(s0 == t[0]);
    const Wide upper = static_cast<Wide>(high) + q - borrow;  // Not negative, as s is not.
    borrow = SubBorrow(t[1], s1, 0, &t[0]);
    borrow = SubBorrow(t[2], static_cast<Word>(upper), borrow, &t[1]);
    borrow = SubBorrow(t[3], static_cast<Word>(upper >> 64), borrow, &t[2]);
    borrow = SubBorrow(t[4], 0, borrow, &t[3]);
    borrow = SubBorrow(t[5], 0, borrow, &t[4]);
    const Wide top = (static_cast<Wide>(t[7]) << 64 | t[6]) + q - borrow;
    t[5] = static_cast<Word>(top);
    t[6] = static_cast<Word>(top >> 64);
#endif
  }
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_MODULI64_H_
