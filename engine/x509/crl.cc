// CrlParser: RFC 5280 5.1 to 5.3, no recursion; memory does not grow with the number of entries.
#include "engine/x509/crl.h"

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/extension_reader.h"
#include "engine/x509/name.h"
#include "engine/x509/signed_object_parser.h"

namespace muster::x509 {
namespace {

// Arcs below id-ce (2.5.29).
constexpr std::uint8_t kIssuerAltName = 18;
constexpr std::uint8_t kCrlNumber = 20;
constexpr std::uint8_t kReasonCode = 21;
constexpr std::uint8_t kInvalidityDate = 24;
constexpr std::uint8_t kDeltaCrlIndicator = 27;
constexpr std::uint8_t kIssuingDistributionPoint = 28;
constexpr std::uint8_t kCertificateIssuer = 29;
constexpr std::uint8_t kAuthorityKeyId = 35;
constexpr std::uint8_t kFreshestCrl = 46;

// The arc of an OID below id-ce; 0, which is no extension's, for any other.
std::uint8_t IdCeArc(ByteView oid) {
  return oid.size() == 3 && oid[0] == 0x55 && oid[1] == 0x1d ? oid[2] : std::uint8_t{0};
}

// What an extension of an entry is found to be.
enum class Finding { kGood, kMalformed, kNotUnderstood };

// CRLReason ::= ENUMERATED (5.3.1): 0 to 10 without 7.
bool ReadReason(ByteView value, int* out) {
  der::DerReader in(value);
  ByteView content;
  std::uint32_t reason = 0;
  if (!in.Read(der::kEnumerated, &content) || !in.AtEnd()) return false;
  if (!der::ParseUnsigned(content, 11, &reason) || reason > 10 || reason == 7) return false;
  *out = static_cast<int>(reason);
  return true;
}

// InvalidityDate ::= GeneralizedTime (5.3.2). Read for its form; nothing depends on it.
bool IsInvalidityDate(ByteView value) {
  der::DerReader in(value);
  ByteView content;
  UnixTime ignored{};
  return in.Read(der::kGeneralizedTime, &content) && in.AtEnd() &&
         der::ParseTime(der::kGeneralizedTime, content, &ignored);
}

// CertificateIssuer ::= GeneralNames (5.3.3): its directoryName is the issuer that is meant.
Finding ReadCertificateIssuer(ByteView value, ByteView* out) {
  const auto names = ParseGeneralNames(value);
  if (!names) return Finding::kMalformed;
  for (const GeneralName& name : *names) {
    if (name.kind != GeneralNameKind::kDirectoryName) continue;
    if (IsEmptyName(name.value)) return Finding::kMalformed;
    *out = name.value;
    return Finding::kGood;
  }
  // An issuer known by other names only cannot be compared with a certificate's issuer field.
  return Finding::kNotUnderstood;
}

Finding ReadEntryExtension(const Extension& extension, RevokedCertificate* entry) {
  switch (IdCeArc(extension.oid)) {
    case kReasonCode:
      return ReadReason(extension.value, &entry->reason) ? Finding::kGood : Finding::kMalformed;
    case kInvalidityDate:
      return IsInvalidityDate(extension.value) ? Finding::kGood : Finding::kMalformed;
    case kCertificateIssuer:
      return ReadCertificateIssuer(extension.value, &entry->certificate_issuer);
    default:
      return extension.critical ? Finding::kNotUnderstood : Finding::kGood;
  }
}

// Why an entry could not be read.
struct EntryFault {
  RejectReason reason = RejectReason::kMalformedCertificate;
  const std::uint8_t* position = nullptr;
  std::string_view what;
};

// SEQUENCE { userCertificate, revocationDate, crlEntryExtensions OPTIONAL } (5.1.2.6).
// `entry->certificate_issuer` comes in as the one before left it and is carried forward (5.3.3).
bool ReadEntry(der::DerReader* in, RevokedCertificate* entry, bool* has_extensions,
               bool* not_understood, EntryFault* fault) {
  const auto fail = [fault](RejectReason reason, const std::uint8_t* at, std::string_view what) {
    *fault = {reason, at, what};
    return false;
  };
  const std::uint8_t* start = in->position();
  der::DerReader fields;
  if (!in->Enter(der::kSequence, &fields)) {
    return fail(RejectReason::kMalformedCertificate, start, in->error());
  }
  der::Element time;
  if (!fields.Read(der::kInteger, &entry->serial) || !fields.Read(&time)) {
    return fail(RejectReason::kMalformedCertificate, fields.position(), fields.error());
  }
  if (!der::IsMinimalInteger(entry->serial)) {
    return fail(RejectReason::kMalformedSerial, start, "serial number is empty or not minimal");
  }
  if (!der::ParseTime(time.tag, time.content, &entry->revoked_at)) {
    return fail(RejectReason::kMalformedCertificate, start,
                "revocation date is not in a form of RFC 5280 5.1.2.4");
  }
  entry->reason = 0;
  *has_extensions = !fields.AtEnd();
  if (!*has_extensions) return true;
  der::DerReader list;
  if (!fields.Enter(der::kSequence, &list) || !fields.AtEnd() || list.AtEnd()) {
    return fail(RejectReason::kMalformedExtension, start, "entry's extensions are malformed");
  }
  ExtensionReader extensions(list);
  Extension extension;
  while (!extensions.AtEnd()) {
    if (!extensions.Next(&extension)) {
      return fail(extensions.reason(), extensions.position(), extensions.what());
    }
    const Finding finding = ReadEntryExtension(extension, entry);
    if (finding == Finding::kMalformed) {
      return fail(RejectReason::kMalformedExtension, extension.oid.data(),
                  "entry's extension is malformed");
    }
    if (finding == Finding::kNotUnderstood) *not_understood = true;
  }
  return true;
}

// An extension value that is exactly one INTEGER, not negative, of at most 20 octets
// (5.2.3, 5.2.4).
bool ReadCrlNumber(ByteView value, ByteView* out) {
  der::DerReader in(value);
  return in.Read(der::kInteger, out) && in.AtEnd() && der::IsMinimalInteger(*out) &&
         ((*out)[0] & 0x80) == 0 && out->size() <= 20;
}

}  // namespace

class CrlParser : public SignedObjectParser {
 public:
  CrlParser(ByteView der, CrlView* out) : SignedObjectParser(der), out_(*out) { out_.der_ = der; }

