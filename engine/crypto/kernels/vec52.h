// Eight numbers of several limbs in radix 2^52 in the registers of AVX-512: loading, carrying,
// choosing and transposing them. lanes52.h multiplies them. README.md derives every bound named
// here.
//
// A Vec is "settled" when each limb is in [0, 2^52); only settled ones may be multiplied, because
// the multiplier reads 52 bits of each limb.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_VEC52_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_VEC52_H_

// GCC 12 warns of its own intrinsics' undefined operands.
#ifndef __clang__
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>
#ifndef __clang__
#pragma GCC diagnostic pop
#endif

#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

// One limb of eight numbers. Operators work lane by lane; shifts of Limb8 are logical, of
// SignedLimb8 arithmetic.
typedef unsigned long long Limb8 __attribute__((vector_size(64)));
typedef long long SignedLimb8 __attribute__((vector_size(64)));

inline constexpr int kLimbBits = 52;
inline constexpr Word kLimbMask = (Word{1} << kLimbBits) - 1;

MUSTER_ALWAYS_INLINE Limb8 Broadcast(Word value) {
  return reinterpret_cast<Limb8>(_mm512_set1_epi64(static_cast<long long>(value)));
}
// t + low or high 52 bits of a * b, where a and b are read modulo 2^52.
MUSTER_ALWAYS_INLINE Limb8 MulLow(Limb8 t, Limb8 a, Limb8 b) {
  return reinterpret_cast<Limb8>(_mm512_madd52lo_epu64(reinterpret_cast<__m512i>(t),
                                                       reinterpret_cast<__m512i>(a),
                                                       reinterpret_cast<__m512i>(b)));
}
MUSTER_ALWAYS_INLINE Limb8 MulHigh(Limb8 t, Limb8 a, Limb8 b) {
  return reinterpret_cast<Limb8>(_mm512_madd52hi_epu64(reinterpret_cast<__m512i>(t),
                                                       reinterpret_cast<__m512i>(a),
                                                       reinterpret_cast<__m512i>(b)));
}
MUSTER_ALWAYS_INLINE Limb8 ShiftSigned(Limb8 a, int bits) {
  return reinterpret_cast<Limb8>(reinterpret_cast<SignedLimb8>(a) >> bits);
}

template <int kLimbs>
struct Vec52 {
  Limb8 l[kLimbs];
};

// The same in memory.
template <int kLimbs>
struct alignas(64) Stored52 {
  Word limb[kLimbs][8];
};

template <int kLimbs>
MUSTER_ALWAYS_INLINE Vec52<kLimbs> LoadVec(const Stored52<kLimbs>& a) {
  Vec52<kLimbs> out;
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs; ++i) {
    out.l[i] = reinterpret_cast<Limb8>(_mm512_load_si512(a.limb[i]));
  }
  return out;
}
template <int kLimbs>
MUSTER_ALWAYS_INLINE void StoreVec(const Vec52<kLimbs>& a, Stored52<kLimbs>* out) {
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs; ++i) {
    _mm512_store_si512(out->limb[i], reinterpret_cast<__m512i>(a.l[i]));
  }
}

// Limbs of a constant.
template <int kLimbs>
struct Limbs {
  Word l[kLimbs];
};
template <int kLimbs, int kWords>
constexpr Limbs<kLimbs> LimbsOf(const Words<kWords>& a) {
  Limbs<kLimbs> out{};
  for (int i = 0; i < kLimbs; ++i) {
    const int word = i * kLimbBits / 64, shift = i * kLimbBits % 64;
    Word limb = word < kWords ? a.w[word] >> shift : 0;
    if (shift > 12 && word + 1 < kWords) limb |= a.w[word + 1] << (64 - shift);
    out.l[i] = limb & kLimbMask;
  }
  return out;
}
// factor * a, the top limb taking what does not fit.
template <int kLimbs, int kWords>
constexpr Limbs<kLimbs> MultipleOf(const Words<kWords>& a, Word factor) {
  const Limbs<kLimbs> one = LimbsOf<kLimbs>(a);
  Limbs<kLimbs> out{};
  Word carry = 0;
  for (int i = 0; i < kLimbs; ++i) {
    const Word limb = one.l[i] * factor + carry;
    out.l[i] = i == kLimbs - 1 ? limb : limb & kLimbMask;
    carry = limb >> kLimbBits;
  }
  return out;
}

