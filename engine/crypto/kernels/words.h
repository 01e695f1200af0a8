// Numbers of several 64-bit words, least significant first: what every kernel is made from.
//
// Everything the kernels' headers define lies in an unnamed namespace, so that each kernel's object
// has its own copy, compiled for its own processor (see README.md and the test kernel_symbols).
#ifndef MUSTER_ENGINE_CRYPTO_KERNELS_WORDS_H_
#define MUSTER_ENGINE_CRYPTO_KERNELS_WORDS_H_

#include <cstddef>
#include <cstdint>

#ifdef MUSTER_CHECKED
// Inlining everything would keep a compiler with sanitizers busy for minutes.
#define MUSTER_ALWAYS_INLINE inline
#else
#define MUSTER_ALWAYS_INLINE inline __attribute__((always_inline))
#endif

namespace muster::crypto::kernels {
namespace {

using Word = std::uint64_t;
__extension__ using Wide = unsigned __int128;

template <int kWords>
struct Words {
  Word w[kWords];

  friend constexpr bool operator==(const Words& a, const Words& b) {
    Word difference = 0;
    for (int i = 0; i < kWords; ++i) difference |= a.w[i] ^ b.w[i];
    return difference == 0;
  }
};

// *sum = a + b + carry, returns the carry.
MUSTER_ALWAYS_INLINE constexpr Word AddCarry(Word a, Word b, Word carry, Word* sum) {
  const Wide wide = static_cast<Wide>(a) + b + carry;
  *sum = static_cast<Word>(wide);
  return static_cast<Word>(wide >> 64);
}

// *difference = a - b - borrow, returns the borrow.
MUSTER_ALWAYS_INLINE constexpr Word SubBorrow(Word a, Word b, Word borrow, Word* difference) {
  Word partial = 0;
  const bool first = __builtin_sub_overflow(a, b, &partial);
  const bool second = __builtin_sub_overflow(partial, borrow, difference);
  return static_cast<Word>(first) | static_cast<Word>(second);
}

// *low = a * b + c + d, returns the high word. It cannot overflow: (2^64-1)^2 + 2 (2^64-1) < 2^128.
MUSTER_ALWAYS_INLINE constexpr Word MulAdd(Word a, Word b, Word c, Word d, Word* low) {
  const Wide wide = static_cast<Wide>(a) * b + c + d;
  *low = static_cast<Word>(wide);
  return static_cast<Word>(wide >> 64);
}

template <int kWords>
MUSTER_ALWAYS_INLINE constexpr Word Add(const Words<kWords>& a, const Words<kWords>& b,
                                        Words<kWords>* sum) {
  Word carry = 0;
  for (int i = 0; i < kWords; ++i) carry = AddCarry(a.w[i], b.w[i], carry, &sum->w[i]);
  return carry;
}

template <int kWords>
MUSTER_ALWAYS_INLINE constexpr Word Sub(const Words<kWords>& a, const Words<kWords>& b,
                                        Words<kWords>* difference) {
  Word borrow = 0;
  for (int i = 0; i < kWords; ++i) borrow = SubBorrow(a.w[i], b.w[i], borrow, &difference->w[i]);
  return borrow;
}

template <int kWords>
MUSTER_ALWAYS_INLINE constexpr bool IsZero(const Words<kWords>& a) {
  Word any = 0;
  for (int i = 0; i < kWords; ++i) any |= a.w[i];
  return any == 0;
}

template <int kWords>
MUSTER_ALWAYS_INLINE constexpr bool IsLess(const Words<kWords>& a, const Words<kWords>& b) {
  Words<kWords> unused{};
  return Sub(a, b, &unused) != 0;
}

// (carry, a) mod m for a value below 2m.
template <int kWords>
MUSTER_ALWAYS_INLINE constexpr Words<kWords> ReduceOnce(Word carry, const Words<kWords>& a,
                                                        const Words<kWords>& m) {
  Words<kWords> less{};
  const Word borrow = Sub(a, m, &less);
  const bool keep = carry < borrow;  // The value was below m.
  Words<kWords> out{};
  for (int i = 0; i < kWords; ++i) out.w[i] = keep ? a.w[i] : less.w[i];
  return out;
}

// 2^exponent mod m, by doubling. For constants.
template <int kWords>
constexpr Words<kWords> PowerOfTwoMod(int exponent, const Words<kWords>& m) {
  Words<kWords> value{};
  value.w[0] = 1;
  for (int i = 0; i < exponent; ++i) {
    Words<kWords> twice{};
    const Word carry = Add(value, value, &twice);
    value = ReduceOnce(carry, twice, m);
  }
  return value;
}

// -1 / m mod 2^64 for odd m, by Newton's iteration: each round doubles the number of right bits,
// of which m itself has three.
constexpr Word NegatedInverse(Word m) {
  Word inverse = m;
  for (int i = 0; i < 5; ++i) inverse *= 2 - m * inverse;
  return Word{0} - inverse;
}

}  // namespace
}  // namespace muster::crypto::kernels

#endif  // MUSTER_ENGINE_CRYPTO_KERNELS_WORDS_H_
