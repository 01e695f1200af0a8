// One modular power at a time, on any 64-bit processor.
//
// Limbs of 60 bits leave 8 bits of slack in a column of 128 bits: a product costs one
// multiplication and one addition with one carry, where full limbs would need two, and carries run
// only once per multiplication. Four rows are done at a time, so that the columns are loaded and
// stored less often and all loops are as long as the modulus. RSA.md has the bounds.

#include "engine/crypto/kernels/rsa_kernels.h"

namespace muster::crypto::kernels {
namespace {

#define MUSTER_INLINE [[gnu::always_inline]] inline

using Limb = std::uint64_t;
using Column = RsaUint128;

constexpr int kLimbBits = 60;
constexpr Limb kLimbMask = (Limb{1} << kLimbBits) - 1;

// The sum of row[r] * x[-r] for kFrom <= r < kTo.
template <int kFrom, int kTo>
MUSTER_INLINE Column ColumnSum(const Limb* row, const Limb* x) {
  Column sum = 0;
#pragma GCC unroll 4
  for (int r = kFrom; r < kTo; ++r) sum += Column{row[r]} * x[-r];
  return sum;
}

// Columns `from` to `limbs` + 2 of row * x, for four rows, from column 3 on; kAdd: to what is
// there.
template <bool kAdd>
MUSTER_INLINE void AddColumns(Column* columns, const Limb* rows, const Limb* x, std::size_t from,
                              std::size_t limbs) {
  const Limb row[4] = {rows[0], rows[1], rows[2], rows[3]};
  for (std::size_t j = from; j < limbs; j += 4) {
#pragma GCC unroll 4
    for (std::size_t k = j; k < j + 4; ++k) {
      columns[k] = (kAdd ? columns[k] : 0) + ColumnSum<0, 4>(row, x + k);
    }
  }
}

// Columns 0 to 3, and what is behind the last limb: `columns` and `x` are one past that.
template <bool kAdd>
MUSTER_INLINE void AddStart(Column* columns, const Limb* row, const Limb* x) {
  columns[0] = (kAdd ? columns[0] : 0) + ColumnSum<0, 1>(row, x);
  columns[1] = (kAdd ? columns[1] : 0) + ColumnSum<0, 2>(row, x + 1);
  columns[2] = (kAdd ? columns[2] : 0) + ColumnSum<0, 3>(row, x + 2);
  columns[3] = (kAdd ? columns[3] : 0) + ColumnSum<0, 4>(row, x + 3);
}
template <bool kAdd>
MUSTER_INLINE void AddEnd(Column* columns, const Limb* row, const Limb* x) {
  columns[0] = (kAdd ? columns[0] : 0) + ColumnSum<1, 4>(row, x);
  columns[1] = (kAdd ? columns[1] : 0) + ColumnSum<2, 4>(row, x + 1);
  columns[2] = (kAdd ? columns[2] : 0) + ColumnSum<3, 4>(row, x + 2);
  if (!kAdd) columns[3] = 0;
}

// product = x * y, as 2 * limbs columns.
void Multiply(const Limb* x, const Limb* y, std::size_t limbs, Column* product) {
  AddStart<false>(product, y, x);
  AddColumns<false>(product, y, x, 4, limbs);
  AddEnd<false>(product + limbs, y, x + limbs);
  for (std::size_t i = 4; i < limbs; i += 4) {
    AddStart<true>(product + i, y + i, x);
    AddColumns<true>(product + i, y + i, x, 4, limbs);
    AddEnd<false>(product + i + limbs, y + i, x + limbs);
  }
}

// Four rows of a square, from x on: the squares of the first four of `limbs` limbs, and twice their
// products with every limb above. kLast: there are only these four.
template <bool kAdd, bool kLast>
MUSTER_INLINE void SquareRow(Column* columns, const Limb* x, std::size_t limbs) {
  const Limb twice[4] = {2 * x[0], 2 * x[1], 2 * x[2], 2 * x[3]};
  const auto at = [&](int k) -> Column { return kAdd && !(kLast && k >= 4) ? columns[k] : 0; };
  columns[0] = at(0) + Column{x[0]} * x[0];
  columns[1] = at(1) + ColumnSum<0, 1>(twice, x + 1);
  columns[2] = at(2) + ColumnSum<0, 1>(twice, x + 2) + Column{x[1]} * x[1];
  columns[3] = at(3) + ColumnSum<0, 2>(twice, x + 3);
  if constexpr (kLast) {
    columns[4] = at(4) + ColumnSum<1, 2>(twice, x + 4) + Column{x[2]} * x[2];
    columns[5] = at(5) + ColumnSum<2, 3>(twice, x + 5);
    columns[6] = at(6) + Column{x[3]} * x[3];
    columns[7] = 0;
  } else {
    columns[4] = at(4) + ColumnSum<0, 2>(twice, x + 4) + Column{x[2]} * x[2];
    columns[5] = at(5) + ColumnSum<0, 3>(twice, x + 5);
    columns[6] = at(6) + ColumnSum<0, 3>(twice, x + 6) + Column{x[3]} * x[3];
    columns[7] = at(7) + ColumnSum<0, 4>(twice, x + 7);
    AddColumns<kAdd>(columns, twice, x, 8, limbs);
    AddEnd<false>(columns + limbs, twice, x + limbs);
  }
}

// product = x * x, as 2 * limbs columns.
void Square(const Limb* x, std::size_t limbs, Column* product) {
  SquareRow<false, false>(product, x, limbs);
  std::size_t i = 4;
  for (; i + 4 < limbs; i += 4) SquareRow<true, false>(product + 2 * i, x + i, limbs - i);
  SquareRow<true, true>(product + 2 * i, x + i, 4);
}

// Four limbs q for which columns + q * n is divisible by 2^240; gives what is carried into the
// column above.
MUSTER_INLINE Column FindQuotient(const Column* columns, const Limb* n, Limb minus_inverse,
                                  Limb* q) {
  Column sum = columns[0];
  q[0] = static_cast<Limb>(sum) * minus_inverse & kLimbMask;
  sum += Column{q[0]} * n[0];
  sum = (sum >> kLimbBits) + columns[1] + ColumnSum<0, 1>(q, n + 1);
  q[1] = static_cast<Limb>(sum) * minus_inverse & kLimbMask;
  sum += Column{q[1]} * n[0];
  sum = (sum >> kLimbBits) + columns[2] + ColumnSum<0, 2>(q, n + 2);
  q[2] = static_cast<Limb>(sum) * minus_inverse & kLimbMask;
  sum += Column{q[2]} * n[0];
  sum = (sum >> kLimbBits) + columns[3] + ColumnSum<0, 3>(q, n + 3);
  q[3] = static_cast<Limb>(sum) * minus_inverse & kLimbMask;
  sum += Column{q[3]} * n[0];
  return sum >> kLimbBits;
}

// out = product / R mod modulus, below twice the modulus.
void Reduce(const RsaNumbers60& numbers, std::size_t limbs, Column* product, Limb* out) {
  const Limb* modulus = numbers.modulus;
  for (std::size_t i = 0; i < limbs; i += 4) {
    Column* columns = product + i;
    Limb q[4];
    columns[4] += FindQuotient(columns, modulus, numbers.minus_inverse, q);
    AddColumns<true>(columns, q, modulus, 4, limbs);
    AddEnd<true>(columns + limbs, q, modulus + limbs);
  }
  Column carry = 0;
  for (std::size_t i = 0; i < limbs; ++i) {
    carry += product[limbs + i];
    out[i] = static_cast<Limb>(carry) & kLimbMask;
    carry >>= kLimbBits;
  }
}

// Subtracts the modulus once where the value is not below it.
void MakeCanonical(const Limb* modulus, std::size_t limbs, Limb* value) {
  std::size_t i = limbs - 1;
  while (i > 0 && value[i] == modulus[i]) --i;
  if (value[i] < modulus[i]) return;
  Limb borrow = 0;
  for (i = 0; i < limbs; ++i) {
    const Limb difference = value[i] - modulus[i] - borrow;
    value[i] = difference & kLimbMask;
    borrow = difference >> 63;
  }
}

#undef MUSTER_INLINE

}  // namespace

void RsaPowerPortable(RsaNumbers60* numbers, std::size_t limbs, std::uint64_t exponent) {
  Column* product = numbers->product;
  Multiply(numbers->base, numbers->r_squared, limbs, product);
  Reduce(*numbers, limbs, product, numbers->montgomery);  // base * R
  const Limb* value = numbers->montgomery;
  for (int bit = 62 - __builtin_clzll(exponent); bit >= 0; --bit) {
    Square(value, limbs, product);
    Reduce(*numbers, limbs, product, numbers->power);
    value = numbers->power;
    if ((exponent >> bit & 1) == 0) continue;
    // The last bit is set, and its factor without R takes the result out of Montgomery's form.
    Multiply(value, bit == 0 ? numbers->base : numbers->montgomery, limbs, product);
    Reduce(*numbers, limbs, product, numbers->power);
  }
  MakeCanonical(numbers->modulus, limbs, numbers->power);
}

}  // namespace muster::crypto::kernels
