// Montgomery multiplication of eight numbers at a time on AVX-512 IFMA, modulo p and n: radix 2^52,
// R = 2^(52 kLimbs). README.md derives every bound named here.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_LANES52_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_LANES52_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/curves.h"
#include "engine/crypto/kernels/inversion.h"
#include "engine/crypto/kernels/vec52.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// ---- Moduli ----
//
// Fold adds the multiple of the modulus that clears the low limb of t (kLimbs + 1 limbs, not
// settled) and drops that limb.

template <class Curve>
inline constexpr int kLimbsOf = (Curve::kBits + 4 + kLimbBits - 1) / kLimbBits;  // 5 and 8.

template <class Curve>
struct OrderFold {
  static constexpr int kLimbs = kLimbsOf<Curve>;
  static constexpr Words<Curve::kWords> kModulus = Curve::kN;

  static MUSTER_ALWAYS_INLINE void Fold(Limb8* t) {
    constexpr Limbs<kLimbs> kM = LimbsOf<kLimbs>(Curve::kN);
    constexpr Word kNegated = NegatedInverse(Curve::kN.w[0]) & kLimbMask;
    const Limb8 q = MulLow(Broadcast(0), t[0], Broadcast(kNegated));
    t[0] = MulLow(t[0], q, Broadcast(kM.l[0]));
    t[1] += t[0] >> kLimbBits;
#pragma GCC unroll 8
    for (int i = 1; i < kLimbs; ++i) t[i] = MulLow(t[i], q, Broadcast(kM.l[i]));
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) t[i] = MulHigh(t[i + 1], q, Broadcast(kM.l[i]));
  }
};

template <class Curve>
struct FieldFold;

// p = (2^52 - 1) + (2^44 - 1) 2^52 + 2^36 2^156 + (2^48 - 2^16) 2^208, and -1/p = 1 mod 2^52: q is
// the low limb. q (2^52 - 1) + t0 is (q + t0 / 2^52) 2^52, and that q makes q 2^44 of q (2^44 - 1).
template <>
struct FieldFold<P256> {
  static constexpr int kLimbs = 5;
  static constexpr Words<4> kModulus = P256::kP;

  static MUSTER_ALWAYS_INLINE void Fold(Limb8* t) {
    const Limb8 q = t[0];  // Read modulo 2^52.
    const Limb8 p1 = Broadcast(Word{1} << 44), p3 = Broadcast(Word{1} << 36);
    const Limb8 p4 = Broadcast((Word{1} << 48) - (Word{1} << 16));
    t[0] = MulLow(t[1] + (t[0] >> kLimbBits), q, p1);
    t[1] = MulHigh(t[2], q, p1);
    t[2] = MulLow(t[3], q, p3);
    t[3] = MulLow(MulHigh(t[4], q, p3), q, p4);
    t[4] = MulHigh(t[5], q, p4);
  }

  // a - q p for q = floor((a - 16 * 2^208) / 2^256), which leaves less than (1 + 2^-27) p.
  static MUSTER_ALWAYS_INLINE void Lower(Vec52<5>* a) {
    const Limb8 q = ShiftSigned(a->l[4] - Broadcast(16), 48);
    a->l[0] += q;
    a->l[1] -= q << 44;
    a->l[3] -= q << 36;
    a->l[4] -= (q << 48) - (q << 16);
  }
};

// p = (2^32 - 1) + (2^52 - 2^44) 2^52 - (2^24 + 1) 2^104 + 2^20 2^364, and -1/p = 2^32 + 1 mod
// 2^52.
template <>
struct FieldFold<P384> {
  static constexpr int kLimbs = 8;
  static constexpr Words<6> kModulus = P384::kP;

  static MUSTER_ALWAYS_INLINE void Fold(Limb8* t) {
    const Limb8 q = t[0] + (t[0] << 32);  // Read modulo 2^52.
    const Limb8 p0 = Broadcast((Word{1} << 32) - 1), p7 = Broadcast(Word{1} << 20);
    const Limb8 p1 = Broadcast((Word{1} << 52) - (Word{1} << 44));
    const Limb8 minus_p2 = Broadcast((Word{1} << 24) + 1), zero = Broadcast(0);
    const Limb8 carry = ShiftSigned(MulLow(t[0], q, p0), kLimbBits);
    t[0] = MulLow(MulHigh(t[1] + carry, q, p0), q, p1);
    t[1] = MulHigh(t[2], q, p1) - MulLow(zero, q, minus_p2);
    t[2] = t[3] - MulHigh(zero, q, minus_p2);
    t[3] = t[4];
    t[4] = t[5];
    t[5] = t[6];
    t[6] = MulLow(t[7], q, p7);
    t[7] = MulHigh(t[8], q, p7);
  }

  // As above with 2^384: less than (1 + 2^-15) p is left.
  static MUSTER_ALWAYS_INLINE void Lower(Vec52<8>* a) {
    const Limb8 q = ShiftSigned(a->l[7] - Broadcast(16), 20);
    a->l[0] += q - (q << 32);
    a->l[1] += q << 44;
    a->l[2] += q << 24;
    a->l[7] -= q << 20;
  }
};

// ---- Multiplication ----

template <class M>
struct Montgomery52 {
  static constexpr int kLimbs = M::kLimbs;
  static constexpr int kBits = kLimbs * kLimbBits;
  static constexpr auto kModulus = M::kModulus;
  static constexpr int kWords = static_cast<int>(sizeof(kModulus.w) / sizeof(Word));
  using Vec = Vec52<kLimbs>;

  static MUSTER_ALWAYS_INLINE Vec Constant(const Words<kWords>& a) {
    return BroadcastLimbs(LimbsOf<kLimbs>(a));
  }

