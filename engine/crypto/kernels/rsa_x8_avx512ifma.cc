// Eight modular powers at a time: lane i of every register belongs to signature i.
//
// Everything is made of one tile: four limbs of one factor times four of the other, 32
// multiply-adds into four columns, with the neighbouring limbs kept in registers. Columns are 64
// bits wide and carry 12 bits of slack, so carries run only once per multiplication. RSA.md has
// the bounds.

#include "engine/crypto/kernels/rsa_kernels.h"

#if defined(__x86_64__)

// GCC 12 takes the undefined pass-through operands in its own header for uninitialised variables.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

namespace muster::crypto::kernels {
namespace {

#define MUSTER_INLINE [[gnu::always_inline]] inline

// acc + the low, or the high, 52 bits of the product of the low 52 bits of a and b.
MUSTER_INLINE __m512i MulLow(__m512i acc, __m512i a, __m512i b) {
  return _mm512_madd52lo_epu64(acc, a, b);
}
MUSTER_INLINE __m512i MulHigh(__m512i acc, __m512i a, __m512i b) {
  return _mm512_madd52hi_epu64(acc, a, b);
}
MUSTER_INLINE __m512i Add(__m512i a, __m512i b) { return _mm512_add_epi64(a, b); }
MUSTER_INLINE __m512i Mask52() { return _mm512_set1_epi64((1LL << 52) - 1); }

// Four consecutive limbs or columns.
struct Four {
  __m512i at[4];
};

MUSTER_INLINE Four Load(const RsaLimbs52* limbs) {
  return {{_mm512_load_si512(limbs[0]), _mm512_load_si512(limbs[1]),
           _mm512_load_si512(limbs[2]), _mm512_load_si512(limbs[3])}};
}
MUSTER_INLINE void Store(const Four& four, RsaLimbs52* limbs) {
  for (int i = 0; i < 4; ++i) _mm512_store_si512(limbs[i], four.at[i]);
}
MUSTER_INLINE Four Zero() {
  const __m512i zero = _mm512_setzero_si512();
  return {{zero, zero, zero, zero}};
}

// Which neighbours of the four columns exist: at the start of a row there are no limbs before, at
// its end none after.
enum class Side { kStart, kMiddle, kEnd };

// Column c of four gets the low half of row[r] * x[c - r] and the high half of row[r] * x[c - r -
// 1] for r = 0..3, where x[0..3] is `next` and x[-4..-1] is `before`.
template <Side kSide>
MUSTER_INLINE void AddTile(Four* columns, const Four& row, const Four& before, const Four& next) {
  const auto exists = [](int k) {
    return k >= 0 ? kSide != Side::kEnd : kSide != Side::kStart;
  };
  const auto x = [&](int k) { return k >= 0 ? next.at[k] : before.at[k + 4]; };
#pragma GCC unroll 4
  for (int r = 0; r < 4; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      if (exists(c - r)) columns->at[c] = MulLow(columns->at[c], row.at[r], x(c - r));
    }
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      if (c - r - 1 >= -4 && exists(c - r - 1)) {
        columns->at[c] = MulHigh(columns->at[c], row.at[r], x(c - r - 1));
      }
    }
  }
}

// Adds row * x[from..limbs), given x[from - 4..from) in `before`, to the columns above. kFirst:
// they are not written yet. Gives the last four limbs of x.
template <bool kFirst>
MUSTER_INLINE Four AddRow(RsaLimbs52* columns, const Four& row, Four before, const RsaLimbs52* x,
                          std::size_t from, std::size_t limbs) {
  for (std::size_t j = from; j < limbs; j += 4) {
    Four sum = kFirst ? Zero() : Load(columns + j);
    const Four next = Load(x + j);
    AddTile<Side::kMiddle>(&sum, row, before, next);
    Store(sum, columns + j);
    before = next;
  }
  return before;
}

// product = x * y, as 2 * limbs columns.
template <bool kFirst>
MUSTER_INLINE void MultiplyRow(RsaLimbs52* columns, const Four& row, const RsaLimbs52* x,
                               std::size_t limbs) {
  const Four next = Load(x);
  Four sum = kFirst ? Zero() : Load(columns);
  AddTile<Side::kStart>(&sum, row, next, next);
  Store(sum, columns);
  const Four last = AddRow<kFirst>(columns, row, next, x, 4, limbs);
  Four end = Zero();
  AddTile<Side::kEnd>(&end, row, last, last);
  Store(end, columns + limbs);
}

