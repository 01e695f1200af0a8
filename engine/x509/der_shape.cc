#include "engine/x509/der_shape.h"

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"

namespace muster::x509 {
namespace {

using der::ContextConstructed;
using der::DerReader;

// id-signedData, 1.2.840.113549.1.7.2.
constexpr std::uint8_t kSignedDataOid[] = {0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02};

// Tells certificates, CRLs and requests apart by their first fields:
//   certificate  [0] version, ...   or, in v1,  serial, algorithm, issuer, validity
//   CRL          version (absent in v1), algorithm, issuer, thisUpdate
//   request      version, subject, SubjectPublicKeyInfo, [0] attributes
DerShape ShapeOfTbs(DerReader tbs) {
  if (tbs.PeekTag() == ContextConstructed(0)) return DerShape::kCertificate;
  ByteView ignored;
  bool has_integer = false;
  if (!tbs.ReadOptional(der::kInteger, &ignored, &has_integer) ||
      !tbs.Read(der::kSequence, &ignored) || !tbs.Read(der::kSequence, &ignored)) {
    return DerShape::kUnknown;
  }
  switch (tbs.PeekTag()) {
    case der::kUtcTime:
    case der::kGeneralizedTime:
      return DerShape::kCrl;
    case der::kSequence:
      return has_integer ? DerShape::kCertificate : DerShape::kUnknown;
    case ContextConstructed(0):
    case 0:
      return has_integer ? DerShape::kCertificateRequest : DerShape::kUnknown;
    default:
      return DerShape::kUnknown;
  }
}

// Opens ContentInfo ::= SEQUENCE { contentType, content [0] EXPLICIT } down to SignedData's fields.
bool EnterSignedData(ByteView element, DerReader* signed_data) {
  DerReader outer(element);
  DerReader content_info;
  DerReader content;
  ByteView oid;
  return outer.Enter(der::kSequence, &content_info) && content_info.Read(der::kOid, &oid) &&
         base::Equal(oid, kSignedDataOid) && content_info.Enter(ContextConstructed(0), &content) &&
         content_info.AtEnd() && content.Enter(der::kSequence, signed_data) && content.AtEnd();
}

}  // namespace

DerShape ShapeOf(ByteView element) {
  DerReader outer(element);
  DerReader fields;
  if (!outer.Enter(der::kSequence, &fields) || !outer.AtEnd()) return DerShape::kUnknown;
  if (fields.PeekTag() == der::kOid) {
    ByteView oid;
    return fields.Read(der::kOid, &oid) && base::Equal(oid, kSignedDataOid) ? DerShape::kSignedData
                                                                            : DerShape::kUnknown;
  }
  DerReader tbs;
  ByteView ignored;
  if (!fields.Enter(der::kSequence, &tbs) || !fields.Read(der::kSequence, &ignored) ||
      !fields.Read(der::kBitString, &ignored) || !fields.AtEnd()) {
    return DerShape::kUnknown;
  }
  return ShapeOfTbs(tbs);
}

bool ReadSignedData(ByteView element, const std::function<bool(MemberKind, ByteView)>& visit) {
  DerReader fields;
  ByteView content;
  if (!EnterSignedData(element, &fields) || !fields.Read(der::kInteger, &content) ||
      !fields.Read(der::kSet, &content) || !fields.Read(der::kSequence, &content)) {
    return false;
  }
  for (const int number : {0, 1}) {
    bool present = false;
    if (!fields.ReadOptional(ContextConstructed(number), &content, &present)) return false;
    if (!present) continue;
    DerReader members(content);
    der::Element member;
    while (!members.AtEnd()) {
      if (!members.Read(&member)) return false;
      // The other alternatives of both CHOICEs have context tags (RFC 5652 10.2.1, 10.2.2).
      const MemberKind plain = number == 0 ? MemberKind::kCertificate : MemberKind::kCrl;
      if (!visit(member.tag == der::kSequence ? plain : MemberKind::kOther, member.whole)) {
        return true;
      }
    }
  }
  return fields.Read(der::kSet, &content) && fields.AtEnd();  // signerInfos.
}

}  // namespace muster::x509
