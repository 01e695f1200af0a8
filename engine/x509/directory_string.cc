#include "engine/x509/directory_string.h"

#include <algorithm>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::x509 {
namespace {

bool IsScalar(char32_t c) { return c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff); }

void AppendUtf8(char32_t c, std::string* out) {
  const auto push = [out](char32_t octet) { out->push_back(static_cast<char>(octet)); };
  if (c < 0x80) {
    push(c);
  } else if (c < 0x800) {
    push(0xc0 | c >> 6);
    push(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    push(0xe0 | c >> 12);
    push(0x80 | (c >> 6 & 0x3f));
    push(0x80 | (c & 0x3f));
  } else {
    push(0xf0 | c >> 18);
    push(0x80 | (c >> 12 & 0x3f));
    push(0x80 | (c >> 6 & 0x3f));
    push(0x80 | (c & 0x3f));
  }
}

// Big-endian code units of `width` octets: BMPString (2, no surrogates), UniversalString (4),
// Latin-1 (1).
std::optional<std::string> FromCodeUnits(ByteView value, std::size_t width) {
  if (value.size() % width != 0) return std::nullopt;
  std::string text;
  for (std::size_t i = 0; i < value.size(); i += width) {
    char32_t c = 0;
    for (std::size_t k = 0; k < width; ++k) c = c << 8 | value[i + k];
    if (!IsScalar(c)) return std::nullopt;
    AppendUtf8(c, &text);
  }
  return text;
}

}  // namespace

std::size_t DecodeUtf8(ByteView bytes, char32_t* code_point) {
  if (bytes.empty()) return 0;
  const std::uint8_t lead = bytes[0];
  std::size_t size = 0;
  char32_t c = 0;
  if (lead < 0x80) {
    size = 1;
    c = lead;
  } else if ((lead & 0xe0) == 0xc0) {
    size = 2;
    c = lead & 0x1f;
  } else if ((lead & 0xf0) == 0xe0) {
    size = 3;
    c = lead & 0x0f;
  } else if ((lead & 0xf8) == 0xf0) {
    size = 4;
    c = lead & 0x07;
  }
  if (size == 0 || bytes.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((bytes[i] & 0xc0) != 0x80) return 0;
    c = c << 6 | (bytes[i] & 0x3f);
  }
  constexpr char32_t kShortest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (c < kShortest[size] || !IsScalar(c)) return 0;
  *code_point = c;
  return size;
}

std::optional<std::string> DirectoryStringText(std::uint8_t tag, ByteView value) {
  switch (tag) {
    case der::kPrintableString:
    case der::kIa5String:
    case der::kNumericString:
    case der::kVisibleString:
      if (std::any_of(value.begin(), value.end(), [](std::uint8_t c) { return c >= 0x80; })) {
        return std::nullopt;
      }
      return std::string(base::AsText(value));
    case der::kUtf8String: {
      char32_t c = 0;
      for (ByteView rest = value; !rest.empty();) {
        const std::size_t used = DecodeUtf8(rest, &c);
        if (used == 0) return std::nullopt;
        rest = rest.subspan(used);
      }
      return std::string(base::AsText(value));
    }
    case der::kT61String:
      return FromCodeUnits(value, 1);
    case der::kBmpString:
      return FromCodeUnits(value, 2);
    case der::kUniversalString:
      return FromCodeUnits(value, 4);
    default:
      return std::nullopt;
  }
}

}  // namespace muster::x509
