// Checks of extensions that need no state of the path.
#ifndef MUSTER_ENGINE_PATH_EXTENSION_CHECKS_H_
#define MUSTER_ENGINE_PATH_EXTENSION_CHECKS_H_

#include <string_view>

#include "muster/bytes.h"
#include "muster/certificate.h"

namespace muster::path {

enum class Purpose { kAllowed, kNotAllowed, kMalformed };

// Does an extendedKeyUsage value (RFC 5280 4.2.1.12) allow `purpose` (OID content)? So does
// anyExtendedKeyUsage. An empty purpose is always allowed. Does not allocate.
Purpose FindPurpose(ByteView extended_key_usage, ByteView purpose);

// The name of an extension whose content is not as RFC 5280 defines it; empty where all are well
// formed. Parsing has decided about basicConstraints, keyUsage and the key identifiers already.
// Does not allocate for certificates that carry none of the others but extendedKeyUsage.
std::string_view FindMalformedExtension(const CertificateView& certificate);

// A critical certificatePolicies extension carries a qualifier other than the two that RFC 5280
// defines: it must be refused (4.2.1.4).
bool HasUnknownCriticalQualifier(const CertificateView& certificate);

}  // namespace muster::path

#endif  // MUSTER_ENGINE_PATH_EXTENSION_CHECKS_H_
