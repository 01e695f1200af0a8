#include "engine/audit/base64_fast.h"

#include <array>
#include <cstddef>
#include <cstdint>

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

}  // namespace

bool AppendPlainBase64(std::string_view text, Bytes* out) {
  if (text.empty() || text.size() % 4 != 0) return false;
  const std::size_t before = out->size();
  out->resize(before + text.size() / 4 * 3);
  const auto* in = reinterpret_cast<const unsigned char*>(text.data());
  const unsigned char* last = in + text.size() - 4;
  std::uint8_t* octet = out->data() + before;
  std::uint32_t seen = 0;
  for (; in != last; in += 4, octet += 3) {
    const std::uint32_t group = Group(in);
    seen |= group;
    octet[0] = static_cast<std::uint8_t>(group >> 16);
    octet[1] = static_cast<std::uint8_t>(group >> 8);
    octet[2] = static_cast<std::uint8_t>(group);
  }
  const std::size_t rest = (seen & kForeign) ? 0 : DecodeLast(in, octet);
  if (rest == 0) {
    out->resize(before);
    return false;
  }
  out->resize(static_cast<std::size_t>(octet - out->data()) + rest);
  return true;
}

}  // namespace muster::audit