template <int kLimbs>
MUSTER_ALWAYS_INLINE Vec52<kLimbs> BroadcastLimbs(const Limbs<kLimbs>& a) {
  Vec52<kLimbs> out;
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs; ++i) out.l[i] = Broadcast(a.l[i]);
  return out;
}

// Moves carries up; limbs may be negative, the whole must not be. Settled afterwards if the value
// is below 2^(52 kLimbs).
template <int kLimbs>
MUSTER_ALWAYS_INLINE Vec52<kLimbs> Settle(Vec52<kLimbs> a) {
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs - 1; ++i) {
    a.l[i + 1] += ShiftSigned(a.l[i], kLimbBits);
    a.l[i] &= Broadcast(kLimbMask);
  }
  return a;
}

template <int kLimbs>
MUSTER_ALWAYS_INLINE bool IsSettled(const Vec52<kLimbs>& a) {
  Limb8 high = a.l[0] >> kLimbBits;
  for (int i = 1; i < kLimbs; ++i) high |= a.l[i] >> kLimbBits;
  return _mm512_test_epi64_mask(reinterpret_cast<__m512i>(high),
                                reinterpret_cast<__m512i>(high)) == 0;
}

// mask ? yes : no, lane by lane.
template <int kLimbs>
MUSTER_ALWAYS_INLINE Vec52<kLimbs> SelectLanes(__mmask8 mask, const Vec52<kLimbs>& yes,
                                               const Vec52<kLimbs>& no) {
  Vec52<kLimbs> out;
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs; ++i) {
    out.l[i] = reinterpret_cast<Limb8>(_mm512_mask_mov_epi64(
        reinterpret_cast<__m512i>(no.l[i]), mask, reinterpret_cast<__m512i>(yes.l[i])));
  }
  return out;
}

// kWords 64-bit words of eight numbers <-> limbs.
template <int kLimbs, int kWords>
MUSTER_ALWAYS_INLINE Vec52<kLimbs> FromWords(const Limb8* words) {
  Vec52<kLimbs> out;
#pragma GCC unroll 8
  for (int i = 0; i < kLimbs; ++i) {
    const int word = i * kLimbBits / 64, shift = i * kLimbBits % 64;
    Limb8 limb = words[word] >> shift;
    if (shift > 12 && word + 1 < kWords) limb |= words[word + 1] << (64 - shift);
    out.l[i] = i == kLimbs - 1 ? limb : limb & Broadcast(kLimbMask);
  }
  return out;
}
template <int kLimbs, int kWords>
MUSTER_ALWAYS_INLINE void ToWords(const Vec52<kLimbs>& a, Limb8* words) {
#pragma GCC unroll 8
  for (int i = 0; i < kWords; ++i) {
    const int limb = i * 64 / kLimbBits, shift = i * 64 % kLimbBits;
    Limb8 word = a.l[limb] >> shift;
    word |= a.l[limb + 1] << (kLimbBits - shift);
    if (shift > 40 && limb + 2 < kLimbs) word |= a.l[limb + 2] << (2 * kLimbBits - shift);
    words[i] = word;
  }
}

// rows[i] lane j -> rows[j] lane i.
MUSTER_ALWAYS_INLINE void Transpose(__m512i* rows) {
  __m512i pairs[8];  // pairs[2i], pairs[2i + 1]: even and odd columns of rows 2i and 2i + 1.
#pragma GCC unroll 8
  for (int i = 0; i < 4; ++i) {
    pairs[2 * i] = _mm512_unpacklo_epi64(rows[2 * i], rows[2 * i + 1]);
    pairs[2 * i + 1] = _mm512_unpackhi_epi64(rows[2 * i], rows[2 * i + 1]);
  }
#pragma GCC unroll 8
  for (int odd = 0; odd < 2; ++odd) {
    const __m512i a = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0x88);
    const __m512i b = _mm512_shuffle_i64x2(pairs[odd], pairs[2 + odd], 0xdd);
    const __m512i c = _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0x88);
    const __m512i d = _mm512_shuffle_i64x2(pairs[4 + odd], pairs[6 + odd], 0xdd);
    rows[odd] = _mm512_shuffle_i64x2(a, c, 0x88);
    rows[4 + odd] = _mm512_shuffle_i64x2(a, c, 0xdd);
    rows[2 + odd] = _mm512_shuffle_i64x2(b, d, 0x88);
    rows[6 + odd] = _mm512_shuffle_i64x2(b, d, 0xdd);
  }
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_VEC52_H_
