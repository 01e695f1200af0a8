// DerReader: strict, zero-copy, non-recursive reading of DER (X.690 sections 8 and 10).
//
// Refused: indefinite and non-minimal lengths, lengths beyond the input, high tag numbers (none
// occurs in X.509), strings in the constructed form. The reader never reads outside its view,
// whatever the octets are.
#ifndef MUSTER_ENGINE_DER_DER_READER_H_
#define MUSTER_ENGINE_DER_DER_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "muster/bytes.h"
#include "muster/time.h"

namespace muster::der {

// Identifier octets. Constructed context tags are ContextConstructed(n).
enum Tag : std::uint8_t {
  kBoolean = 0x01,
  kInteger = 0x02,
  kBitString = 0x03,
  kOctetString = 0x04,
  kNull = 0x05,
  kOid = 0x06,
  kEnumerated = 0x0a,
  kUtf8String = 0x0c,
  kNumericString = 0x12,
  kPrintableString = 0x13,
  kT61String = 0x14,
  kIa5String = 0x16,
  kUtcTime = 0x17,
  kGeneralizedTime = 0x18,
  kVisibleString = 0x1a,
  kUniversalString = 0x1c,
  kBmpString = 0x1e,
  kSequence = 0x30,
  kSet = 0x31,
};
constexpr std::uint8_t ContextPrimitive(int n) { return static_cast<std::uint8_t>(0x80 | n); }
constexpr std::uint8_t ContextConstructed(int n) { return static_cast<std::uint8_t>(0xa0 | n); }

// One tag-length-value.
struct Element {
  std::uint8_t tag = 0;
  ByteView content;  // The value octets.
  ByteView whole;    // Identifier, length and value octets.
};

// Reads elements one after the other. On failure nothing is consumed and `error()` says why.
// Defined here because parsing a certificate calls it some sixty times.
class DerReader {
 public:
  DerReader() = default;
  explicit DerReader(ByteView input) : rest_(input) {}

  bool AtEnd() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  // The next identifier octet, or 0 at the end (0 is never a valid identifier here).
  std::uint8_t PeekTag() const { return rest_.empty() ? std::uint8_t{0} : rest_[0]; }

  // Reads any element.
  bool Read(Element* out) {
    if (rest_.size() < 2) return Fail(kCutShort);
    const std::uint8_t tag = rest_[0];
    // Tag 0 is BER's end-of-contents (X.690 8.1.5); number 31 opens a high tag number (8.1.2.4).
    if (tag == 0 || (tag & 0x1f) == 0x1f) return Fail(kBadTag);
    if (!HasDerForm(tag)) return Fail("a string in pieces, or a sequence in none, is not DER");
    std::size_t header = 2;
    std::size_t length = rest_[1];
    if (length >= 0x80 && !ReadLongLength(&header, &length)) return false;
    if (length > rest_.size() - header) return Fail(kPastEnd);
    out->tag = tag;
    out->whole = rest_.first(header + length);
    out->content = rest_.subspan(header, length);
    rest_ = rest_.subspan(header + length);
    return true;
  }

  // Reads an element that must have `tag`; gives all of it.
  bool ReadElement(std::uint8_t tag, Element* out) {
    if (PeekTag() != tag) return Fail(rest_.empty() ? kMissing : kUnexpectedTag);
    return Read(out);
  }

  // Reads an element that must have `tag`; gives its content.
  bool Read(std::uint8_t tag, ByteView* content) {
    Element element;
    if (!ReadElement(tag, &element)) return false;
    *content = element.content;
    return true;
  }

  // Reads it where it is next: `present` tells. False only on malformed input.
  bool ReadOptional(std::uint8_t tag, ByteView* content, bool* present) {
    *present = PeekTag() == tag;
    return !*present || Read(tag, content);
  }

  // Reads a constructed element and gives a reader of its content.
  bool Enter(std::uint8_t tag, DerReader* inside) {
    ByteView content;
    if (!Read(tag, &content)) return false;
    *inside = DerReader(content);
    return true;
  }

  // Why the last call failed: a static phrase.
  std::string_view error() const { return error_; }
  // Where it failed: pointer into the input (the position of the reader).
  const std::uint8_t* position() const { return rest_.data(); }

 private:
  static constexpr std::string_view kCutShort = "element is cut short";
  static constexpr std::string_view kBadTag = "tag is not one that X.509 uses";
  static constexpr std::string_view kPastEnd = "length runs past the end";
  static constexpr std::string_view kMissing = "element is missing";
  static constexpr std::string_view kUnexpectedTag = "element is of an unexpected type";

  // Universal types have one form in DER: SEQUENCE, SET and their like are constructed, the rest is
  // primitive (X.690 8 and 10.2).
  static constexpr bool HasDerForm(std::uint8_t tag) {
    constexpr std::uint32_t kConstructed = 1u << 8 | 1u << 11 | 1u << 16 | 1u << 17 | 1u << 29;
    return tag >= 0x40 || (tag >> 5 & 1) == (kConstructed >> (tag & 0x1f) & 1);
  }

  bool Fail(std::string_view why) {
    error_ = why;
    return false;
  }

  // The long form (X.690 8.1.3.5), minimal as 10.1 demands. Lengths of one or two octets are the
  // ones that occur in certificates; CRLs need up to four.
  bool ReadLongLength(std::size_t* header, std::size_t* length) {
    const std::size_t octets = rest_[1] & 0x7f;
    if (octets == 0) return Fail("length is indefinite");
    if (octets > 4) return Fail(kPastEnd);
    if (rest_.size() < 2 + octets) return Fail(kCutShort);
    std::size_t n = 0;
    for (std::size_t i = 0; i < octets; ++i) n = n << 8 | rest_[2 + i];
    const bool minimal = octets == 1 ? n >= 0x80 : rest_[2] != 0;
    if (!minimal) return Fail("length is not minimal");
    *header = 2 + octets;
    *length = n;
    return true;
  }

  ByteView rest_;
  std::string_view error_;
};

// BOOLEAN content: one octet, 0x00 or 0xff.
bool ParseBoolean(ByteView content, bool* value);
// INTEGER content in minimal two's complement form (any size).
bool IsMinimalInteger(ByteView content);
// A non-negative INTEGER; saturates at `max` when larger. False where malformed or negative.
bool ParseUnsigned(ByteView content, std::uint32_t max, std::uint32_t* value);
// BIT STRING content: at most 7 unused bits, which are zero; `unused` may be null when it must be
// 0.
bool ParseBitString(ByteView content, ByteView* bits, int* unused);
// Time (RFC 5280 4.1.2.5): UTCTime YYMMDDHHMMSSZ or GeneralizedTime YYYYMMDDHHMMSSZ, by `tag`.
// GeneralizedTime before 2050 is let pass (the field has it); other forms are not.
bool ParseTime(std::uint8_t tag, ByteView content, UnixTime* value);
// OID content: minimal sub-identifiers, complete (X.690 8.19.2): the last octet ends one, and none
// starts with 0x80.
inline bool IsOid(ByteView content) {
  if (content.empty() || (content.back() & 0x80) != 0) return false;
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == 0x80 && (i == 0 || (content[i - 1] & 0x80) == 0)) return false;
  }
  return true;
}
// Content octets <-> dotted decimal. Sub-identifiers beyond 64 bits give an empty string.
std::string OidToText(ByteView content);
std::optional<Bytes> OidFromText(std::string_view dotted);

}  // namespace muster::der

#endif  // MUSTER_ENGINE_DER_DER_READER_H_
