// Extensions whose content is looked at away from the hot path: decoded on demand from the slices
// of a CertificateView, all strict. RFC 5280 4.2 and 5.2.
#ifndef MUSTER_ENGINE_X509_EXTENSIONS_H_
#define MUSTER_ENGINE_X509_EXTENSIONS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::x509 {

// GeneralName (4.2.1.6): the CHOICE number 0..8 and its content. For directoryName (4) `value` is
// the whole Name SEQUENCE; for iPAddress 4 or 16 octets (8 or 32 in a constraint).
enum class GeneralNameKind : std::uint8_t {
  kOtherName,
  kRfc822Name,
  kDnsName,
  kX400Address,
  kDirectoryName,
  kEdiPartyName,
  kUri,
  kIpAddress,
  kRegisteredId,
};
struct GeneralName {
  GeneralNameKind kind = GeneralNameKind::kOtherName;
  ByteView value;
};

// Each returns nothing where the content is not as RFC 5280 defines it.
// GeneralNames SEQUENCE content of a subjectAltName or issuerAltName value; not empty.
std::optional<std::vector<GeneralName>> ParseGeneralNames(ByteView extension_value);
// GeneralNames whose SEQUENCE header is replaced by an implicit tag: only the content.
std::optional<std::vector<GeneralName>> ParseGeneralNamesContent(ByteView content);

struct NameConstraints {
  std::vector<GeneralName> permitted, excluded;  // minimum 0 and no maximum, as RFC 5280 demands.
};
std::optional<NameConstraints> ParseNameConstraints(ByteView extension_value);

struct PolicyInformation {
  ByteView policy;  // OID content.
  ByteView qualifiers;
};
// No policy may occur twice.
std::optional<std::vector<PolicyInformation>> ParseCertificatePolicies(ByteView extension_value);

struct PolicyMapping {
  ByteView issuer_domain, subject_domain;  // OID content.
};
std::optional<std::vector<PolicyMapping>> ParsePolicyMappings(ByteView extension_value);

struct PolicyConstraints {
  std::optional<std::uint32_t> require_explicit_policy, inhibit_policy_mapping;
};
std::optional<PolicyConstraints> ParsePolicyConstraints(ByteView extension_value);
std::optional<std::uint32_t> ParseInhibitAnyPolicy(ByteView extension_value);

// OID contents of extendedKeyUsage; not empty.
std::optional<std::vector<ByteView>> ParseExtendedKeyUsage(ByteView extension_value);

// ReasonFlags (4.2.1.13) with bit 0 of the encoding as the lowest bit; kAllReasons where absent.
inline constexpr std::uint16_t kAllReasons = 0x1fe;  // keyCompromise(1) .. aACompromise(8)

struct DistributionPoint {
  std::vector<GeneralName> full_name;  // Empty where absent.
  ByteView name_relative_to_issuer;    // RDN: SET content; empty where absent.
  std::uint16_t reasons = kAllReasons;
  bool has_reasons = false;
  std::vector<GeneralName> crl_issuer;  // Empty where absent.
  bool has_name() const { return !full_name.empty() || !name_relative_to_issuer.empty(); }
};
std::optional<std::vector<DistributionPoint>> ParseCrlDistributionPoints(ByteView extension_value);

// issuingDistributionPoint (5.2.5).
struct IssuingDistributionPoint {
  DistributionPoint point;  // full_name or name_relative_to_issuer only.
  bool only_user_certs = false, only_ca_certs = false, only_attribute_certs = false;
  bool indirect_crl = false;
  bool has_only_some_reasons = false;
  std::uint16_t only_some_reasons = kAllReasons;
};
std::optional<IssuingDistributionPoint> ParseIssuingDistributionPoint(ByteView extension_value);

struct AuthorityKeyId {
  ByteView key_id;                  // May be empty.
  std::vector<GeneralName> issuer;  // May be empty.
  ByteView serial;                  // INTEGER content; may be empty.
};
std::optional<AuthorityKeyId> ParseAuthorityKeyId(ByteView extension_value);

// The same without allocating, for the parsers: the content of GeneralNames stays a slice, of which
// the form has been checked.
struct AuthorityKeyIdFields {
  ByteView key_id, issuer, serial;
};
bool ReadAuthorityKeyIdFields(ByteView extension_value, AuthorityKeyIdFields* out);

}  // namespace muster::x509

#endif  // MUSTER_ENGINE_X509_EXTENSIONS_H_
