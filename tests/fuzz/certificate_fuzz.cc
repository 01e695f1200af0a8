// Parses any octets as a certificate and, where that works, reads everything it holds.
#include <cstddef>
#include <cstdint>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "engine/x509/extensions.h"
#include "engine/x509/name.h"
#include "engine/x509/serial.h"
#include "muster/certificate.h"

namespace {

using namespace muster;

void Names(const CertificateView& view) {
  for (const ByteView name : {view.issuer(), view.subject()}) {
    // The parser has let the name pass, so every reader of names must.
    MUSTER_CHECK(x509::IsWellFormedName(name));
    MUSTER_CHECK(x509::CanonicalName(name).has_value());
    MUSTER_CHECK(x509::NamesMatch(name, name));
    MUSTER_CHECK(x509::NameWithinSubtree(name, name));
    DisplayName(name);
    x509::CommonNames(name);
    x509::EmailAddresses(name);
    std::string_view why;
    MUSTER_CHECK(x509::RegistrationIdOf(name, &why).has_value() || !why.empty());
  }
  const bool equal = x509::CanonicalName(view.issuer()) == x509::CanonicalName(view.subject());
  MUSTER_CHECK(view.IsSelfIssued() == equal);
}

void Extensions(const CertificateView& view) {
  const auto value = [&view](ExtensionId id) { return view.extension(id).value; };
  x509::ParseGeneralNames(value(ExtensionId::kSubjectAltName));
  x509::ParseGeneralNames(value(ExtensionId::kIssuerAltName));
  x509::ParseNameConstraints(value(ExtensionId::kNameConstraints));
  x509::ParseCertificatePolicies(value(ExtensionId::kCertificatePolicies));
  x509::ParsePolicyMappings(value(ExtensionId::kPolicyMappings));
  x509::ParsePolicyConstraints(value(ExtensionId::kPolicyConstraints));
  x509::ParseInhibitAnyPolicy(value(ExtensionId::kInhibitAnyPolicy));
  x509::ParseExtendedKeyUsage(value(ExtensionId::kExtendedKeyUsage));
  x509::ParseCrlDistributionPoints(value(ExtensionId::kCrlDistributionPoints));
  x509::ParseCrlDistributionPoints(value(ExtensionId::kFreshestCrl));
  const ExtensionView& aki = view.extension(ExtensionId::kAuthorityKeyId);
  // What the parser let pass, the full decoder must read, with the same key identifier.
  if (aki.present) {
    const auto decoded = x509::ParseAuthorityKeyId(aki.value);
    MUSTER_CHECK(decoded && base::Equal(decoded->key_id, view.authority_key_id()));
  }
  MUSTER_CHECK(view.is_ca() || view.path_len() == -1);
  MUSTER_CHECK(!view.has_key_usage() || view.key_usage() != 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView der(data, size);
  const auto view = CertificateView::Parse(der);
  const auto owned = Certificate::Parse(der);
  MUSTER_CHECK(view.has_value() == owned.has_value());
  if (!view) {
    MUSTER_CHECK(view.error().offset <= size && !view.error().what.empty());
    MUSTER_CHECK(view.error().reason == owned.error().reason);
    return 0;
  }
  MUSTER_CHECK(base::Equal(view->der(), der));
  x509::SerialText(view->serial());
  x509::IsRegularSerial(view->serial());
  Names(*view);
  Extensions(*view);
  return 0;
}
