// CertificateParser: RFC 5280 4.1, one pass, no allocation, no recursion.
#include "muster/certificate.h"

#include <array>
#include <cstddef>
#include <utility>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/extension_reader.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "engine/x509/signed_object_parser.h"

namespace muster {
namespace {

// A path of a million CAs is as good as one of any length.
constexpr std::uint32_t kPathLenMax = 1'000'000;

// The extensions that the engine understands, by their arc below id-ce = 2.5.29 (RFC 5280 4.2.1).
constexpr std::size_t kArcsMax = 64;
constexpr std::array<ExtensionId, kArcsMax> MakeIds() {
  std::array<ExtensionId, kArcsMax> ids{};
  for (ExtensionId& id : ids) id = ExtensionId::kCount;
  ids[14] = ExtensionId::kSubjectKeyId;
  ids[15] = ExtensionId::kKeyUsage;
  ids[17] = ExtensionId::kSubjectAltName;
  ids[18] = ExtensionId::kIssuerAltName;
  ids[19] = ExtensionId::kBasicConstraints;
  ids[30] = ExtensionId::kNameConstraints;
  ids[31] = ExtensionId::kCrlDistributionPoints;
  ids[32] = ExtensionId::kCertificatePolicies;
  ids[33] = ExtensionId::kPolicyMappings;
  ids[35] = ExtensionId::kAuthorityKeyId;
  ids[36] = ExtensionId::kPolicyConstraints;
  ids[37] = ExtensionId::kExtendedKeyUsage;
  ids[46] = ExtensionId::kFreshestCrl;
  ids[54] = ExtensionId::kInhibitAnyPolicy;
  return ids;
}
constexpr std::array<ExtensionId, kArcsMax> kIds = MakeIds();

// kCount where the extension is not one of them.
ExtensionId IdOf(ByteView oid) {
  const bool id_ce = oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d && oid[2] < kArcsMax;
  return id_ce ? kIds[oid[2]] : ExtensionId::kCount;
}

// Puts the first bit of an octet lowest, as KeyUsageBit counts: swaps halves, pairs, neighbours.
std::uint16_t ReverseBits(std::uint8_t octet) {
  unsigned bits = octet;
  bits = (bits & 0xf0U) >> 4 | (bits & 0x0fU) << 4;
  bits = (bits & 0xccU) >> 2 | (bits & 0x33U) << 2;
  bits = (bits & 0xaaU) >> 1 | (bits & 0x55U) << 1;
  return static_cast<std::uint16_t>(bits);
}

}  // namespace

class CertificateParser : public x509::SignedObjectParser {
 public:
  CertificateParser(ByteView der, CertificateView* out) : SignedObjectParser(der), out_(*out) {
    out_.der_ = der;
  }

  bool Run();

 private:
  bool ReadVersion(der::DerReader* tbs);
  bool ReadSerial(der::DerReader* tbs);
  bool ReadValidity(der::DerReader* tbs);
  bool ReadSubjectPublicKeyInfo(der::DerReader* tbs);
  bool ReadUniqueIds(der::DerReader* tbs);
  bool ReadExtensions(der::DerReader* tbs);
  bool NoteExtension(const x509::Extension& extension);
  bool ReadBasicConstraints(const der::Element& value);
  bool ReadKeyUsage(const der::Element& value);
  bool ReadSubjectKeyId(const der::Element& value);
  bool ReadAuthorityKeyId(ByteView value);

  bool FailValue(const std::uint8_t* where, std::string_view what) {
    return Fail(RejectReason::kMalformedExtension, where, what);
  }

  CertificateView& out_;
};

bool CertificateParser::Run() {
  Framing framing;
  if (!ReadFraming(kCertificateSizeMax, &framing)) return false;
  out_.tbs_ = framing.tbs;
  out_.signature_algorithm_ = framing.algorithm;
  out_.signature_ = framing.signature;
  der::DerReader* tbs = &framing.tbs_fields;
  return ReadVersion(tbs) && ReadSerial(tbs) && ReadInnerAlgorithm(tbs, framing) &&
         ReadName(tbs, /*may_be_empty=*/false, &out_.issuer_) && ReadValidity(tbs) &&
         ReadName(tbs, /*may_be_empty=*/true, &out_.subject_) && ReadSubjectPublicKeyInfo(tbs) &&
         ReadUniqueIds(tbs) && ReadExtensions(tbs);
}

// version [0] EXPLICIT DEFAULT v1 (4.1.2.1). An encoded v1 is not DER (X.690 11.5); v2 is refused.
bool CertificateParser::ReadVersion(der::DerReader* tbs) {
  if (tbs->PeekTag() != der::ContextConstructed(0)) {
    out_.version_ = 1;
    return true;
  }
  const std::uint8_t* position = tbs->position();
  der::DerReader inside;
  ByteView version;
  if (!tbs->Enter(der::ContextConstructed(0), &inside)) return FailRead(*tbs);
  if (!inside.Read(der::kInteger, &version)) return FailRead(inside);
  if (!inside.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, inside.position(),
                "octets follow the version");
  }
  if (!der::IsMinimalInteger(version)) {
    return Fail(RejectReason::kMalformedCertificate, position, "version is malformed");
  }
  if (version.size() != 1 || version[0] != 2) {
    return Fail(RejectReason::kUnsupportedVersion, position, "version is neither v1 nor v3");
  }
  out_.version_ = 3;
  return true;
}

