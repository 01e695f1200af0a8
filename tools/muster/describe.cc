#include "tools/muster/describe.h"

#include <fmt/format.h>

namespace muster::cli {
namespace {

std::string HexUpper(ByteView octets) {
  std::string hex;
  for (std::uint8_t octet : octets) hex += fmt::format("{:02X}", octet);
  return hex;
}

}  // namespace

Json DescribeCertificate(ByteView der) {
  Json json{{"sha256", Fingerprint::Of(der).hex()}, {"sha1", Sha1Thumbprint(der)}};
  auto view = CertificateView::Parse(der);
  if (!view) {
    json["malformed"] = NameOf(view.error().reason);
    return json;
  }
  json["subject"] = DisplayName(view->subject());
  json["issuer"] = DisplayName(view->issuer());
  json["serial"] = HexUpper(view->serial());
  json["not_before"] = FormatRfc3339(view->not_before());
  json["not_after"] = FormatRfc3339(view->not_after());
  json["key"] = DisplayKeyType(view->spki());
  return json;
}

Json DescribeCa(const CaCertificate& ca) {
  Json json{{"name", ca.name},
            {"status", NameOf(ca.status)},
            {"method", NameOf(ca.method)},
            {"registered_at", FormatRfc3339(ca.registered_at)},
            {"verified_at", TimeOrNull(ca.verified_at)}};
  json["code"] = nullptr;
  if (ca.code) {
    json["code"] = {{"generation", ca.code->generation},
                    {"expires", FormatRfc3339(ca.code->expires)},
                    {"bad_proofs", ca.code->bad_proofs}};
  }
  json["certificate"] = DescribeCertificate(ca.der);
  json["etag"] = ca.etag;
  return json;
}

Json DescribeEnrollment(const EnrollmentRef& enrollment) {
  if (enrollment.kind == EnrollmentKind::kNone) return nullptr;
  return {{"kind", NameOf(enrollment.kind)}, {"id", enrollment.id.view()}};
}

Json DescribeFault(const Fault& fault) {
  return {{"reason", NameOf(fault.reason)},
          {"reason_number", InfoOf(fault.reason).number},
          {"chain_index", fault.chain_index},
          {"detail", fault.detail}};
}

Json DescribeSigning(const SigningCertificates& signing) {
  Json json = Json::object();
  if (!signing.primary.empty() || !signing.secondary.empty()) {
    json["certificates"] = Json::array();
    for (const Bytes* der : {&signing.primary, &signing.secondary}) {
      if (!der->empty()) json["certificates"].push_back(DescribeCertificate(*der));
    }
  }
  if (!signing.primary_ca.empty() || !signing.secondary_ca.empty()) {
    json["cas"] = Json::array();
    for (const std::string* name : {&signing.primary_ca, &signing.secondary_ca}) {
      if (!name->empty()) json["cas"].push_back(*name);
    }
  }
  return json;
}

std::string ShortName(ByteView der) {
  std::string digest = ShortHex(Fingerprint::Of(der));
  auto view = CertificateView::Parse(der);
  if (!view) return fmt::format("malformed ({})", digest);
  return fmt::format("{} ({})", DisplayName(view->subject()), digest);
}

std::string DateOf(UnixTime time) { return FormatRfc3339(time).substr(0, 10); }

std::string ShortHex(const Fingerprint& fingerprint) { return fingerprint.hex().substr(0, 12); }

std::string CaNameOf(const RegistryContents& contents, const Fingerprint& fingerprint) {
  for (const CaCertificate& ca : contents.cas) {
    if (Fingerprint::Of(ca.der) == fingerprint) return ca.name;
  }
  return {};
}

std::string EnrollmentText(const EnrollmentRef& enrollment) {
  if (enrollment.kind == EnrollmentKind::kNone) return "none";
  return fmt::format("{} '{}'", NameOf(enrollment.kind), enrollment.id.view());
}

Json FingerprintOrNull(const Fingerprint& fingerprint) {
  if (fingerprint == Fingerprint{}) return nullptr;
  return fingerprint.hex();
}

Json TimeOrNull(const std::optional<UnixTime>& time) {
  if (!time) return nullptr;
  return FormatRfc3339(*time);
}

}  // namespace muster::cli
