// The registry's rules that need no store: what a name, a certificate and an enrollment must be.
// Each throws RegistryFailure (kInvalidArgument unless said otherwise) where it is not.
#ifndef MUSTER_ENGINE_REGISTRY_RULES_H_
#define MUSTER_ENGINE_REGISTRY_RULES_H_

#include <optional>
#include <string>
#include <string_view>

#include "engine/registry/store/failure.h"
#include "muster/bytes.h"
#include "muster/certificate.h"
#include "muster/enrollment.h"
#include "muster/registry.h"

namespace muster::registry {

// Comments and reasons that people write, in octets.
inline constexpr std::size_t kCommentSizeMax = 1024;

// Names of services and CAs and ids of enrollments share one form: 1 to 128 of A-Z a-z 0-9 - . _ :,
// the last a letter, a digit or a dash. `what` begins the message: "the name of a CA".
void CheckId(std::string_view what, std::string_view id);
// In lower case: ids that differ in case only are one.
std::string FoldId(std::string_view id);

// Well-formed UTF-8 without control characters, of at most kCommentSizeMax octets.
void CheckComment(std::string_view what, std::string_view text);

// Strict parsing, with the offset of the fault in the message.
Certificate ParseCertificate(std::string_view what, ByteView der);

// A CA certificate: basicConstraints with cA TRUE, or a self-issued version 1 root; its key is
// accepted by the default policy.
void CheckCaCertificate(std::string_view what, const Certificate& certificate);

// Uploaded certificates or CA references, never both; none at all only where `may_be_empty`.
void CheckOneKind(std::string_view what, const SigningCertificates& certificates,
                  bool may_be_empty);

// A denied device is named by its fingerprint, or by issuer and serial number.
void CheckDenyEntry(const DenyEntry& entry);

// "group 'line-4'", "individual enrollment 'device-7'".
std::string Describe(EnrollmentKind kind, std::string_view id);

}  // namespace muster::registry

#endif  // MUSTER_ENGINE_REGISTRY_RULES_H_
