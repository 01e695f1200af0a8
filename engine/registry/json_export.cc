#include "engine/registry/json_export.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "engine/base/encoding.h"
#include "muster/certificate.h"

namespace muster::registry {
namespace {

using Json = nlohmann::ordered_json;

void PutUnlessEmpty(Json* object, const char* name, const std::string& text) {
  if (!text.empty()) (*object)[name] = text;
}

Json ToJson(const CaCertificate& ca) {
  Json json;
  json["name"] = ca.name;
  if (const auto view = CertificateView::Parse(ca.der)) {
    json["subject"] = DisplayName(view->subject());  // For people; not read back.
  }
  json["sha256"] = Fingerprint::Of(ca.der).hex();
  json["status"] = NameOf(ca.status);
  json["method"] = NameOf(ca.method);
  json["registered_at"] = FormatRfc3339(ca.registered_at);
  if (ca.verified_at) json["verified_at"] = FormatRfc3339(*ca.verified_at);
  json["certificate"] = base::EncodeBase64(ca.der);
  json["etag"] = ca.etag;
  return json;
}

Json ToJson(const char* id_name, const std::string& id, bool enabled,
            const SigningCertificates& certificates, const std::string& etag) {
  Json json;
  json[id_name] = id;
  json["enabled"] = enabled;
  PutUnlessEmpty(&json, "primary", base::EncodeBase64(certificates.primary));
  PutUnlessEmpty(&json, "secondary", base::EncodeBase64(certificates.secondary));
  PutUnlessEmpty(&json, "primary_ca", certificates.primary_ca);
  PutUnlessEmpty(&json, "secondary_ca", certificates.secondary_ca);
  json["etag"] = etag;
  return json;
}

Json ToJson(const DenyEntry& entry) {
  Json json;
  if (entry.fingerprint) {
    json["fingerprint"] = entry.fingerprint->hex();
  } else {
    json["issuer"] = base::EncodeBase64(entry.issuer);
    json["serial"] = base::HexLower(entry.serial);
  }
  json["comment"] = entry.comment;
  json["etag"] = entry.etag;
  return json;
}

Json ToJson(const RegistryContents& contents) {
  Json json;
  json["service"] = contents.service;
  json["generation"] = contents.generation;
  Json& cas = json["cas"] = Json::array();
  for (const CaCertificate& ca : contents.cas) cas.push_back(ToJson(ca));
  Json& groups = json["groups"] = Json::array();
  for (const EnrollmentGroup& group : contents.groups) {
    groups.push_back(ToJson("id", group.id, group.enabled, group.signing, group.etag));
  }
  Json& individuals = json["individuals"] = Json::array();
  for (const IndividualEnrollment& individual : contents.individuals) {
    individuals.push_back(ToJson("registration_id", individual.registration_id, individual.enabled,
                                 individual.attestation, individual.etag));
  }
  Json& crls = json["crls"] = Json::array();
  for (const RegisteredCrl& crl : contents.crls) {
    crls.push_back({{"ca", crl.ca_name}, {"crl", base::EncodeBase64(crl.der)}, {"etag", crl.etag}});
  }
  Json& denied = json["denied"] = Json::array();
  for (const DenyEntry& entry : contents.denied) denied.push_back(ToJson(entry));
  return json;
}

}  // namespace

std::string ToJson(const std::vector<RegistryContents>& services) {
  Json json;
  json["schema"] = kRegistrySchema;
  json["services"] = Json::array();
  for (const RegistryContents& contents : services) json["services"].push_back(ToJson(contents));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace muster::registry
