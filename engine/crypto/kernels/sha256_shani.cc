// SHA-256 by the processor's own instructions, one or two messages at a time.
//
// A translation unit of its own: inlined into AVX-512 code, with the upper halves of the registers
// in use, these instructions ran a hundred times slower.

#include "engine/crypto/kernels/sha256_kernels.h"

#if defined(__x86_64__)

#include <immintrin.h>

namespace muster::crypto::kernels {
namespace {

// The instructions want the state as ABEF and CDGH, first letter in the highest word.
struct State {
  __m128i abef;
  __m128i cdgh;
};

[[gnu::always_inline]] inline State LoadState(const std::uint32_t* words) {
  const __m128i abcd = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words));
  const __m128i efgh = _mm_loadu_si128(reinterpret_cast<const __m128i*>(words + 4));
  const __m128i badc = _mm_shuffle_epi32(abcd, 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(efgh, 0x1b);
  return {_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};
}

[[gnu::always_inline]] inline void StoreState(const State& state, std::uint32_t* words) {
  const __m128i feba = _mm_shuffle_epi32(state.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(state.cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words), _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(words + 4), _mm_alignr_epi8(dchg, feba, 8));
}

[[gnu::always_inline]] inline __m128i LoadWords(const std::uint8_t* octets) {
  const __m128i swap = _mm_set_epi8(12, 13, 14, 15, 8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(octets)), swap);
}

// Rounds 4 * kGroup to 4 * kGroup + 3, and the words for four rounds sixteen on.
template <int kGroup>
[[gnu::always_inline]] inline void FourRounds(State* state, __m128i* w) {
  const __m128i constants =
      _mm_load_si128(reinterpret_cast<const __m128i*>(kSha256Round + 4 * kGroup));
  const __m128i sum = _mm_add_epi32(w[kGroup & 3], constants);
  state->cdgh = _mm_sha256rnds2_epu32(state->cdgh, state->abef, sum);
  state->abef = _mm_sha256rnds2_epu32(state->abef, state->cdgh, _mm_shuffle_epi32(sum, 0x0e));
  if constexpr (kGroup < 12) {
    const __m128i later = w[(kGroup + 3) & 3];
    const __m128i seven_back = _mm_alignr_epi8(later, w[(kGroup + 2) & 3], 4);
    w[kGroup & 3] = _mm_sha256msg2_epu32(
        _mm_add_epi32(_mm_sha256msg1_epu32(w[kGroup & 3], w[(kGroup + 1) & 3]), seven_back),
        later);
  }
}

// kStreams messages in turn: consecutive instructions belong to different messages.
template <int kGroup, int kStreams>
[[gnu::always_inline]] inline void AllRounds(State* states, __m128i (*w)[4]) {
  for (int i = 0; i < kStreams; ++i) FourRounds<kGroup>(&states[i], w[i]);
  if constexpr (kGroup < 15) AllRounds<kGroup + 1, kStreams>(states, w);
}

template <int kStreams>
[[gnu::always_inline]] inline void Compress(std::uint32_t* const* words,
                                            const std::uint8_t* const* messages,
                                            std::size_t blocks) {
  State states[kStreams];
  for (int i = 0; i < kStreams; ++i) states[i] = LoadState(words[i]);
  for (std::size_t block = 0; block < blocks; ++block) {
    State before[kStreams];
    __m128i w[kStreams][4];
    for (int i = 0; i < kStreams; ++i) {
      before[i] = states[i];
      const std::uint8_t* octets = messages[i] + block * kSha256BlockSize;
      for (int j = 0; j < 4; ++j) w[i][j] = LoadWords(octets + 16 * j);
    }
    AllRounds<0, kStreams>(states, w);
    for (int i = 0; i < kStreams; ++i) {
      states[i].abef = _mm_add_epi32(states[i].abef, before[i].abef);
      states[i].cdgh = _mm_add_epi32(states[i].cdgh, before[i].cdgh);
    }
  }
  for (int i = 0; i < kStreams; ++i) StoreState(states[i], words[i]);
}

}  // namespace

void Sha256Shani(std::uint32_t* state, const std::uint8_t* message, std::size_t blocks) {
  Compress<1>(&state, &message, blocks);
}

void Sha256X2Shani(std::uint32_t* const* states, const std::uint8_t* const* messages,
                   std::size_t blocks) {
  Compress<2>(states, messages, blocks);
}

}  // namespace muster::crypto::kernels

#endif  // x86-64
