#include "engine/x509/signed_object_parser.h"

#include "engine/base/byte_view.h"
#include "engine/x509/attribute_reader.h"

namespace muster::x509 {

bool SignedObjectParser::ReadFraming(std::size_t size_max, Framing* out) {
  if (der_.size() > size_max) {
    return Fail(RejectReason::kCertificateTooLarge, der_.data(), "larger than the size limit");
  }
  der::DerReader outer(der_);
  der::DerReader fields;
  if (!outer.Enter(der::kSequence, &fields)) return FailRead(outer);
  if (!outer.AtEnd()) {
    return Fail(RejectReason::kTrailingData, outer.position(), "octets follow the outer SEQUENCE");
  }
  der::Element tbs;
  if (!fields.ReadElement(der::kSequence, &tbs)) return FailRead(fields);
  out->tbs = tbs.whole;
  out->tbs_fields = der::DerReader(tbs.content);
  if (!ReadAlgorithm(&fields, &out->algorithm)) return false;
  const std::uint8_t* position = fields.position();
  ByteView signature;
  if (!fields.Read(der::kBitString, &signature)) return FailRead(fields);
  // Every signature that is accepted is a whole number of octets (RFC 3279 2.2, RFC 8410 6).
  if (!der::ParseBitString(signature, &out->signature, nullptr)) {
    return Fail(RejectReason::kMalformedCertificate, position,
                "signature is not a whole number of octets");
  }
  if (!fields.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, fields.position(),
                "fields follow the signature");
  }
  return true;
}

// AlgorithmIdentifier ::= SEQUENCE { algorithm OID, parameters ANY OPTIONAL } (RFC 5280 4.1.1.2).
bool SignedObjectParser::ReadAlgorithm(der::DerReader* in, ByteView* whole) {
  const std::uint8_t* position = in->position();
  der::Element element;
  if (!in->ReadElement(der::kSequence, &element)) return FailRead(*in);
  der::DerReader fields(element.content);
  ByteView oid;
  if (!fields.Read(der::kOid, &oid)) return FailRead(fields);
  if (!der::IsOid(oid)) {
    return Fail(RejectReason::kMalformedCertificate, position, "algorithm's OID is malformed");
  }
  der::Element parameters;
  if (!fields.AtEnd() && !fields.Read(&parameters)) return FailRead(fields);
  if (!fields.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, fields.position(),
                "algorithm has more than two fields");
  }
  *whole = element.whole;
  return true;
}

bool SignedObjectParser::ReadInnerAlgorithm(der::DerReader* in, const Framing& framing) {
  const std::uint8_t* position = in->position();
  der::Element inner;
  // Equal octets need no second check of their form: the outer one was checked.
  if (!in->ReadElement(der::kSequence, &inner)) return FailRead(*in);
  if (!base::Equal(inner.whole, framing.algorithm)) {
    return Fail(RejectReason::kAlgorithmMismatch, position,
                "signature algorithm differs from the outer one");
  }
  return true;
}

bool SignedObjectParser::ReadName(der::DerReader* in, bool may_be_empty, ByteView* whole) {
  const std::uint8_t* position = in->position();
  der::Element element;
  if (!in->ReadElement(der::kSequence, &element)) {
    return Fail(RejectReason::kMalformedName, position, in->error());
  }
  // RFC 5280 4.1.2.4 and 5.1.2.3: an issuer has a name.
  if (element.content.empty() && !may_be_empty) {
    return Fail(RejectReason::kMalformedName, position, "issuer name is empty");
  }
  AttributeReader attributes(element.whole);
  Attribute attribute;
  while (attributes.Next(&attribute)) {
  }
  if (attributes.failed()) {
    return Fail(RejectReason::kMalformedName, attributes.position(), "name is malformed");
  }
  *whole = element.whole;
  return true;
}

bool SignedObjectParser::ReadTime(der::DerReader* in, UnixTime* value) {
  const std::uint8_t* position = in->position();
  der::Element element;
  if (!in->Read(&element)) return FailRead(*in);
  if (!der::ParseTime(element.tag, element.content, value)) {
    return Fail(RejectReason::kMalformedCertificate, position,
                "time is not in a form of RFC 5280 4.1.2.5");
  }
  return true;
}

}  // namespace muster::x509
