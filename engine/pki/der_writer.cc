#include "engine/pki/der_writer.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <chrono>
#include <string>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::pki {
namespace {

// The octets of `value`, big-endian, without leading zeros; empty for 0.
Bytes BigEndian(std::uint64_t value) {
  Bytes octets;
  for (int shift = 56; shift >= 0; shift -= 8) {
    const auto octet = static_cast<std::uint8_t>(value >> shift);
    if (octet != 0 || !octets.empty()) octets.push_back(octet);
  }
  return octets;
}

}  // namespace

DerWriter& DerWriter::Add(std::uint8_t tag, ByteView content) {
  octets_.push_back(tag);
  if (content.size() < 0x80) {
    octets_.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    const Bytes length = BigEndian(content.size());
    octets_.push_back(static_cast<std::uint8_t>(0x80 | length.size()));
    octets_.insert(octets_.end(), length.begin(), length.end());
  }
  return AddRaw(content);
}

DerWriter& DerWriter::AddRaw(ByteView octets) {
  octets_.insert(octets_.end(), octets.begin(), octets.end());
  return *this;
}

DerWriter& DerWriter::AddUnsigned(std::uint8_t tag, std::uint64_t value) {
  Bytes content = BigEndian(value);
  if (content.empty() || (content[0] & 0x80) != 0) content.insert(content.begin(), 0);
  return Add(tag, content);
}

DerWriter& DerWriter::AddOid(ByteView content) { return Add(der::kOid, content); }

DerWriter& DerWriter::AddBoolean(bool value) {
  const std::uint8_t octet = value ? 0xff : 0x00;
  return Add(der::kBoolean, ByteView(&octet, 1));
}

DerWriter& DerWriter::AddBitString(ByteView octets) {
  return Nest(der::kBitString, [&](DerWriter& inside) {
    const std::uint8_t unused = 0;
    inside.AddRaw(ByteView(&unused, 1)).AddRaw(octets);
  });
}

DerWriter& DerWriter::AddNamedBits(std::uint16_t flags) {
  const int bits = static_cast<int>(std::bit_width(static_cast<unsigned>(flags)));
  const int octet_count = (bits + 7) / 8;
  Bytes content(static_cast<std::size_t>(octet_count) + 1);
  content[0] = static_cast<std::uint8_t>(8 * octet_count - bits);
  for (int i = 0; i < bits; ++i) {
    if ((flags >> i & 1) == 0) continue;
    std::uint8_t& octet = content[static_cast<std::size_t>(i / 8) + 1];
    octet = static_cast<std::uint8_t>(octet | (0x80 >> (i % 8)));
  }
  return Add(der::kBitString, content);
}

DerWriter& DerWriter::AddTime(UnixTime time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  const int year = static_cast<int>(date.year());
  const bool utc = year >= 1950 && year < 2050;
  const std::string text = fmt::format(
      "{:0{}}{:02}{:02}{:02}{:02}{:02}Z", utc ? year % 100 : year, utc ? 2 : 4,
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  return Add(utc ? der::kUtcTime : der::kGeneralizedTime, base::AsBytes(text));
}

}  // namespace muster::pki
