// ExtensionReader: walks an Extensions SEQUENCE (RFC 5280 4.1.2.9, 5.1.2.7, 5.3) strictly.
#ifndef MUSTER_ENGINE_X509_EXTENSION_READER_H_
#define MUSTER_ENGINE_X509_EXTENSION_READER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "muster/bytes.h"
#include "muster/reject_reason.h"

namespace muster::x509 {

// The most extensions that one certificate, CRL or CRL entry may have. Real certificates have up to
// about 15; the bound keeps the search for duplicates short.
inline constexpr std::size_t kExtensionsMax = 64;

// One Extension. `value` is what the OCTET STRING holds.
struct Extension {
  ByteView oid;
  ByteView value;
  bool critical = false;
};

class ExtensionReader {
 public:
  // `extensions` reads the content of the SEQUENCE OF Extension.
  explicit ExtensionReader(der::DerReader extensions) : in_(extensions) {}

  bool AtEnd() const { return in_.AtEnd(); }

  // False where the next one is malformed or a duplicate: `reason()`, `what()`, `position()` tell.
  bool Next(Extension* out) {
    const std::uint8_t* start = in_.position();
    der::DerReader fields;
    if (!in_.Enter(der::kSequence, &fields)) return FailMalformed(in_.position(), in_.error());
    ByteView critical;
    bool has_critical = false;
    if (!fields.Read(der::kOid, &out->oid) ||
        !fields.ReadOptional(der::kBoolean, &critical, &has_critical) ||
        !fields.Read(der::kOctetString, &out->value)) {
      return FailMalformed(fields.position(), fields.error());
    }
    if (!fields.AtEnd()) {
      return FailMalformed(fields.position(), "extension has more than three fields");
    }
    if (!der::IsOid(out->oid)) return FailMalformed(start, "extension's OID is malformed");
    out->critical = false;
    // RFC 5280 4.1: critical is DEFAULT FALSE, which DER leaves out (X.690 11.5).
    if (has_critical && (!der::ParseBoolean(critical, &out->critical) || !out->critical)) {
      return FailMalformed(start, "extension's critical flag is not DER");
    }
    return Note(out->oid, start);
  }

  RejectReason reason() const { return reason_; }
  std::string_view what() const { return what_; }
  const std::uint8_t* position() const { return position_; }

 private:
  // Trivial, so that the array below costs nothing until it is used.
  struct Slice {
    const std::uint8_t* data;
    std::size_t size;
  };

  // RFC 5280 4.2: one instance of each extension at most, known or not.
  bool Note(ByteView oid, const std::uint8_t* start) {
    if (++count_ > kExtensionsMax) return FailMalformed(start, "too many extensions");
    // id-ce (2.5.29): its arcs below 128 are 55 1d xx, and have a bit each.
    if (oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d) {
      std::uint64_t& word = seen_id_ce_[oid[2] >> 6 & 1];
      const std::uint64_t bit = std::uint64_t{1} << (oid[2] & 63);
      if ((word & bit) != 0) return FailDuplicate(start);
      word |= bit;
      return true;
    }
    for (std::size_t i = 0; i < other_count_; ++i) {
      if (base::Equal(oid, {other_[i].data, other_[i].size})) return FailDuplicate(start);
    }
    other_[other_count_++] = {oid.data(), oid.size()};
    return true;
  }

  bool FailDuplicate(const std::uint8_t* position) {
    reason_ = RejectReason::kDuplicateExtension;
    what_ = "extension occurs twice";
    position_ = position;
    return false;
  }
  bool FailMalformed(const std::uint8_t* position, std::string_view what) {
    reason_ = RejectReason::kMalformedExtension;
    what_ = what;
    position_ = position;
    return false;
  }

  der::DerReader in_;
  std::array<std::uint64_t, 2> seen_id_ce_{};
  std::size_t count_ = 0;
  std::size_t other_count_ = 0;
  std::array<Slice, kExtensionsMax> other_;
  RejectReason reason_ = RejectReason::kMalformedExtension;
  std::string_view what_;
  const std::uint8_t* position_ = nullptr;
};

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_EXTENSION_READER_H_
