#include "engine/base/encoding.h"

#include <array>

namespace muster::base {
namespace {

constexpr char kHexLower[] = "0123456789abcdef";
constexpr char kHexUpper[] = "0123456789ABCDEF";
constexpr char kBase64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string Hex(ByteView bytes, const char* digits) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::uint8_t b : bytes) {
    text.push_back(digits[b >> 4]);
    text.push_back(digits[b & 15]);
  }
  return text;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Values of base64 characters, and what else may stand among them.
constexpr std::uint8_t kSkip = 0x80;
constexpr std::uint8_t kPad = 0x81;
constexpr std::uint8_t kForeign = 0x82;

constexpr std::array<std::uint8_t, 256> MakeBase64Table() {
  std::array<std::uint8_t, 256> table{};
  for (std::uint8_t& value : table) value = kForeign;
  for (std::uint8_t i = 0; i < 64; ++i) table[static_cast<std::uint8_t>(kBase64[i])] = i;
  for (const char c : {' ', '\t', '\r', '\n'}) table[static_cast<std::uint8_t>(c)] = kSkip;
  table[static_cast<std::uint8_t>('=')] = kPad;
  return table;
}
constexpr std::array<std::uint8_t, 256> kBase64Values = MakeBase64Table();

}  // namespace

std::string HexLower(ByteView bytes) { return Hex(bytes, kHexLower); }
std::string HexUpper(ByteView bytes) { return Hex(bytes, kHexUpper); }

std::optional<Bytes> ParseHex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const int high = HexValue(text[i]);
    const int low = HexValue(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(high << 4 | low));
  }
  return bytes;
}

std::string EncodeBase64(ByteView bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t group = std::uint32_t{bytes[i]} << 16;
    if (left > 1) group |= std::uint32_t{bytes[i + 1]} << 8;
    if (left > 2) group |= bytes[i + 2];
    text.push_back(kBase64[group >> 18]);
    text.push_back(kBase64[group >> 12 & 63]);
    text.push_back(left > 1 ? kBase64[group >> 6 & 63] : '=');
    text.push_back(left > 2 ? kBase64[group & 63] : '=');
  }
  return text;
}

Base64Outcome DecodeBase64(std::string_view text, Bytes* out) {
  out->reserve(out->size() + text.size() / 4 * 3);
  std::uint32_t group = 0;
  int digits = 0;  // Of the current group of four.
  int padding = 0;
  std::size_t last = 0;  // The last character that was not white space.
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::uint8_t value = kBase64Values[static_cast<std::uint8_t>(text[i])];
    if (value == kSkip) continue;
    last = i;
    if (value == kPad) {
      // RFC 4648 4: one or two, and only where a group of four lacks that many.
      if (digits < 2 || digits + padding == 4) return {false, i};
      ++padding;
      continue;
    }
    if (value == kForeign || padding != 0) return {false, i};
    group = group << 6 | value;
    if (++digits < 4) continue;
    out->push_back(static_cast<std::uint8_t>(group >> 16));
    out->push_back(static_cast<std::uint8_t>(group >> 8));
    out->push_back(static_cast<std::uint8_t>(group));
    group = 0;
    digits = 0;
  }
  if (digits == 0) return {true, 0};
  if (digits + padding != 4) return {false, text.size()};
  // RFC 4648 3.5: bits that encode nothing are zero, so that every octet string has one form.
  if (digits == 2) {
    if ((group & 0x0f) != 0) return {false, last};
    out->push_back(static_cast<std::uint8_t>(group >> 4));
  } else {
    if ((group & 0x03) != 0) return {false, last};
    out->push_back(static_cast<std::uint8_t>(group >> 10));
    out->push_back(static_cast<std::uint8_t>(group >> 2));
  }
  return {true, 0};
}

}  // namespace muster::base
