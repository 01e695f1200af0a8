// DerWriter: writes DER, right or wrong: whatever a test needs.
#ifndef MUSTER_ENGINE_PKI_DER_WRITER_H_
#define MUSTER_ENGINE_PKI_DER_WRITER_H_

#include <cstdint>
#include <utility>

#include "muster/bytes.h"
#include "muster/time.h"

namespace muster::pki {

class DerWriter {
 public:
  // Appends one element with `content`.
  DerWriter& Add(std::uint8_t tag, ByteView content);
  // Appends octets as they are: whole elements, or nonsense.
  DerWriter& AddRaw(ByteView octets);
  // Appends one element whose content `fill(DerWriter&)` writes.
  template <typename Fill>
  DerWriter& Nest(std::uint8_t tag, Fill fill) {
    DerWriter inside;
    fill(inside);
    return Add(tag, inside.octets_);
  }
  // A non-negative INTEGER (or ENUMERATED, by `tag`).
  DerWriter& AddUnsigned(std::uint8_t tag, std::uint64_t value);
  // OID content octets.
  DerWriter& AddOid(ByteView content);
  DerWriter& AddBoolean(bool value);
  // A BIT STRING without unused bits.
  DerWriter& AddBitString(ByteView octets);
  // A BIT STRING of named flags, bit 0 of the encoding being the lowest bit of `flags`; trailing
  // zero bits are left out (X.690 11.2.2).
  DerWriter& AddNamedBits(std::uint16_t flags);
  // UTCTime from 1950 through 2049, GeneralizedTime otherwise (RFC 5280 4.1.2.5).
  DerWriter& AddTime(UnixTime time);

  const Bytes& octets() const { return octets_; }
  Bytes Take() { return std::move(octets_); }

 private:
  Bytes octets_;
};

}  // namespace muster::pki

#endif  // MUSTER_ENGINE_PKI_DER_WRITER_H_
