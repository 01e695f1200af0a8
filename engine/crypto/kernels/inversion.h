// 1 / x mod m by division steps (Bernstein and Yang, "Fast constant-time gcd computation and
// modular inversion", 2019), sixty-two at a time, here without their constant time: the inputs are
// public. README.md derives the bounds.
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_INVERSION_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_INVERSION_H_

#include "engine/base/check.h"
#include "engine/crypto/kernels/words.h"

namespace muster::crypto::kernels {
namespace {

__extension__ using SignedWide = __int128;

inline constexpr int kStepBits = 62;
inline constexpr std::int64_t kStepMask = (std::int64_t{1} << kStepBits) - 1;

// A signed number: all limbs but the top one are in [0, 2^62).
template <int kLimbs>
struct SignedNumber {
  std::int64_t v[kLimbs];
};

// What sixty-two steps do: 2^62 (f, g)' = (u f + v g, q f + r g). |u| + |v| and |q| + |r| are at
// most 2^62.
struct StepMatrix {
  std::int64_t u, v, q, r;
};

// Runs sixty-two steps on the low words of f (odd) and g. `eta` is minus the paper's delta.
MUSTER_ALWAYS_INLINE StepMatrix RunSteps(std::int64_t* eta_inout, Word f, Word g) {
  Word u = 1, v = 0, q = 0, r = 1;
  std::int64_t eta = *eta_inout;
  int left = kStepBits;
  while (true) {
    // Steps with an even g only halve it. The bit at `left` stops the count there.
    const int zeros = __builtin_ctzll(g | (~Word{0} << left));
    g >>= zeros;
    u <<= zeros;
    v <<= zeros;
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    if (eta < 0) {
      eta = -eta;
      const Word old_f = f, old_u = u, old_v = v;
      f = g;
      u = q;
      v = r;
      g = Word{0} - old_f;
      q = Word{0} - old_u;
      r = Word{0} - old_v;
    }
    // Until eta turns negative nothing swaps, so up to eta + 1 low bits of g can go at once by
    // adding a multiple of f. For odd f, f (2 - f^2) is 1 / f mod 2^6.
    const int count = eta + 1 < left ? static_cast<int>(eta) + 1 : left;
    const Word mask = (~Word{0} >> (64 - (count < 6 ? count : 6)));
    const Word multiple = (g * f * (f * f - 2)) & mask;
    g += f * multiple;
    q += u * multiple;
    r += v * multiple;
  }
  *eta_inout = eta;
  return {static_cast<std::int64_t>(u), static_cast<std::int64_t>(v), static_cast<std::int64_t>(q),
          static_cast<std::int64_t>(r)};
}

// (f, g) = (u f + v g, q f + r g) / 2^62 over the first `length` limbs; both divide exactly.
template <int kLimbs>
MUSTER_ALWAYS_INLINE void ApplyToPair(const StepMatrix& t, int length, SignedNumber<kLimbs>* f,
                                      SignedNumber<kLimbs>* g) {
  SignedWide carry_f = 0, carry_g = 0;
  for (int i = 0; i < length; ++i) {
    const std::int64_t fi = f->v[i], gi = g->v[i];
    carry_f += static_cast<SignedWide>(t.u) * fi + static_cast<SignedWide>(t.v) * gi;
    carry_g += static_cast<SignedWide>(t.q) * fi + static_cast<SignedWide>(t.r) * gi;
    if (i > 0) {
      f->v[i - 1] = static_cast<std::int64_t>(carry_f) & kStepMask;
      g->v[i - 1] = static_cast<std::int64_t>(carry_g) & kStepMask;
    }
    carry_f >>= kStepBits;
    carry_g >>= kStepBits;
  }
  f->v[length - 1] = static_cast<std::int64_t>(carry_f);
  g->v[length - 1] = static_cast<std::int64_t>(carry_g);
}

// (d, e) = (u d + v e, q d + r e) / 2^62 mod m, both kept in (-2m, m). `inverse` is 1 / m mod 2^62.
template <int kLimbs>
MUSTER_ALWAYS_INLINE void ApplyModulo(const StepMatrix& t, const SignedNumber<kLimbs>& m,
                                      Word inverse, SignedNumber<kLimbs>* d,
                                      SignedNumber<kLimbs>* e) {
  // Adding m to a negative d and e first brings them into (-m, m).
  const std::int64_t d_sign = d->v[kLimbs - 1] >> 63, e_sign = e->v[kLimbs - 1] >> 63;
  std::int64_t md = (t.u & d_sign) + (t.v & e_sign);
  std::int64_t me = (t.q & d_sign) + (t.r & e_sign);
  SignedWide carry_d =
      static_cast<SignedWide>(t.u) * d->v[0] + static_cast<SignedWide>(t.v) * e->v[0];
  SignedWide carry_e =
      static_cast<SignedWide>(t.q) * d->v[0] + static_cast<SignedWide>(t.r) * e->v[0];
  // Multiples of m that make the low 62 bits zero.
  md -= static_cast<std::int64_t>((inverse * static_cast<Word>(carry_d) + static_cast<Word>(md)) &
                                  static_cast<Word>(kStepMask));
  me -= static_cast<std::int64_t>((inverse * static_cast<Word>(carry_e) + static_cast<Word>(me)) &
                                  static_cast<Word>(kStepMask));
  carry_d += static_cast<SignedWide>(m.v[0]) * md;
  carry_e += static_cast<SignedWide>(m.v[0]) * me;
  MUSTER_DCHECK((static_cast<std::int64_t>(carry_d) & kStepMask) == 0);
  MUSTER_DCHECK((static_cast<std::int64_t>(carry_e) & kStepMask) == 0);
  carry_d >>= kStepBits;
  carry_e >>= kStepBits;
  for (int i = 1; i < kLimbs; ++i) {
    const std::int64_t di = d->v[i], ei = e->v[i];
    carry_d += static_cast<SignedWide>(t.u) * di + static_cast<SignedWide>(t.v) * ei +
               static_cast<SignedWide>(m.v[i]) * md;
    carry_e += static_cast<SignedWide>(t.q) * di + static_cast<SignedWide>(t.r) * ei +
               static_cast<SignedWide>(m.v[i]) * me;
    d->v[i - 1] = static_cast<std::int64_t>(carry_d) & kStepMask;
    e->v[i - 1] = static_cast<std::int64_t>(carry_e) & kStepMask;
    carry_d >>= kStepBits;
    carry_e >>= kStepBits;
  }
  d->v[kLimbs - 1] = static_cast<std::int64_t>(carry_d);
  e->v[kLimbs - 1] = static_cast<std::int64_t>(carry_e);
}

template <int kLimbs, int kWords>
MUSTER_ALWAYS_INLINE SignedNumber<kLimbs> ToSigned(const Words<kWords>& a) {
  SignedNumber<kLimbs> out;
  for (int i = 0; i < kLimbs; ++i) {
    const int bit = i * kStepBits, word = bit / 64, shift = bit % 64;
    Word limb = 0;
    if (word < kWords) limb = a.w[word] >> shift;
    if (shift > 2 && word + 1 < kWords) limb |= a.w[word + 1] << (64 - shift);
    out.v[i] = static_cast<std::int64_t>(limb & static_cast<Word>(kStepMask));
  }
  return out;
}

// a in [0, 2^(64 kWords)).
template <int kLimbs, int kWords>
MUSTER_ALWAYS_INLINE Words<kWords> FromSigned(const SignedNumber<kLimbs>& a) {
  Words<kWords> out{};
  for (int i = 0; i < kLimbs; ++i) {
    const int bit = i * kStepBits, word = bit / 64, shift = bit % 64;
    const Word limb = static_cast<Word>(a.v[i]);
    if (word < kWords) out.w[word] |= limb << shift;
    if (shift > 2 && word + 1 < kWords) out.w[word + 1] |= limb >> (64 - shift);
  }
  return out;
}

// a = +-a + (add ? m : 0), carried.
template <int kLimbs>
MUSTER_ALWAYS_INLINE void NegateAndAdd(bool negate, bool add, const SignedNumber<kLimbs>& m,
                                       SignedNumber<kLimbs>* a) {
  std::int64_t carry = 0;
  for (int i = 0; i < kLimbs; ++i) {
    carry += (negate ? -a->v[i] : a->v[i]) + (add ? m.v[i] : 0);
    if (i == kLimbs - 1) {
      a->v[i] = carry;
    } else {
      a->v[i] = carry & kStepMask;
      carry >>= kStepBits;
    }
  }
}

// 1 / x mod the odd prime m, for 0 <= x < m; 0 for 0. `negated_inverse` is -1 / m mod 2^64.
template <int kWords>
Words<kWords> InvertModulo(const Words<kWords>& x, const Words<kWords>& m, Word negated_inverse) {
  // Room for a sign and a factor of two above the modulus.
  constexpr int kLimbs = (64 * kWords + 2 + kStepBits - 1) / kStepBits;
  const SignedNumber<kLimbs> modulus = ToSigned<kLimbs>(m);
  SignedNumber<kLimbs> f = modulus, g = ToSigned<kLimbs>(x), d{}, e{};
  e.v[0] = 1;
  const Word inverse = Word{0} - negated_inverse;
  std::int64_t eta = -1;
  int length = kLimbs;
  while (true) {
    std::int64_t any = 0;
    for (int i = 0; i < length; ++i) any |= g.v[i];
    if (any == 0) break;
    const StepMatrix t =
        RunSteps(&eta, static_cast<Word>(f.v[0]) | static_cast<Word>(f.v[1]) << kStepBits,
                 static_cast<Word>(g.v[0]) | static_cast<Word>(g.v[1]) << kStepBits);
    ApplyModulo(t, modulus, inverse, &d, &e);
    ApplyToPair(t, length, &f, &g);
    // Drop a top limb that only repeats the sign.
    const std::int64_t f_top = f.v[length - 1], g_top = g.v[length - 1];
    if (length > 2 && (f_top == 0 || f_top == -1) && (g_top == 0 || g_top == -1)) {
      f.v[length - 2] |= static_cast<std::int64_t>(static_cast<Word>(f_top) << kStepBits);
      g.v[length - 2] |= static_cast<std::int64_t>(static_cast<Word>(g_top) << kStepBits);
      --length;
    }
  }
  // f is now +-1 (+-m for x = 0) and d = f / x.
  const bool negative = f.v[length - 1] < 0;
  NegateAndAdd(false, d.v[kLimbs - 1] < 0, modulus, &d);   // (-2m, m) -> (-m, m)
  NegateAndAdd(negative, false, modulus, &d);
  NegateAndAdd(false, d.v[kLimbs - 1] < 0, modulus, &d);   // -> [0, m)
  return FromSigned<kLimbs, kWords>(d);
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_INVERSION_H_