void Multiply(const RsaLimbs52* x, const RsaLimbs52* y, std::size_t limbs, RsaLimbs52* product) {
  MultiplyRow<true>(product, Load(y), x, limbs);
  for (std::size_t i = 4; i < limbs; i += 4) MultiplyRow<false>(product + i, Load(y + i), x, limbs);
}

// The six products of two different limbs of `row`, into columns 1 to 6.
MUSTER_INLINE void AddDistinctPairs(Four* low, Four* high, const Four& row) {
  const __m512i r0 = row.at[0], r1 = row.at[1], r2 = row.at[2], r3 = row.at[3];
  low->at[1] = MulLow(low->at[1], r0, r1);
  low->at[2] = MulLow(low->at[2], r0, r2);
  low->at[3] = MulLow(low->at[3], r0, r3);
  high->at[0] = MulLow(high->at[0], r1, r3);
  high->at[1] = MulLow(high->at[1], r2, r3);
  low->at[2] = MulHigh(low->at[2], r0, r1);
  low->at[3] = MulHigh(low->at[3], r0, r2);
  high->at[0] = MulHigh(high->at[0], r0, r3);
  high->at[1] = MulHigh(high->at[1], r1, r3);
  high->at[2] = MulHigh(high->at[2], r2, r3);
  low->at[3] = MulLow(low->at[3], r1, r2);
  high->at[0] = MulHigh(high->at[0], r1, r2);
}

// Twice the columns, and the squares of row[first], row[first + 1].
template <int kFirstLimb>
MUSTER_INLINE void DoubleAndAddSquares(Four* columns, const Four& row) {
  for (int i = 0; i < 4; ++i) columns->at[i] = Add(columns->at[i], columns->at[i]);
  for (int i = 0; i < 2; ++i) {
    const __m512i limb = row.at[kFirstLimb + i];
    columns->at[2 * i] = MulLow(columns->at[2 * i], limb, limb);
    columns->at[2 * i + 1] = MulHigh(columns->at[2 * i + 1], limb, limb);
  }
}

// Four rows of a square, from limb i on. Columns 2 * i to 2 * i + 7 are complete after them and are
// doubled at once, because later rows begin above.
template <bool kFirst, bool kLast>
MUSTER_INLINE void SquareRow(const RsaLimbs52* x, std::size_t i, std::size_t limbs,
                             RsaLimbs52* product) {
  const Four row = Load(x + i);
  Four low = kFirst ? Zero() : Load(product + 2 * i);
  Four high = kFirst || kLast ? Zero() : Load(product + 2 * i + 4);
  AddDistinctPairs(&low, &high, row);
  Four next = row;
  if constexpr (!kLast) {
    next = Load(x + i + 4);
    AddTile<Side::kStart>(&high, row, next, next);
  }
  DoubleAndAddSquares<0>(&low, row);
  DoubleAndAddSquares<2>(&high, row);
  Store(low, product + 2 * i);
  Store(high, product + 2 * i + 4);
  if constexpr (!kLast) {
    const Four last = AddRow<kFirst>(product + i, row, next, x, i + 8, limbs);
    Four end = Zero();
    AddTile<Side::kEnd>(&end, row, last, last);
    Store(end, product + i + limbs);
  }
}

// product = x * x, as 2 * limbs columns.
void Square(const RsaLimbs52* x, std::size_t limbs, RsaLimbs52* product) {
  SquareRow<true, false>(x, 0, limbs, product);
  for (std::size_t i = 4; i + 4 < limbs; i += 4) SquareRow<false, false>(x, i, limbs, product);
  SquareRow<false, true>(x, limbs - 4, limbs, product);
}