  // x = a b / R and y = c d / R mod the modulus, settled and below twice the modulus where a b and
  // c d are below 16 p^2 (P-256; 2^32 p^2 for P-384). The two are woven row by row.
  static MUSTER_ALWAYS_INLINE void MulPair(const Vec& a, const Vec& b, const Vec& c, const Vec& d,
                                           Vec* x, Vec* y) {
    MUSTER_DCHECK(IsSettled(a) && IsSettled(b) && IsSettled(c) && IsSettled(d));
    Limb8 s[kLimbs + 1], t[kLimbs + 1];
#pragma GCC unroll 9
    for (int i = 0; i <= kLimbs; ++i) s[i] = t[i] = Broadcast(0);
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      AddRow(a, b.l[i], s);
      AddRow(c, d.l[i], t);
      M::Fold(s);
      M::Fold(t);
      s[kLimbs] = t[kLimbs] = Broadcast(0);
    }
    *x = Collect(s);
    *y = Collect(t);
  }

  static MUSTER_ALWAYS_INLINE Vec Mul(const Vec& a, const Vec& b) {
    MUSTER_DCHECK(IsSettled(a) && IsSettled(b));
    Limb8 t[kLimbs + 1];
#pragma GCC unroll 9
    for (int i = 0; i <= kLimbs; ++i) t[i] = Broadcast(0);
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      AddRow(a, b.l[i], t);
      M::Fold(t);
      t[kLimbs] = Broadcast(0);
    }
    return Collect(t);
  }

  // a^2 / R. The products of different limbs are added up once and doubled.
  static MUSTER_ALWAYS_INLINE Vec Sqr(const Vec& a) {
    MUSTER_DCHECK(IsSettled(a));
    Limb8 t[2 * kLimbs];
#pragma GCC unroll 16
    for (int i = 0; i < 2 * kLimbs; ++i) t[i] = Broadcast(0);
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 8
      for (int j = i + 1; j < kLimbs; ++j) {
        t[i + j] = MulLow(t[i + j], a.l[i], a.l[j]);
        t[i + j + 1] = MulHigh(t[i + j + 1], a.l[i], a.l[j]);
      }
    }
#pragma GCC unroll 16
    for (int i = 1; i < 2 * kLimbs - 1; ++i) t[i] += t[i];
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      t[2 * i] = MulLow(t[2 * i], a.l[i], a.l[i]);
      t[2 * i + 1] = MulHigh(t[2 * i + 1], a.l[i], a.l[i]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      Limb8 window[kLimbs + 1];
#pragma GCC unroll 9
      for (int j = 0; j <= kLimbs; ++j) window[j] = t[i + j];
      M::Fold(window);
#pragma GCC unroll 8
      for (int j = 0; j < kLimbs; ++j) t[i + j + 1] = window[j];
    }
    return Collect(t + kLimbs);
  }

  // a mod the modulus for settled a below twice the modulus.
  static MUSTER_ALWAYS_INLINE Vec Canonical(const Vec& a) {
    Vec less;
    const Vec m = Constant(kModulus);
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) less.l[i] = a.l[i] - m.l[i];
    less = Settle(less);
    const __mmask8 negative = _mm512_movepi64_mask(reinterpret_cast<__m512i>(less.l[kLimbs - 1]));
    return SelectLanes(negative, a, less);
  }

  // R^2 / a lane by lane, for a that is zero in no lane: the lanes are multiplied together, one
  // number is inverted, and the way back multiplies by the other lanes.
  static Vec InvertLanes(const Vec& a) {
    const Vec fours = Mul(a, Permute<0>(a));
    const Vec twos = Mul(fours, Permute<1>(fours));
    const Vec all = Canonical(Mul(twos, Permute<2>(twos)));
    Limb8 words[kWords];
    ToWords<kLimbs, kWords>(all, words);
    Words<kWords> number;
    for (int i = 0; i < kWords; ++i) number.w[i] = words[i][0];
    number = InvertModulo(number, kModulus, NegatedInverse(kModulus.w[0]));
    constexpr Words<kWords> kCube = PowerOfTwoMod(3 * kBits, kModulus);
    const Vec inverse = Mul(Constant(number), Constant(kCube));
    const Vec of_twos = Mul(inverse, Permute<2>(twos));
    const Vec of_fours = Mul(of_twos, Permute<1>(fours));
    return Mul(of_fours, Permute<0>(a));
  }

 private:
  static MUSTER_ALWAYS_INLINE void AddRow(const Vec& a, Limb8 b, Limb8* t) {
#pragma GCC unroll 8
    for (int j = 0; j < kLimbs; ++j) t[j] = MulLow(t[j], a.l[j], b);
#pragma GCC unroll 8
    for (int j = 0; j < kLimbs; ++j) t[j + 1] = MulHigh(t[j + 1], a.l[j], b);
  }

  static MUSTER_ALWAYS_INLINE Vec Collect(const Limb8* t) {
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) out.l[i] = t[i];
    out = Settle(out);
    MUSTER_DCHECK(IsSettled(out));
    return out;
  }

  // Exchanges halves, quarters or neighbours.
  template <int kKind>
  static MUSTER_ALWAYS_INLINE Vec Permute(const Vec& a) {
    Vec out;
#pragma GCC unroll 8
    for (int i = 0; i < kLimbs; ++i) {
      const __m512i limb = reinterpret_cast<__m512i>(a.l[i]);
      const __m512i moved = kKind == 0   ? _mm512_shuffle_i64x2(limb, limb, 0x4e)
                            : kKind == 1 ? _mm512_permutex_epi64(limb, 0x4e)
                                         : _mm512_permutex_epi64(limb, 0xb1);
      out.l[i] = reinterpret_cast<Limb8>(moved);
    }
    return out;
  }
};

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_LANES52_H_
