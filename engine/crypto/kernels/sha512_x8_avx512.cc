// SHA-384 and SHA-512 of eight messages at a time: lane i of every register belongs to message i.

#include "engine/crypto/kernels/sha512_kernels.h"

#if defined(__x86_64__)

// GCC 12 takes the undefined pass-through operands in its own header for uninitialised variables.
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC diagnostic ignored "-Wuninitialized"
#endif

#include <immintrin.h>

namespace muster::crypto::kernels {
namespace {

// _mm512_ternarylogic_epi64: bit 4x + 2y + z of the constant is the result for (x, y, z).
constexpr int kParity = 0x96;    // x ^ y ^ z
constexpr int kChoose = 0xca;    // x ? y : z
constexpr int kMajority = 0xe8;

[[gnu::always_inline]] inline __m512i Add(__m512i a, __m512i b) { return _mm512_add_epi64(a, b); }

// FIPS 180-4 4.1.3.
template <int kA, int kB, int kC>
[[gnu::always_inline]] inline __m512i BigSigma(__m512i x) {
  return _mm512_ternarylogic_epi64(_mm512_ror_epi64(x, kA), _mm512_ror_epi64(x, kB),
                                   _mm512_ror_epi64(x, kC), kParity);
}
template <int kA, int kB, int kShift>
[[gnu::always_inline]] inline __m512i SmallSigma(__m512i x) {
  return _mm512_ternarylogic_epi64(_mm512_ror_epi64(x, kA), _mm512_ror_epi64(x, kB),
                                   _mm512_srli_epi64(x, kShift), kParity);
}

// Loads eight words of each message: w[t], lane i, becomes word t of message i's. A transposition
// of 8 x 8 words by pairs, and then quarters of a register.
[[gnu::always_inline]] inline void LoadTransposed(const std::uint8_t* const* messages,
                                                  std::size_t offset, __m512i* w) {
  const __m512i swap = _mm512_broadcast_i32x4(
      _mm_set_epi8(8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  __m512i rows[8], pairs[8];
  for (int i = 0; i < 8; ++i) {
    rows[i] = _mm512_shuffle_epi8(_mm512_loadu_si512(messages[i] + offset), swap);
  }
  // pairs[2 * g + c], quarter q: word 2 * q + c of messages 2 * g and 2 * g + 1.
  for (int i = 0; i < 8; i += 2) {
    pairs[i] = _mm512_unpacklo_epi64(rows[i], rows[i + 1]);
    pairs[i + 1] = _mm512_unpackhi_epi64(rows[i], rows[i + 1]);
  }
  for (int c = 0; c < 2; ++c) {
    const __m512i low_even = _mm512_shuffle_i64x2(pairs[c], pairs[2 + c], 0x88);
    const __m512i low_odd = _mm512_shuffle_i64x2(pairs[c], pairs[2 + c], 0xdd);
    const __m512i high_even = _mm512_shuffle_i64x2(pairs[4 + c], pairs[6 + c], 0x88);
    const __m512i high_odd = _mm512_shuffle_i64x2(pairs[4 + c], pairs[6 + c], 0xdd);
    w[c] = _mm512_shuffle_i64x2(low_even, high_even, 0x88);
    w[2 + c] = _mm512_shuffle_i64x2(low_odd, high_odd, 0x88);
    w[4 + c] = _mm512_shuffle_i64x2(low_even, high_even, 0xdd);
    w[6 + c] = _mm512_shuffle_i64x2(low_odd, high_odd, 0xdd);
  }
}

// One round (FIPS 180-4 6.4.2 step 3). The roles of the eight words turn by one each round, so
// that none has to be moved.
template <int kRound>
[[gnu::always_inline]] inline void Round(__m512i* s, __m512i word, std::uint64_t constant) {
  constexpr auto at = [](int word_index) { return (word_index - kRound) & 7; };
  const __m512i e = s[at(4)];
  const __m512i a = s[at(0)];
  const __m512i t1 =
      Add(Add(Add(s[at(7)], _mm512_set1_epi64(static_cast<long long>(constant))), word),
          Add(BigSigma<14, 18, 41>(e), _mm512_ternarylogic_epi64(e, s[at(5)], s[at(6)], kChoose)));
  const __m512i t2 = Add(BigSigma<28, 34, 39>(a),
                         _mm512_ternarylogic_epi64(a, s[at(1)], s[at(2)], kMajority));
  s[at(3)] = Add(s[at(3)], t1);
  s[at(7)] = Add(t1, t2);
}

// Replaces w[t mod 16] by the word sixteen rounds on (FIPS 180-4 6.4.2 step 1).
template <int kT>
[[gnu::always_inline]] inline void Schedule(__m512i* w) {
  w[kT & 15] = Add(Add(w[kT & 15], SmallSigma<1, 8, 7>(w[(kT + 1) & 15])),
                   Add(w[(kT + 9) & 15], SmallSigma<19, 61, 6>(w[(kT + 14) & 15])));
}

template <int kT, bool kSchedule>
[[gnu::always_inline]] inline void FourRounds(__m512i* s, __m512i* w, const std::uint64_t* k) {
  Round<kT>(s, w[kT], k[kT]);
  if constexpr (kSchedule) Schedule<kT>(w);
  Round<kT + 1>(s, w[kT + 1], k[kT + 1]);
  if constexpr (kSchedule) Schedule<kT + 1>(w);
  Round<kT + 2>(s, w[kT + 2], k[kT + 2]);
  if constexpr (kSchedule) Schedule<kT + 2>(w);
  Round<kT + 3>(s, w[kT + 3], k[kT + 3]);
  if constexpr (kSchedule) Schedule<kT + 3>(w);
}

template <bool kSchedule>
[[gnu::always_inline]] inline void SixteenRounds(__m512i* s, __m512i* w, const std::uint64_t* k) {
  FourRounds<0, kSchedule>(s, w, k);
  FourRounds<4, kSchedule>(s, w, k);
  FourRounds<8, kSchedule>(s, w, k);
  FourRounds<12, kSchedule>(s, w, k);
}

}  // namespace

void Sha512X8Avx512(std::uint64_t (*state)[kSha512Lanes], const std::uint8_t* const* messages,
                    std::size_t blocks) {
  __m512i s[8];
  for (int i = 0; i < 8; ++i) s[i] = _mm512_load_si512(state[i]);
  for (std::size_t block = 0; block < blocks; ++block) {
    __m512i w[16];
    LoadTransposed(messages, block * kSha512BlockSize, w);
    LoadTransposed(messages, block * kSha512BlockSize + kSha512BlockSize / 2, w + 8);
    for (int t = 0; t < 64; t += 16) SixteenRounds<true>(s, w, kSha512Round + t);
    SixteenRounds<false>(s, w, kSha512Round + 64);
    for (int i = 0; i < 8; ++i) {
      s[i] = Add(s[i], _mm512_load_si512(state[i]));
      _mm512_store_si512(state[i], s[i]);
    }
  }
}

}  // namespace muster::crypto::kernels

#endif  // x86-64