// 4.1.2.2. Only the encoding is checked here: see IsRegularSerial for sign and length.
bool CertificateParser::ReadSerial(der::DerReader* tbs) {
  const std::uint8_t* position = tbs->position();
  if (!tbs->Read(der::kInteger, &out_.serial_)) return FailRead(*tbs);
  if (!der::IsMinimalInteger(out_.serial_)) {
    return Fail(RejectReason::kMalformedSerial, position, "serial number is empty or not minimal");
  }
  return true;
}

// Validity ::= SEQUENCE { notBefore Time, notAfter Time } (4.1.2.5).
bool CertificateParser::ReadValidity(der::DerReader* tbs) {
  der::DerReader fields;
  if (!tbs->Enter(der::kSequence, &fields)) return FailRead(*tbs);
  if (!ReadTime(&fields, &out_.not_before_) || !ReadTime(&fields, &out_.not_after_)) return false;
  if (!fields.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, fields.position(),
                "octets follow the validity");
  }
  return true;
}

// SEQUENCE { algorithm, subjectPublicKey BIT STRING } (4.1.2.7). The key itself is for crypto.
bool CertificateParser::ReadSubjectPublicKeyInfo(der::DerReader* tbs) {
  der::Element spki;
  if (!tbs->ReadElement(der::kSequence, &spki)) return FailRead(*tbs);
  der::DerReader fields(spki.content);
  ByteView algorithm;
  if (!ReadAlgorithm(&fields, &algorithm)) return false;
  const std::uint8_t* position = fields.position();
  ByteView key;
  ByteView bits;
  int unused = 0;
  if (!fields.Read(der::kBitString, &key)) return FailRead(fields);
  if (!der::ParseBitString(key, &bits, &unused) || !fields.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, position, "public key is malformed");
  }
  out_.spki_ = spki.whole;
  return true;
}

// issuerUniqueID [1], subjectUniqueID [2]: 4.1.2.8 forbids CAs to make them and asks that
// applications can parse them; they need v2 or v3.
bool CertificateParser::ReadUniqueIds(der::DerReader* tbs) {
  for (const int number : {1, 2}) {
    const std::uint8_t* position = tbs->position();
    ByteView content;
    bool present = false;
    if (!tbs->ReadOptional(der::ContextPrimitive(number), &content, &present)) {
      return FailRead(*tbs);
    }
    if (!present) continue;
    if (out_.version_ != 3) {
      return Fail(RejectReason::kUnsupportedVersion, position, "v1 has no unique identifiers");
    }
    ByteView bits;
    int unused = 0;
    if (!der::ParseBitString(content, &bits, &unused)) {
      return Fail(RejectReason::kMalformedCertificate, position, "unique identifier is malformed");
    }
  }
  return true;
}

// extensions [3] EXPLICIT (4.1.2.9): the last field, in v3 only, not empty.
bool CertificateParser::ReadExtensions(der::DerReader* tbs) {
  if (tbs->AtEnd()) return true;
  const std::uint8_t* position = tbs->position();
  der::DerReader inside;
  if (!tbs->Enter(der::ContextConstructed(3), &inside)) return FailRead(*tbs);
  if (!tbs->AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, tbs->position(), "fields follow extensions");
  }
  if (out_.version_ != 3) {
    return Fail(RejectReason::kUnsupportedVersion, position, "v1 has no extensions");
  }
  der::DerReader list;
  if (!inside.Enter(der::kSequence, &list)) return FailRead(inside);
  if (!inside.AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, inside.position(), "octets follow extensions");
  }
  if (list.AtEnd()) return FailValue(position, "extensions are present but empty");
  x509::ExtensionReader extensions(list);
  x509::Extension extension;
  while (!extensions.AtEnd()) {
    if (!extensions.Next(&extension)) return FailExtension(extensions);
    if (!NoteExtension(extension)) return false;
  }
  return true;
}