// The four quotient limbs q for which columns + q * n is divisible by 2^208; gives what is carried
// into the next column. `n` are the lowest limbs of the modulus.
MUSTER_INLINE __m512i FindQuotient(Four columns, const Four& n, __m512i minus_inverse, Four* q) {
  const __m512i zero = _mm512_setzero_si512();
  __m512i* c = columns.at;
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    q->at[i] = MulLow(zero, c[i], minus_inverse);
#pragma GCC unroll 4
    for (int j = 0; i + j < 4; ++j) c[i + j] = MulLow(c[i + j], q->at[i], n.at[j]);
    const __m512i carry = _mm512_srli_epi64(c[i], 52);
    if (i == 3) return carry;
    c[i + 1] = Add(c[i + 1], carry);
#pragma GCC unroll 4
    for (int j = 0; i + j < 3; ++j) c[i + j + 1] = MulHigh(c[i + j + 1], q->at[i], n.at[j]);
  }
  return zero;
}

// out = product / R mod modulus, below twice the modulus. The quotient of the next four columns is
// looked for before the present one is multiplied out, so that its latency hides.
void Reduce(const RsaLanes52& lanes, std::size_t limbs, RsaLimbs52* product, RsaLimbs52* out) {
  const __m512i minus_inverse = _mm512_load_si512(lanes.minus_inverse);
  const RsaLimbs52* modulus = lanes.modulus;
  const Four n = Load(modulus);
  Four q;
  __m512i carry = FindQuotient(Load(product), n, minus_inverse, &q);
  for (std::size_t i = 0; i < limbs; i += 4) {
    RsaLimbs52* columns = product + i;
    Four sum = Load(columns + 4);
    const Four next = Load(modulus + 4);
    sum.at[0] = Add(sum.at[0], carry);
    AddTile<Side::kMiddle>(&sum, q, n, next);
    Four next_q = q;
    if (i + 4 < limbs) {
      carry = FindQuotient(sum, n, minus_inverse, &next_q);
    } else {
      Store(sum, columns + 4);
    }
    const Four last = AddRow<false>(columns, q, next, modulus, 8, limbs);
    Four end = Load(columns + limbs);
    AddTile<Side::kEnd>(&end, q, last, last);
    Store(end, columns + limbs);
    q = next_q;
  }
  carry = _mm512_setzero_si512();
  for (std::size_t i = 0; i < limbs; ++i) {
    const __m512i sum = Add(_mm512_load_si512(product[limbs + i]), carry);
    _mm512_store_si512(out[i], _mm512_and_si512(sum, Mask52()));
    carry = _mm512_srli_epi64(sum, 52);
  }
}

// Subtracts the modulus once where the value is not below it.
void MakeCanonical(const RsaLanes52& lanes, std::size_t limbs, RsaLimbs52* difference,
                   RsaLimbs52* value) {
  __m512i borrow = _mm512_setzero_si512();  // 0 or -1.
  for (std::size_t i = 0; i < limbs; ++i) {
    const __m512i sum = Add(_mm512_sub_epi64(_mm512_load_si512(value[i]),
                                             _mm512_load_si512(lanes.modulus[i])), borrow);
    _mm512_store_si512(difference[i], _mm512_and_si512(sum, Mask52()));
    borrow = _mm512_srai_epi64(sum, 63);
  }
  const __mmask8 is_below = _mm512_movepi64_mask(borrow);
  for (std::size_t i = 0; i < limbs; ++i) {
    _mm512_store_si512(value[i], _mm512_mask_mov_epi64(_mm512_load_si512(difference[i]), is_below,
                                                       _mm512_load_si512(value[i])));
  }
}

#undef MUSTER_INLINE

}  // namespace

void RsaPowerAvx512Ifma(RsaLanes52* lanes, std::size_t limbs, std::uint64_t exponent) {
  Multiply(lanes->base, lanes->r_squared, limbs, lanes->product);
  Reduce(*lanes, limbs, lanes->product, lanes->montgomery);  // base * R
  const RsaLimbs52* value = lanes->montgomery;
  for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; --bit) {
    Square(value, limbs, lanes->product);
    Reduce(*lanes, limbs, lanes->product, lanes->power);
    value = lanes->power;
    if ((exponent >> bit & 1) == 0) continue;
    // The last bit is set, and its factor without R takes the result out of Montgomery's form.
    Multiply(value, bit == 0 ? lanes->base : lanes->montgomery, limbs, lanes->product);
    Reduce(*lanes, limbs, lanes->product, lanes->power);
  }
  MakeCanonical(*lanes, limbs, lanes->product, lanes->power);
}

}  // namespace muster::crypto::kernels

#endif  // x86-64
