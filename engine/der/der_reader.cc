#include "engine/der/der_reader.h"

namespace muster::der {
namespace {

// Two decimal digits at `text`; a negative number where they are not digits.
int TwoDigits(const std::uint8_t* text) {
  const int tens = text[0] - '0';
  const int ones = text[1] - '0';
  if (tens < 0 || tens > 9 || ones < 0 || ones > 9) return -1;
  return tens * 10 + ones;
}

// MMDDHHMMSSZ after the year (RFC 5280 4.1.2.5.1 and 4.1.2.5.2: seconds present, Zulu, no
// fraction).
bool ParseTimeAfterYear(int year, const std::uint8_t* text, UnixTime* value) {
  const int month = TwoDigits(text);
  const int day = TwoDigits(text + 2);
  const int hour = TwoDigits(text + 4);
  const int minute = TwoDigits(text + 6);
  const int second = TwoDigits(text + 8);
  if (month < 1 || day < 1 || hour < 0 || minute < 0 || second < 0 || text[10] != 'Z') return false;
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  // Unix time has no leap seconds: second 60 would be read as another instant, so it is refused.
  if (!date.ok() || hour > 23 || minute > 59 || second > 59) return false;
  *value = std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
           std::chrono::seconds{second};
  return true;
}

// Appends a sub-identifier in base 128 (X.690 8.19.2).
void AppendSubIdentifier(std::uint64_t value, Bytes* out) {
  int shift = 63;
  while (shift > 0 && (value >> shift) == 0) shift -= 7;
  for (; shift > 0; shift -= 7) {
    out->push_back(static_cast<std::uint8_t>(0x80 | (value >> shift & 0x7f)));
  }
  out->push_back(static_cast<std::uint8_t>(value & 0x7f));
}

// Reads a decimal number without sign or leading zeros from the front of `text`.
bool ReadArc(std::string_view* text, std::uint64_t* value) {
  std::uint64_t n = 0;
  std::size_t used = 0;
  for (; used < text->size(); ++used) {
    const char c = (*text)[used];
    if (c < '0' || c > '9') break;
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (n > (UINT64_MAX - digit) / 10) return false;
    n = n * 10 + digit;
  }
  if (used == 0 || (used > 1 && text->front() == '0')) return false;
  text->remove_prefix(used);
  *value = n;
  return true;
}

}  // namespace

// X.690 8.2.2 and 11.1.
bool ParseBoolean(ByteView content, bool* value) {
  if (content.size() != 1 || (content[0] != 0x00 && content[0] != 0xff)) return false;
  *value = content[0] == 0xff;
  return true;
}

// X.690 8.3.2: the first nine bits are not all alike.
bool IsMinimalInteger(ByteView content) {
  if (content.empty()) return false;
  if (content.size() == 1) return true;
  const bool next_is_high = (content[1] & 0x80) != 0;
  return !(content[0] == 0x00 && !next_is_high) && !(content[0] == 0xff && next_is_high);
}

bool ParseUnsigned(ByteView content, std::uint32_t max, std::uint32_t* value) {
  if (!IsMinimalInteger(content) || (content[0] & 0x80) != 0) return false;
  std::uint64_t n = 0;
  for (const std::uint8_t octet : content) {
    n = n << 8 | octet;
    if (n > max) {
      *value = max;
      return true;
    }
  }
  *value = static_cast<std::uint32_t>(n);
  return true;
}

bool ParseBitString(ByteView content, ByteView* bits, int* unused) {
  // X.690 8.6.2.2 and 8.6.2.3: 0 to 7 unused bits, and none in an empty string.
  if (content.empty()) return false;
  const int count = content[0];
  if (count > 7 || (count != 0 && (unused == nullptr || content.size() == 1))) return false;
  // X.690 11.2.1: unused bits are zero.
  if ((content.back() & ((1 << count) - 1)) != 0) return false;
  if (unused != nullptr) *unused = count;
  *bits = content.subspan(1);
  return true;
}

bool ParseTime(std::uint8_t tag, ByteView content, UnixTime* value) {
  if (tag == kUtcTime && content.size() == 13) {
    const int year = TwoDigits(content.data());
    // RFC 5280 4.1.2.5.1: 50 to 99 are the 1900s.
    return year >= 0 && ParseTimeAfterYear(year + (year >= 50 ? 1900 : 2000), &content[2], value);
  }
  if (tag == kGeneralizedTime && content.size() == 15) {
    const int century = TwoDigits(content.data());
    const int year = TwoDigits(content.data() + 2);
    return century >= 0 && year >= 0 &&
           ParseTimeAfterYear(century * 100 + year, &content[4], value);
  }
  return false;
}

std::string OidToText(ByteView content) {
  if (!IsOid(content)) return {};
  std::string text;
  std::uint64_t value = 0;
  for (const std::uint8_t octet : content) {
    if (value > UINT64_MAX >> 7) return {};
    value = value << 7 | (octet & 0x7fU);
    if ((octet & 0x80) != 0) continue;
    if (text.empty()) {
      // X.690 8.19.4: the first sub-identifier holds two arcs.
      const std::uint64_t root = value < 80 ? value / 40 : 2;
      text = std::to_string(root);
      value -= root * 40;
    }
    text.push_back('.');
    text.append(std::to_string(value));
    value = 0;
  }
  return text;
}

std::optional<Bytes> OidFromText(std::string_view dotted) {
  std::uint64_t root = 0;
  std::uint64_t arc = 0;
  if (!ReadArc(&dotted, &root) || root > 2) return std::nullopt;
  Bytes content;
  bool first = true;
  while (!dotted.empty()) {
    if (dotted.front() != '.') return std::nullopt;
    dotted.remove_prefix(1);
    if (!ReadArc(&dotted, &arc)) return std::nullopt;
    if (first) {
      if ((root < 2 && arc > 39) || arc > UINT64_MAX - 80) return std::nullopt;
      arc += root * 40;
      first = false;
    }
    AppendSubIdentifier(arc, &content);
  }
  if (first) return std::nullopt;
  return content;
}

}  // namespace muster::der
