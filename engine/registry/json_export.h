// The JSON document of registries, schema "muster-registry/1":
//
//     {"schema": "muster-registry/1",
//      "services": [
//       {"service": ..., "generation": n,
//        "cas": [{"name", "subject", "sha256", "status", "method", "registered_at", "verified_at",
//                 "certificate", "etag"}],
//        "groups": [{"id", "enabled", "primary", "secondary", "primary_ca", "secondary_ca",
//                    "etag"}],
//        "individuals": [{"registration_id", and as a group}],
//        "crls": [{"ca", "crl", "etag"}],
//        "denied": [{"fingerprint" or "issuer" and "serial", "comment", "etag"}]}]}
//
// Certificates, CRLs and names are base64 of DER, serials and fingerprints hex, times RFC 3339.
// What a row does not have is left out. Verification codes are secrets and are left out always.
#ifndef MUSTER_ENGINE_REGISTRY_JSON_EXPORT_H_
#define MUSTER_ENGINE_REGISTRY_JSON_EXPORT_H_

#include <string>
#include <vector>

#include "muster/registry.h"

namespace muster::registry {

inline constexpr std::string_view kRegistrySchema = "muster-registry/1";

std::string ToJson(const std::vector<RegistryContents>& services);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_JSON_EXPORT_H_
