#include "engine/x509/extensions.h"

#include <algorithm>
#include <array>

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/name.h"

namespace muster::x509 {
namespace {

using der::ContextConstructed;
using der::ContextPrimitive;
using der::DerReader;

// Opens an extension value that is exactly one SEQUENCE.
bool EnterOnly(ByteView extension_value, DerReader* inside) {
  DerReader outer(extension_value);
  return outer.Enter(der::kSequence, inside) && outer.AtEnd();
}

bool IsIa5(ByteView text) {
  return std::all_of(text.begin(), text.end(), [](std::uint8_t c) { return c < 0x80; });
}

// otherName: SEQUENCE { type-id OID, value [0] EXPLICIT ANY }, its header replaced by [0].
bool IsOtherName(ByteView content) {
  DerReader fields(content);
  ByteView oid;
  DerReader inside;
  der::Element value;
  return fields.Read(der::kOid, &oid) && der::IsOid(oid) &&
         fields.Enter(ContextConstructed(0), &inside) && inside.Read(&value) && inside.AtEnd() &&
         fields.AtEnd();
}

// Where the GeneralNames stand: a constraint's iPAddress carries a mask (RFC 5280 4.2.1.10).
enum class Place { kName, kConstraint };

// A mask is a run of ones, then zeros (4.2.1.10 by way of RFC 4632).
bool IsIpMask(ByteView mask) {
  bool ended = false;
  for (const std::uint8_t octet : mask) {
    if (ended && octet != 0) return false;
    const int inverted = 0xff & ~octet;
    if ((inverted & (inverted + 1)) != 0) return false;
    ended = octet != 0xff;
  }
  return true;
}

bool IsIpAddress(ByteView octets, Place place) {
  if (place == Place::kName) return octets.size() == 4 || octets.size() == 16;
  return (octets.size() == 8 || octets.size() == 32) && IsIpMask(octets.subspan(octets.size() / 2));
}

// GeneralName ::= CHOICE (RFC 5280 4.2.1.6). Implicit tags, but for directoryName: a CHOICE cannot
// be tagged implicitly (X.680 31.2.7).
bool ReadGeneralName(DerReader* in, Place place, GeneralName* out) {
  der::Element element;
  if (!in->Read(&element)) return false;
  const int number = element.tag & 0x1f;
  if ((element.tag & 0xc0) != 0x80 || number > 8) return false;
  const bool wants_constructed = number == 0 || (number >= 3 && number <= 5);
  if (wants_constructed != ((element.tag & 0x20) != 0)) return false;
  out->kind = static_cast<GeneralNameKind>(number);
  out->value = element.content;
  switch (out->kind) {
    case GeneralNameKind::kOtherName:
      return IsOtherName(element.content);
    case GeneralNameKind::kRfc822Name:
    case GeneralNameKind::kDnsName:
    case GeneralNameKind::kUri:
      return IsIa5(element.content);
    case GeneralNameKind::kDirectoryName:
      return IsWellFormedName(element.content);
    case GeneralNameKind::kIpAddress:
      return IsIpAddress(element.content, place);
    case GeneralNameKind::kRegisteredId:
      return der::IsOid(element.content);
    case GeneralNameKind::kX400Address:
    case GeneralNameKind::kEdiPartyName:
      break;  // Opaque: never compared with anything.
  }
  return true;
}

// GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName.
bool AreGeneralNames(ByteView content) {
  DerReader in(content);
  if (in.AtEnd()) return false;
  GeneralName name;
  while (!in.AtEnd()) {
    if (!ReadGeneralName(&in, Place::kName, &name)) return false;
  }
  return true;
}

// GeneralSubtrees content: SEQUENCE SIZE (1..MAX) OF { base, minimum [0] DEFAULT 0, maximum [1] }.
bool ReadSubtrees(ByteView content, std::vector<GeneralName>* out) {
  DerReader in(content);
  if (in.AtEnd()) return false;
  while (!in.AtEnd()) {
    DerReader subtree;
    GeneralName base;
    // 4.2.1.10: "the minimum MUST be zero, and maximum MUST be absent"; a zero that is the default
    // is not encoded in DER (X.690 11.5), so nothing may follow the base.
    if (!in.Enter(der::kSequence, &subtree) ||
        !ReadGeneralName(&subtree, Place::kConstraint, &base) || !subtree.AtEnd()) {
      return false;
    }
    out->push_back(base);
  }
  return true;
}

// SkipCerts ::= INTEGER (0..MAX). Paths are far shorter than the value it saturates at.
constexpr std::uint32_t kSkipCertsMax = 1'000'000;

bool ReadSkipCerts(DerReader* in, std::uint8_t tag, std::optional<std::uint32_t>* out) {
  ByteView content;
  bool present = false;
  if (!in->ReadOptional(tag, &content, &present)) return false;
  if (!present) return true;
  std::uint32_t value = 0;
  if (!der::ParseUnsigned(content, kSkipCertsMax, &value)) return false;
  *out = value;
  return true;
}

// ReasonFlags ::= BIT STRING of the named bits 0 to 8 (4.2.1.13). Bit 0 is "unused".
bool ReadReasonFlags(ByteView content, std::uint16_t* out) {
  ByteView bits;
  int unused = 0;
  if (!der::ParseBitString(content, &bits, &unused) || bits.size() > 2) return false;
  std::uint16_t flags = 0;
  for (std::size_t i = 0; i < bits.size() * 8; ++i) {
    if ((bits[i / 8] & (0x80 >> (i % 8))) == 0) continue;
    if (i > 8) return false;
    flags = static_cast<std::uint16_t>(flags | 1U << i);
  }
  *out = static_cast<std::uint16_t>(flags & kAllReasons);
  return true;
}

// DistributionPointName ::= CHOICE { fullName [0], nameRelativeToCRLIssuer [1] }, under a [0] that
// is explicit because it tags a CHOICE.
bool ReadDistributionPointName(ByteView content, DistributionPoint* out) {
  DerReader in(content);
  ByteView names;
  bool present = false;
  if (!in.ReadOptional(ContextConstructed(0), &names, &present)) return false;
  if (present) {
    auto parsed = ParseGeneralNamesContent(names);
    if (!parsed) return false;
    out->full_name = *std::move(parsed);
    return in.AtEnd();
  }
  ByteView rdn;
  if (!in.Read(ContextConstructed(1), &rdn) || rdn.empty() || !in.AtEnd()) return false;
  DerReader attributes(rdn);
  while (!attributes.AtEnd()) {
    DerReader pair;
    ByteView oid;
    der::Element value;
    if (!attributes.Enter(der::kSequence, &pair) || !pair.Read(der::kOid, &oid) ||
        !der::IsOid(oid) || !pair.Read(&value) || !pair.AtEnd()) {
      return false;
    }
  }
  out->name_relative_to_issuer = rdn;
  return true;
}

bool ReadDistributionPoint(DerReader fields, DistributionPoint* out) {
  ByteView content;
  bool present = false;
  if (!fields.ReadOptional(ContextConstructed(0), &content, &present)) return false;
  if (present && !ReadDistributionPointName(content, out)) return false;
  if (!fields.ReadOptional(ContextPrimitive(1), &content, &out->has_reasons)) return false;
  if (out->has_reasons && !ReadReasonFlags(content, &out->reasons)) return false;
  if (!fields.ReadOptional(ContextConstructed(2), &content, &present)) return false;
  if (present) {
    auto issuer = ParseGeneralNamesContent(content);
    if (!issuer) return false;
    out->crl_issuer = *std::move(issuer);
  }
  // 4.2.1.13: a point names its place or its issuer; reasons alone are not one.
  return fields.AtEnd() && (out->has_name() || !out->crl_issuer.empty());
}

// BOOLEAN DEFAULT FALSE under an implicit tag. DER leaves out FALSE; CRL makers that spell it exist
// and both say the same.
bool ReadFlag(DerReader* in, int number, bool* out) {
  ByteView content;
  bool present = false;
  if (!in->ReadOptional(ContextPrimitive(number), &content, &present)) return false;
  return !present || der::ParseBoolean(content, out);
}

}  // namespace

std::optional<std::vector<GeneralName>> ParseGeneralNamesContent(ByteView content) {
  DerReader in(content);
  if (in.AtEnd()) return std::nullopt;
  std::vector<GeneralName> names;
  while (!in.AtEnd()) {
    if (!ReadGeneralName(&in, Place::kName, &names.emplace_back())) return std::nullopt;
  }
  return names;
}

std::optional<std::vector<GeneralName>> ParseGeneralNames(ByteView extension_value) {
  DerReader names;
  if (!EnterOnly(extension_value, &names)) return std::nullopt;
  return ParseGeneralNamesContent(names.rest());
}

std::optional<NameConstraints> ParseNameConstraints(ByteView extension_value) {
  DerReader fields;
  if (!EnterOnly(extension_value, &fields)) return std::nullopt;
  // 4.2.1.10: an empty sequence must not be issued.
  if (fields.AtEnd()) return std::nullopt;
  NameConstraints constraints;
  ByteView content;
  bool present = false;
  if (!fields.ReadOptional(ContextConstructed(0), &content, &present)) return std::nullopt;
  if (present && !ReadSubtrees(content, &constraints.permitted)) return std::nullopt;
  if (!fields.ReadOptional(ContextConstructed(1), &content, &present)) return std::nullopt;
  if (present && !ReadSubtrees(content, &constraints.excluded)) return std::nullopt;
  if (!fields.AtEnd()) return std::nullopt;
  return constraints;
}

std::optional<std::vector<PolicyInformation>> ParseCertificatePolicies(ByteView extension_value) {
  DerReader list;
  if (!EnterOnly(extension_value, &list) || list.AtEnd()) return std::nullopt;
  std::vector<PolicyInformation> policies;
  while (!list.AtEnd()) {
    DerReader fields;
    PolicyInformation& policy = policies.emplace_back();
    if (!list.Enter(der::kSequence, &fields) || !fields.Read(der::kOid, &policy.policy) ||
        !der::IsOid(policy.policy)) {
      return std::nullopt;
    }
    bool present = false;
    if (!fields.ReadOptional(der::kSequence, &policy.qualifiers, &present) || !fields.AtEnd()) {
      return std::nullopt;
    }
    if (!present) continue;
    // policyQualifiers ::= SEQUENCE SIZE (1..MAX) OF { policyQualifierId OID, qualifier ANY }.
    DerReader qualifiers(policy.qualifiers);
    if (qualifiers.AtEnd()) return std::nullopt;
    while (!qualifiers.AtEnd()) {
      DerReader pair;
      ByteView oid;
      der::Element value;
      if (!qualifiers.Enter(der::kSequence, &pair) || !pair.Read(der::kOid, &oid) ||
          !der::IsOid(oid) || !pair.Read(&value) || !pair.AtEnd()) {
        return std::nullopt;
      }
    }
  }
  // 4.2.1.4: no policy appears more than once. Sorted, because the list may be thousands long.
  std::vector<std::string_view> oids;
  oids.reserve(policies.size());
  for (const PolicyInformation& policy : policies) oids.push_back(base::AsText(policy.policy));
  std::sort(oids.begin(), oids.end());
  if (std::adjacent_find(oids.begin(), oids.end()) != oids.end()) return std::nullopt;
  return policies;
}

std::optional<std::vector<PolicyMapping>> ParsePolicyMappings(ByteView extension_value) {
  DerReader list;
  if (!EnterOnly(extension_value, &list) || list.AtEnd()) return std::nullopt;
  std::vector<PolicyMapping> mappings;
  while (!list.AtEnd()) {
    DerReader fields;
    PolicyMapping& mapping = mappings.emplace_back();
    if (!list.Enter(der::kSequence, &fields) || !fields.Read(der::kOid, &mapping.issuer_domain) ||
        !fields.Read(der::kOid, &mapping.subject_domain) || !fields.AtEnd() ||
        !der::IsOid(mapping.issuer_domain) || !der::IsOid(mapping.subject_domain)) {
      return std::nullopt;
    }
  }
  return mappings;
}

std::optional<PolicyConstraints> ParsePolicyConstraints(ByteView extension_value) {
  DerReader fields;
  if (!EnterOnly(extension_value, &fields)) return std::nullopt;
  // 4.2.1.11: an empty sequence must not be issued.
  if (fields.AtEnd()) return std::nullopt;
  PolicyConstraints constraints;
  if (!ReadSkipCerts(&fields, ContextPrimitive(0), &constraints.require_explicit_policy) ||
      !ReadSkipCerts(&fields, ContextPrimitive(1), &constraints.inhibit_policy_mapping) ||
      !fields.AtEnd()) {
    return std::nullopt;
  }
  return constraints;
}

std::optional<std::uint32_t> ParseInhibitAnyPolicy(ByteView extension_value) {
  DerReader in(extension_value);
  std::optional<std::uint32_t> skip;
  if (!ReadSkipCerts(&in, der::kInteger, &skip) || !in.AtEnd()) return std::nullopt;
  return skip;
}

std::optional<std::vector<ByteView>> ParseExtendedKeyUsage(ByteView extension_value) {
  DerReader list;
  if (!EnterOnly(extension_value, &list) || list.AtEnd()) return std::nullopt;
  std::vector<ByteView> purposes;
  while (!list.AtEnd()) {
    ByteView& oid = purposes.emplace_back();
    if (!list.Read(der::kOid, &oid) || !der::IsOid(oid)) return std::nullopt;
  }
  return purposes;
}

std::optional<std::vector<DistributionPoint>> ParseCrlDistributionPoints(ByteView extension_value) {
  DerReader list;
  if (!EnterOnly(extension_value, &list) || list.AtEnd()) return std::nullopt;
  std::vector<DistributionPoint> points;
  while (!list.AtEnd()) {
    DerReader fields;
    if (!list.Enter(der::kSequence, &fields) ||
        !ReadDistributionPoint(fields, &points.emplace_back())) {
      return std::nullopt;
    }
  }
  return points;
}

std::optional<IssuingDistributionPoint> ParseIssuingDistributionPoint(ByteView extension_value) {
  DerReader fields;
  // 5.2.5: an issuingDistributionPoint that says nothing must not be issued.
  if (!EnterOnly(extension_value, &fields) || fields.AtEnd()) return std::nullopt;
  IssuingDistributionPoint idp;
  ByteView content;
  bool present = false;
  if (!fields.ReadOptional(ContextConstructed(0), &content, &present)) return std::nullopt;
  if (present && !ReadDistributionPointName(content, &idp.point)) return std::nullopt;
  if (!ReadFlag(&fields, 1, &idp.only_user_certs) || !ReadFlag(&fields, 2, &idp.only_ca_certs) ||
      !fields.ReadOptional(ContextPrimitive(3), &content, &idp.has_only_some_reasons)) {
    return std::nullopt;
  }
  if (idp.has_only_some_reasons && !ReadReasonFlags(content, &idp.only_some_reasons)) {
    return std::nullopt;
  }
  if (!ReadFlag(&fields, 4, &idp.indirect_crl) ||
      !ReadFlag(&fields, 5, &idp.only_attribute_certs) || !fields.AtEnd()) {
    return std::nullopt;
  }
  // 5.2.5: at most one of the three may be TRUE.
  if (idp.only_user_certs + idp.only_ca_certs + idp.only_attribute_certs > 1) return std::nullopt;
  return idp;
}

// SEQUENCE { keyIdentifier [0], authorityCertIssuer [1], authorityCertSerialNumber [2] } (4.2.1.1).
bool ReadAuthorityKeyIdFields(ByteView extension_value, AuthorityKeyIdFields* out) {
  DerReader fields;
  if (!EnterOnly(extension_value, &fields)) return false;
  bool has_key_id = false;
  bool has_issuer = false;
  bool has_serial = false;
  if (!fields.ReadOptional(ContextPrimitive(0), &out->key_id, &has_key_id) ||
      !fields.ReadOptional(ContextConstructed(1), &out->issuer, &has_issuer) ||
      !fields.ReadOptional(ContextPrimitive(2), &out->serial, &has_serial) || !fields.AtEnd()) {
    return false;
  }
  if (has_issuer && !AreGeneralNames(out->issuer)) return false;
  if (has_serial && !der::IsMinimalInteger(out->serial)) return false;
  // 4.2.1.1 (and X.509 8.2.2.1): issuer and serial number come together or not at all.
  return has_issuer == has_serial;
}

std::optional<AuthorityKeyId> ParseAuthorityKeyId(ByteView extension_value) {
  AuthorityKeyIdFields fields;
  if (!ReadAuthorityKeyIdFields(extension_value, &fields)) return std::nullopt;
  AuthorityKeyId id;
  id.key_id = fields.key_id;
  id.serial = fields.serial;
  if (!fields.issuer.empty()) {
    auto issuer = ParseGeneralNamesContent(fields.issuer);
    if (!issuer) return std::nullopt;
    id.issuer = *std::move(issuer);
  }
  return id;
}

}  // namespace muster::x509