  bool Run();

 private:
  bool ReadVersion(der::DerReader* tbs);
  bool ReadUpdates(der::DerReader* tbs);
  bool ReadEntries(der::DerReader* tbs);
  bool ReadExtensions(der::DerReader* tbs);
  bool NoteExtension(const Extension& extension);

  CrlView& out_;
  bool is_v2_ = false;
};

bool CrlParser::Run() {
  Framing framing;
  if (!ReadFraming(kCrlSizeMax, &framing)) return false;
  out_.tbs_ = framing.tbs;
  out_.signature_algorithm_ = framing.algorithm;
  out_.signature_ = framing.signature;
  der::DerReader* tbs = &framing.tbs_fields;
  return ReadVersion(tbs) && ReadInnerAlgorithm(tbs, framing) &&
         ReadName(tbs, /*may_be_empty=*/false, &out_.issuer_) && ReadUpdates(tbs) &&
         ReadEntries(tbs) && ReadExtensions(tbs);
}

// version INTEGER OPTIONAL: absent is v1, and v2 is the only other (5.1.2.1).
bool CrlParser::ReadVersion(der::DerReader* tbs) {
  const std::uint8_t* position = tbs->position();
  ByteView version;
  if (!tbs->ReadOptional(der::kInteger, &version, &is_v2_)) return FailRead(*tbs);
  if (is_v2_ && (version.size() != 1 || version[0] != 1)) {
    return Fail(RejectReason::kUnsupportedVersion, position, "CRL version is neither v1 nor v2");
  }
  return true;
}

// thisUpdate, nextUpdate OPTIONAL (5.1.2.4, 5.1.2.5). RFC 5280 demands nextUpdate of CAs; whether
// a CRL without it counts is for the validator.
bool CrlParser::ReadUpdates(der::DerReader* tbs) {
  if (!ReadTime(tbs, &out_.this_update_)) return false;
  if (tbs->PeekTag() != der::kUtcTime && tbs->PeekTag() != der::kGeneralizedTime) return true;
  UnixTime next{};
  if (!ReadTime(tbs, &next)) return false;
  out_.next_update_ = next;
  return true;
}

// revokedCertificates SEQUENCE OF, OPTIONAL (5.1.2.6).
bool CrlParser::ReadEntries(der::DerReader* tbs) {
  const std::uint8_t* position = tbs->position();
  bool present = false;
  if (!tbs->ReadOptional(der::kSequence, &out_.revoked_, &present)) return FailRead(*tbs);
  if (!present) return true;
  // 5.1.2.6: where nothing is revoked the list is absent.
  if (out_.revoked_.empty()) {
    return Fail(RejectReason::kMalformedCertificate, position, "revokedCertificates is empty");
  }
  der::DerReader entries(out_.revoked_);
  RevokedCertificate entry;
  EntryFault fault;
  while (!entries.AtEnd()) {
    position = entries.position();
    bool has_extensions = false;
    if (!ReadEntry(&entries, &entry, &has_extensions, &out_.has_unknown_critical_extension_,
                   &fault)) {
      return Fail(fault.reason, fault.position, fault.what);
    }
    // 5.1.2.1: extensions need v2.
    if (has_extensions && !is_v2_) {
      return Fail(RejectReason::kUnsupportedVersion, position, "a v1 CRL has no extensions");
    }
  }
  return true;
}

// crlExtensions [0] EXPLICIT, the last field (5.1.2.7).
bool CrlParser::ReadExtensions(der::DerReader* tbs) {
  if (tbs->AtEnd()) return true;
  const std::uint8_t* position = tbs->position();
  der::DerReader inside;
  der::DerReader list;
  if (!tbs->Enter(der::ContextConstructed(0), &inside)) return FailRead(*tbs);
  if (!is_v2_) {
    return Fail(RejectReason::kUnsupportedVersion, position, "a v1 CRL has no extensions");
  }
  if (!inside.Enter(der::kSequence, &list)) return FailRead(inside);
  if (!inside.AtEnd() || !tbs->AtEnd()) {
    return Fail(RejectReason::kMalformedCertificate, position, "octets follow extensions");
  }
  if (list.AtEnd()) {
    return Fail(RejectReason::kMalformedExtension, position, "extensions are present but empty");
  }
  ExtensionReader extensions(list);
  Extension extension;
  while (!extensions.AtEnd()) {
    if (!extensions.Next(&extension)) return FailExtension(extensions);
    if (!NoteExtension(extension)) {
      return Fail(RejectReason::kMalformedExtension, extension.oid.data(),
                  "CRL extension is malformed");
    }
  }
  return true;
}

bool CrlParser::NoteExtension(const Extension& extension) {
  switch (IdCeArc(extension.oid)) {
    case kAuthorityKeyId: {
      AuthorityKeyIdFields fields;
      if (!ReadAuthorityKeyIdFields(extension.value, &fields)) return false;
      out_.authority_key_id_ = fields.key_id;
      return true;
    }
    case kCrlNumber:
      return ReadCrlNumber(extension.value, &out_.crl_number_);
    case kDeltaCrlIndicator:
      return ReadCrlNumber(extension.value, &out_.base_crl_number_);
    case kIssuingDistributionPoint:
      out_.idp_der_ = extension.value;
      out_.issuing_distribution_point_ = ParseIssuingDistributionPoint(extension.value);
      return out_.issuing_distribution_point_.has_value();
    case kIssuerAltName:
      return ParseGeneralNames(extension.value).has_value();
    case kFreshestCrl:
      return ParseCrlDistributionPoints(extension.value).has_value();
    default:
      if (extension.critical) out_.has_unknown_critical_extension_ = true;
      return true;
  }
}

ParseResult<CrlView> CrlView::Parse(ByteView der) {
  CrlView view;
  CrlParser parser(der, &view);
  if (!parser.Run()) return tl::unexpected<ParseFailure>(parser.failure());
  return view;
}

void CrlView::ForEachRevoked(const std::function<bool(const RevokedCertificate&)>& visit) const {
  der::DerReader entries(revoked_);
  RevokedCertificate entry;
  bool ignored = false;
  EntryFault unreachable;  // Parse has read every entry.
  while (!entries.AtEnd() && ReadEntry(&entries, &entry, &ignored, &ignored, &unreachable)) {
    if (!visit(entry)) return;
  }
}

std::optional<RevokedCertificate> CrlView::Find(ByteView certificate_issuer,
                                                ByteView serial) const {
  std::optional<RevokedCertificate> found;
  ForEachRevoked([&](const RevokedCertificate& entry) {
    if (!base::Equal(entry.serial, serial)) return true;
    const ByteView issuer = entry.certificate_issuer.empty() ? issuer_ : entry.certificate_issuer;
    if (NamesMatch(issuer, certificate_issuer)) found = entry;
    return true;
  });
  return found;
}

}  // namespace muster::x509
