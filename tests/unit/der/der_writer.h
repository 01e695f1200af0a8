// Writes DER for tests: values, and values that are wrong on purpose.
#ifndef MUSTER_TESTS_UNIT_DER_DER_WRITER_H_
#define MUSTER_TESTS_UNIT_DER_DER_WRITER_H_

#include <cstdint>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include "engine/base/encoding.h"
#include "engine/der/der_reader.h"
#include "muster/bytes.h"

namespace muster::der {

inline Bytes Hex(std::string_view hex) {
  auto bytes = base::ParseHex(hex);
  if (!bytes) throw std::invalid_argument("not hex");
  return *bytes;
}

inline Bytes Text(std::string_view text) { return {text.begin(), text.end()}; }

inline Bytes Join(std::initializer_list<Bytes> parts) {
  Bytes joined;
  for (const Bytes& part : parts) joined.insert(joined.end(), part.begin(), part.end());
  return joined;
}

// A tag, the shortest length, and the content.
inline Bytes Tlv(std::uint8_t tag, const Bytes& content) {
  Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    Bytes length;
    for (std::size_t n = content.size(); n != 0; n >>= 8) {
      length.insert(length.begin(), static_cast<std::uint8_t>(n));
    }
    out.push_back(static_cast<std::uint8_t>(0x80 | length.size()));
    out.insert(out.end(), length.begin(), length.end());
  }
  out.insert(out.end(), content.begin(), content.end());
  return out;
}

inline Bytes Tlv(std::uint8_t tag, std::initializer_list<Bytes> parts) {
  return Tlv(tag, Join(parts));
}

inline Bytes Seq(std::initializer_list<Bytes> parts) { return Tlv(kSequence, parts); }

inline Bytes OidContent(std::string_view dotted) {
  auto content = OidFromText(dotted);
  if (!content) throw std::invalid_argument("not an OID");
  return *content;
}

inline Bytes Oid(std::string_view dotted) { return Tlv(kOid, OidContent(dotted)); }

}  // namespace muster::der

#endif  // MUSTER_TESTS_UNIT_DER_DER_WRITER_H_
