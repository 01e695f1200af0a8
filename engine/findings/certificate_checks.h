// What can be seen on one certificate: its dates, key, extensions, serial number and names.
#ifndef MUSTER_ENGINE_FINDINGS_CERTIFICATE_CHECKS_H_
#define MUSTER_ENGINE_FINDINGS_CERTIFICATE_CHECKS_H_

#include <chrono>
#include <string_view>

#include "engine/findings/finding_id.h"
#include "engine/findings/rsa_weaknesses.h"
#include "muster/certificate.h"
#include "muster/fleet_findings.h"

namespace muster::findings {

// What all certificates of a run are held against.
struct CheckContext {
  UnixTime at{};
  std::chrono::days soon{30}, later{90}, validity_max{3'653};
  WeakKeyList weak_keys;
};

// Everything about a device's leaf. `device_id` is the inventory's and may be empty.
void CheckLeaf(const CheckContext& context, const CertificateView& leaf, std::string_view device_id,
               Observations* out);

// Everything about a CA certificate; `is_anchor`: it is verified.
void CheckCa(const CheckContext& context, const CertificateView& ca, bool is_anchor,
             Observations* out);

// The CN of a subject that has exactly one; empty otherwise. Borrowed.
std::string_view OnlyCommonName(ByteView subject);

}  // namespace muster::findings

#endif  // MUSTER_ENGINE_FINDINGS_CERTIFICATE_CHECKS_H_