bool CertificateParser::NoteExtension(const x509::Extension& extension) {
  const ExtensionId id = IdOf(extension.oid);
  if (id == ExtensionId::kCount) {
    // What an unknown extension holds is its owner's: the field has raw text and numbers there.
    if (extension.critical && out_.unknown_critical_extension_.empty()) {
      out_.unknown_critical_extension_ = extension.oid;
    }
    return true;
  }
  // RFC 5280 4.2: extnValue holds the DER of one ASN.1 value.
  der::DerReader outer(extension.value);
  der::Element value;
  if (!outer.Read(&value)) return FailValue(outer.position(), outer.error());
  if (!outer.AtEnd()) return FailValue(outer.position(), "octets follow the extension's value");
  ExtensionView& slot = out_.extensions_[static_cast<std::size_t>(id)];
  slot.value = extension.value;
  slot.present = true;
  slot.critical = extension.critical;
  switch (id) {
    case ExtensionId::kBasicConstraints:
      return ReadBasicConstraints(value);
    case ExtensionId::kKeyUsage:
      return ReadKeyUsage(value);
    case ExtensionId::kSubjectKeyId:
      return ReadSubjectKeyId(value);
    case ExtensionId::kAuthorityKeyId:
      return ReadAuthorityKeyId(value.whole);
    default:
      return true;  // Decoded on demand: extensions.h.
  }
}

// SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER (0..MAX) OPTIONAL } (4.2.1.9).
bool CertificateParser::ReadBasicConstraints(const der::Element& value) {
  const std::uint8_t* position = value.whole.data();
  if (value.tag != der::kSequence) return FailValue(position, "basicConstraints is no SEQUENCE");
  der::DerReader fields(value.content);
  ByteView content;
  bool present = false;
  if (!fields.ReadOptional(der::kBoolean, &content, &present)) {
    return FailValue(fields.position(), fields.error());
  }
  // DER leaves out a cA of FALSE, yet leaves that spell it (30 03 01 01 00) are common: let pass,
  // since both say the same.
  if (present && !der::ParseBoolean(content, &out_.is_ca_)) {
    return FailValue(position, "cA is not DER");
  }
  if (!fields.ReadOptional(der::kInteger, &content, &present)) {
    return FailValue(fields.position(), fields.error());
  }
  if (present) {
    std::uint32_t path_len = 0;
    if (!der::ParseUnsigned(content, kPathLenMax, &path_len)) {
      return FailValue(position, "pathLenConstraint is negative or malformed");
    }
    // 4.2.1.9: pathLenConstraint goes with cA only.
    if (!out_.is_ca_) return FailValue(position, "pathLenConstraint without cA");
    out_.path_len_ = static_cast<std::int32_t>(path_len);
  }
  return fields.AtEnd() || FailValue(fields.position(), "basicConstraints has unknown fields");
}

// KeyUsage ::= BIT STRING of named bits 0 to 8 (4.2.1.3).
bool CertificateParser::ReadKeyUsage(const der::Element& value) {
  const std::uint8_t* position = value.whole.data();
  ByteView bits;
  int unused = 0;
  if (value.tag != der::kBitString || !der::ParseBitString(value.content, &bits, &unused) ||
      bits.size() > 2) {
    return FailValue(position, "keyUsage is malformed");
  }
  // Let pass, because CAs that are in use have them: trailing zero bits (X.690 11.2.2; a public
  // root has 03 03 07 06 00) and bits beyond decipherOnly, which are ignored (TPM makers' CAs).
  std::uint16_t usage = 0;
  if (!bits.empty()) usage = ReverseBits(bits[0]);
  if (bits.size() == 2 && (bits[1] & 0x80) != 0) {
    usage = static_cast<std::uint16_t>(usage | kDecipherOnly);
  }
  // 4.2.1.3: at least one bit is set.
  if (usage == 0) return FailValue(position, "keyUsage sets no bit");
  out_.key_usage_ = usage;
  return true;
}

// SubjectKeyIdentifier ::= OCTET STRING (4.2.1.2).
bool CertificateParser::ReadSubjectKeyId(const der::Element& value) {
  out_.subject_key_id_ = value.content;
  return value.tag == der::kOctetString ||
         FailValue(value.whole.data(), "subjectKeyIdentifier is no OCTET STRING");
}

bool CertificateParser::ReadAuthorityKeyId(ByteView value) {
  x509::AuthorityKeyIdFields fields;
  if (!x509::ReadAuthorityKeyIdFields(value, &fields)) {
    return FailValue(value.data(), "authorityKeyIdentifier is malformed");
  }
  out_.authority_key_id_ = fields.key_id;
  return true;
}

ParseResult<CertificateView> CertificateView::Parse(ByteView der) {
  // One named result, so that the view is built in the caller's storage and never copied.
  ParseResult<CertificateView> result;
  CertificateParser parser(der, &*result);
  if (!parser.Run()) result = tl::unexpected<ParseFailure>(parser.failure());
  return result;
}

bool CertificateView::IsSelfIssued() const { return x509::NamesMatch(subject_, issuer_); }

ParseResult<Certificate> Certificate::Parse(ByteView der) {
  auto rep = std::make_shared<Rep>();
  rep->der = base::ToBytes(der);
  ParseResult<CertificateView> view = CertificateView::Parse(rep->der);
  if (!view) return tl::unexpected<ParseFailure>(view.error());
  rep->view = *view;
  return Certificate(std::move(rep));
}

}  // namespace muster
