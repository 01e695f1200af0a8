#include "engine/crypto/p256_point.h"

#include <array>
#include <cstddef>

namespace muster::crypto {
namespace {

__extension__ using Wide = unsigned __int128;

// A number below 2^256, least significant limb first.
using Limbs = std::array<std::uint64_t, 4>;

// p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (SP 800-186 3.2.1.3).
constexpr Limbs kPrime = {0xffffffffffffffff, 0x00000000ffffffff, 0x0000000000000000,
                          0xffffffff00000001};
// The coefficient b of y^2 = x^3 - 3x + b.
constexpr Limbs kB = {0x3bce3c3e27d2604b, 0x651d06b0cc53b0f6, 0xb3ebbd55769886bc,
                      0x5ac635d8aa3a93e7};

// a - b modulo 2^256; `borrow` tells whether a < b.
constexpr Limbs Subtract(const Limbs& a, const Limbs& b, bool* borrow) {
  Limbs difference{};
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide step = Wide{a[i]} - b[i] - carry;
    difference[i] = static_cast<std::uint64_t>(step);
    carry = static_cast<std::uint64_t>(step >> 64) & 1;
  }
  *borrow = carry != 0;
  return difference;
}

constexpr bool IsBelowPrime(const Limbs& a) {
  bool borrow = false;
  Subtract(a, kPrime, &borrow);
  return borrow;
}

// a + b modulo 2^256; gives the carry.
constexpr std::uint64_t Add(const Limbs& a, const Limbs& b, Limbs* sum) {
  std::uint64_t carry = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const Wide step = Wide{a[i]} + b[i] + carry;
    (*sum)[i] = static_cast<std::uint64_t>(step);
    carry = static_cast<std::uint64_t>(step >> 64);
  }
  return carry;
}

// The canonical form of `carry` * 2^256 + a, which is below 2p.
constexpr Limbs Reduce(const Limbs& a, std::uint64_t carry) {
  bool borrow = false;
  const Limbs reduced = Subtract(a, kPrime, &borrow);
  return carry != 0 || !borrow ? reduced : a;
}

constexpr Limbs AddModulo(const Limbs& a, const Limbs& b) {
  Limbs sum{};
  const std::uint64_t carry = Add(a, b, &sum);
  return Reduce(sum, carry);
}

constexpr Limbs SubtractModulo(const Limbs& a, const Limbs& b) {
  bool borrow = false;
  Limbs difference = Subtract(a, b, &borrow);
  if (borrow) Add(difference, kPrime, &difference);
  return difference;
}

// Montgomery's product a * b / 2^256 modulo p, for a, b < p; the result is below p.
// Each round adds m * p so that the lowest limb vanishes: p = -1 modulo 2^64, so m is that limb. Of
// p = 2^96 - 1 + p[3] * 2^192 the part m * (2^96 - 1) + t[0] is m * 2^96: a shift. The sum of a
// round is below 2p * 2^64, so the fifth limb holds all there is beyond four.
constexpr Limbs Multiply(const Limbs& a, const Limbs& b) {
  std::uint64_t t0 = 0, t1 = 0, t2 = 0, t3 = 0, t4 = 0;
  for (const std::uint64_t limb : a) {
    Wide step = Wide{limb} * b[0] + t0;
    const auto m = static_cast<std::uint64_t>(step);
    step = Wide{limb} * b[1] + t1 + static_cast<std::uint64_t>(step >> 64);
    t1 = static_cast<std::uint64_t>(step);
    step = Wide{limb} * b[2] + t2 + static_cast<std::uint64_t>(step >> 64);
    t2 = static_cast<std::uint64_t>(step);
    step = Wide{limb} * b[3] + t3 + static_cast<std::uint64_t>(step >> 64);
    t3 = static_cast<std::uint64_t>(step);
    step = Wide{t4} + static_cast<std::uint64_t>(step >> 64);
    t4 = static_cast<std::uint64_t>(step);
    const auto t5 = static_cast<std::uint64_t>(step >> 64);

    step = Wide{t1} + (m << 32);
    t0 = static_cast<std::uint64_t>(step);
    step = Wide{t2} + (m >> 32) + static_cast<std::uint64_t>(step >> 64);
    t1 = static_cast<std::uint64_t>(step);
    step = Wide{m} * kPrime[3] + t3 + static_cast<std::uint64_t>(step >> 64);
    t2 = static_cast<std::uint64_t>(step);
    step = Wide{t4} + static_cast<std::uint64_t>(step >> 64);
    t3 = static_cast<std::uint64_t>(step);
    t4 = t5 + static_cast<std::uint64_t>(step >> 64);
  }
  return Reduce({t0, t1, t2, t3}, t4);
}

constexpr Limbs kOne = {1, 0, 0, 0};
// The equation is checked divided by 2^512, which saves bringing x and y into Montgomery's form.
constexpr Limbs kThreeOverR = Multiply({3, 0, 0, 0}, kOne);
constexpr Limbs kBOverRSquared = Multiply(Multiply(kB, kOne), kOne);

std::uint64_t LoadLimb(const std::uint8_t* octets) {
  std::uint64_t limb = 0;
  for (std::size_t i = 0; i < 8; ++i) limb = limb << 8 | octets[i];
  return limb;
}

Limbs Load(std::span<const std::uint8_t, 32> octets) {
  const std::uint8_t* first = octets.data();
  return {LoadLimb(first + 24), LoadLimb(first + 16), LoadLimb(first + 8), LoadLimb(first)};
}

}  // namespace

bool IsOnP256(std::span<const std::uint8_t, 64> xy) {
  const Limbs x = Load(xy.first<32>());
  const Limbs y = Load(xy.last<32>());
  if (!IsBelowPrime(x) || !IsBelowPrime(y)) return false;
  const Limbs left = Multiply(Multiply(y, y), kOne);
  const Limbs bracket = SubtractModulo(Multiply(x, x), kThreeOverR);  // (x^2 - 3) / R
  const Limbs right = AddModulo(Multiply(bracket, x), kBOverRSquared);
  return left == right;
}

}  // namespace muster::crypto
