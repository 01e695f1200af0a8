// AttributeReader: walks the attributes of a Name (RFC 5280 4.1.2.4) without allocating.
#ifndef MUSTER_ENGINE_X509_ATTRIBUTE_READER_H_
#define MUSTER_ENGINE_X509_ATTRIBUTE_READER_H_

#include <cstdint>

#include "engine/der/der_reader.h"
#include "muster/bytes.h"

namespace muster::x509 {

// One AttributeTypeAndValue.
struct Attribute {
  ByteView type;            // OID content.
  std::uint8_t tag = 0;     // Of the value.
  ByteView value;           // Content of the value.
  ByteView value_whole;     // With identifier and length.
  bool starts_rdn = false;  // The first attribute of its RDN.
};

// Every RDN holds at least one attribute; the value may be of any type (4.1.2.4: ANY DEFINED BY).
// That the SET OF is sorted (X.690 11.6) is not demanded: RDNs are compared as sets, and tools in
// the field keep the order they were given.
class AttributeReader {
 public:
  // `name` is a whole Name SEQUENCE and nothing else.
  explicit AttributeReader(ByteView name) {
    der::DerReader outer(name);
    failed_ = !outer.Enter(der::kSequence, &rdns_) || !outer.AtEnd();
  }

  // False at the end, and where the name is malformed: `failed()` tells which.
  bool Next(Attribute* out) {
    if (failed_) return false;
    out->starts_rdn = rdn_.AtEnd();
    if (out->starts_rdn) {
      if (rdns_.AtEnd()) return false;
      if (!rdns_.Enter(der::kSet, &rdn_)) return Fail(rdns_);
    }
    der::DerReader pair;
    if (!rdn_.Enter(der::kSequence, &pair)) return Fail(rdn_);
    der::Element value;
    if (!pair.Read(der::kOid, &out->type) || !pair.Read(&value)) return Fail(pair);
    if (!pair.AtEnd() || !der::IsOid(out->type)) return Fail(pair);
    out->tag = value.tag;
    out->value = value.content;
    out->value_whole = value.whole;
    return true;
  }

  bool failed() const { return failed_; }
  // Where a malformed name fails; null where its outermost SEQUENCE does.
  const std::uint8_t* position() const { return position_; }

 private:
  bool Fail(const der::DerReader& at) {
    failed_ = true;
    position_ = at.position();
    return false;
  }

  der::DerReader rdns_, rdn_;
  const std::uint8_t* position_ = nullptr;
  bool failed_ = false;
};

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_ATTRIBUTE_READER_H_
