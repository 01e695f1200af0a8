#include "engine/audit/base64_fast.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace muster::audit {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

// A bit that no group of four digits sets: it marks characters that do not belong.
constexpr std::uint32_t kForeign = 0x8000'0000;

// For each position in a group, the digit's value where it lies in the group of 24 bits. One load
// and one OR a character, and one test a group.
constexpr std::array<std::array<std::uint32_t, 256>, 4> MakeTables() {
  std::array<std::array<std::uint32_t, 256>, 4> tables{};
  for (std::size_t position = 0; position < 4; ++position) {
    for (std::uint32_t& entry : tables[position]) entry = kForeign;
    for (std::size_t digit = 0; digit < kAlphabet.size(); ++digit) {
      tables[position][static_cast<std::uint8_t>(kAlphabet[digit])] =
          static_cast<std::uint32_t>(digit) << (18 - 6 * position);
    }
  }
  return tables;
}
constexpr auto kTables = MakeTables();

std::uint32_t Group(const unsigned char* text) {
  return kTables[0][text[0]] | kTables[1][text[1]] | kTables[2][text[2]] | kTables[3][text[3]];
}

// The last group, with its padding. The octets it gives, or 0 where it is malformed.
std::size_t DecodeLast(const unsigned char* text, std::uint8_t* out) {
  if (text[3] != '=') {
    std::uint32_t group = Group(text);
    if (group & kForeign) return 0;
    out[0] = static_cast<std::uint8_t>(group >> 16);
    out[1] = static_cast<std::uint8_t>(group >> 8);
    out[2] = static_cast<std::uint8_t>(group);
    return 3;
  }
  std::uint32_t group = kTables[0][text[0]] | kTables[1][text[1]];
  bool one_octet = text[2] == '=';
  if (!one_octet) group |= kTables[2][text[2]];
  // RFC 4648 3.5: bits that encode nothing are zero.
  if ((group & kForeign) || (group & (one_octet ? 0xffffu : 0xffu)) != 0) return 0;
  out[0] = static_cast<std::uint8_t>(group >> 16);
  if (one_octet) return 1;
  out[1] = static_cast<std::uint8_t>(group >> 8);
  return 2;
}

// Decodes groups that must be full: all but the last. False where a character does not belong.
bool DecodeGroups(const unsigned char* in, std::size_t groups, std::uint8_t* out) {
  std::uint32_t seen = 0;
  for (; groups > 0; --groups, in += 4, out += 3) {
    const std::uint32_t group = Group(in);
    seen |= group;
    out[0] = static_cast<std::uint8_t>(group >> 16);
    out[1] = static_cast<std::uint8_t>(group >> 8);
    out[2] = static_cast<std::uint8_t>(group);
  }
  return (seen & kForeign) == 0;
}

#if defined(__x86_64__)

// For every ASCII character its value, 0x80 where it has none; and where the octets of a register
// of 16 groups of 24 bits, as words of 32, go.
struct WideTables {
  alignas(64) std::array<std::uint8_t, 128> value{};
  alignas(64) std::array<std::uint8_t, 64> place{};
};
constexpr WideTables MakeWideTables() {
  WideTables tables;
  for (std::uint8_t& value : tables.value) value = 0x80;
  for (std::size_t digit = 0; digit < kAlphabet.size(); ++digit) {
    tables.value[static_cast<std::uint8_t>(kAlphabet[digit])] = static_cast<std::uint8_t>(digit);
  }
  for (std::size_t octet = 0; octet < 48; ++octet) {
    tables.place[octet] = static_cast<std::uint8_t>(octet / 3 * 4 + 2 - octet % 3);
  }
  return tables;
}
constexpr WideTables kWide = MakeWideTables();

// As DecodeGroups, sixteen groups at a time. What a mask leaves out is neither read nor written.
[[gnu::target("avx512f,avx512bw,avx512vbmi")]] bool DecodeGroupsWide(const unsigned char* in,
                                                                     std::size_t groups,
                                                                     std::uint8_t* out) {
  const __m512i low = _mm512_load_si512(kWide.value.data());
  const __m512i high = _mm512_load_si512(kWide.value.data() + 64);
  const __m512i place = _mm512_load_si512(kWide.place.data());
  __m512i seen = _mm512_setzero_si512();
  while (groups > 0) {
    const std::size_t count = std::min<std::size_t>(groups, 16);
    const __mmask64 read = ~__mmask64{0} >> (64 - 4 * count);
    const __mmask64 written = ~__mmask64{0} >> (64 - 3 * count);
    // Characters that are left out count as 'A', which has the value 0.
    const __m512i text = _mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), read, in);
    // The lookup sees seven bits of each character: the eighth is checked here.
    const __m512i value = _mm512_permutex2var_epi8(low, text, high);
    seen = _mm512_ternarylogic_epi32(seen, text, value, 0xfe);
    const __m512i pairs = _mm512_maddubs_epi16(value, _mm512_set1_epi32(0x01400140));
    const __m512i fours = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
    _mm512_mask_storeu_epi8(out, written, _mm512_permutexvar_epi8(place, fours));
    groups -= count;
    in += 4 * count;
    out += 3 * count;
  }
  return _mm512_movepi8_mask(seen) == 0;
}

bool HasWideInstructions() {
  static const bool has = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                          __builtin_cpu_supports("avx512vbmi");
  return has;
}

#endif  // x86-64

using GroupDecoder = bool (*)(const unsigned char*, std::size_t, std::uint8_t*);

std::size_t Decode(std::string_view text, std::uint8_t* out, GroupDecoder decode_groups) {
  if (text.empty() || text.size() % 4 != 0) return 0;
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const std::size_t groups = text.size() / 4 - 1;
  if (!decode_groups(in, groups, out)) return 0;
  const std::size_t rest = DecodeLast(in + 4 * groups, out + 3 * groups);
  return rest == 0 ? 0 : 3 * groups + rest;
}

}  // namespace

std::size_t DecodePlainBase64(std::string_view text, std::uint8_t* out) {
#if defined(__x86_64__)
  if (HasWideInstructions()) return Decode(text, out, DecodeGroupsWide);
#endif
  return Decode(text, out, DecodeGroups);
}

std::size_t DecodePlainBase64Portably(std::string_view text, std::uint8_t* out) {
  return Decode(text, out, DecodeGroups);
}

}  // namespace muster::audit
