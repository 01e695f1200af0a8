#include "engine/path/extension_checks.h"

#include "engine/base/byte_view.h"
#include "engine/der/der_reader.h"
#include "engine/x509/extensions.h"

namespace muster::path {
namespace {

// anyExtendedKeyUsage, 2.5.29.37.0.
constexpr std::uint8_t kAnyPurposeOid[] = {0x55, 0x1d, 0x25, 0x00};

// id-qt-cps and id-qt-unotice, 1.3.6.1.5.5.7.2.1 and .2.
constexpr std::uint8_t kCpsOid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x01};
constexpr std::uint8_t kUserNoticeOid[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x02, 0x02};

template <typename Parse>
bool IsMalformed(const CertificateView& certificate, ExtensionId id, const Parse& parse) {
  const ExtensionView& extension = certificate.extension(id);
  return extension.present && !parse(extension.value);
}

}  // namespace

Purpose FindPurpose(ByteView extended_key_usage, ByteView purpose) {
  der::DerReader outer(extended_key_usage);
  der::DerReader purposes;
  if (!outer.Enter(der::kSequence, &purposes) || !outer.AtEnd() || purposes.AtEnd()) {
    return Purpose::kMalformed;
  }
  bool allowed = purpose.empty();
  while (!purposes.AtEnd()) {
    ByteView oid;
    if (!purposes.Read(der::kOid, &oid) || !der::IsOid(oid)) return Purpose::kMalformed;
    allowed = allowed || base::Equal(oid, purpose) || base::Equal(oid, kAnyPurposeOid);
  }
  return allowed ? Purpose::kAllowed : Purpose::kNotAllowed;
}

std::string_view FindMalformedExtension(const CertificateView& certificate) {
  const auto malformed = [&](ExtensionId id, const auto& parse) {
    return IsMalformed(certificate, id, parse);
  };
  if (malformed(ExtensionId::kExtendedKeyUsage,
                [](ByteView v) { return FindPurpose(v, {}) != Purpose::kMalformed; })) {
    return "extendedKeyUsage";
  }
  if (malformed(ExtensionId::kSubjectAltName, x509::ParseGeneralNames)) return "subjectAltName";
  if (malformed(ExtensionId::kIssuerAltName, x509::ParseGeneralNames)) return "issuerAltName";
  if (malformed(ExtensionId::kNameConstraints, x509::ParseNameConstraints)) {
    return "nameConstraints";
  }
  if (malformed(ExtensionId::kCertificatePolicies, x509::ParseCertificatePolicies)) {
    return "certificatePolicies";
  }
  if (malformed(ExtensionId::kPolicyMappings, x509::ParsePolicyMappings)) return "policyMappings";
  if (malformed(ExtensionId::kPolicyConstraints, x509::ParsePolicyConstraints)) {
    return "policyConstraints";
  }
  if (malformed(ExtensionId::kInhibitAnyPolicy, x509::ParseInhibitAnyPolicy)) {
    return "inhibitAnyPolicy";
  }
  if (malformed(ExtensionId::kCrlDistributionPoints, x509::ParseCrlDistributionPoints)) {
    return "cRLDistributionPoints";
  }
  if (malformed(ExtensionId::kFreshestCrl, x509::ParseCrlDistributionPoints)) return "freshestCRL";
  return {};
}

bool HasUnknownCriticalQualifier(const CertificateView& certificate) {
  const ExtensionView& extension = certificate.extension(ExtensionId::kCertificatePolicies);
  if (!extension.present || !extension.critical) return false;
  const auto policies = x509::ParseCertificatePolicies(extension.value);
  if (!policies) return false;  // Malformed, which is for FindMalformedExtension to say.
  for (const x509::PolicyInformation& policy : *policies) {
    der::DerReader qualifiers(policy.qualifiers);
    der::DerReader qualifier;
    ByteView oid;
    while (qualifiers.Enter(der::kSequence, &qualifier) && qualifier.Read(der::kOid, &oid)) {
      if (!base::Equal(oid, kCpsOid) && !base::Equal(oid, kUserNoticeOid)) return true;
    }
  }
  return false;
}

}  // namespace muster::path
