// What a registry holds of one provisioning service, as plain values.
#ifndef MUSTER_REGISTRY_CONTENTS_H_
#define MUSTER_REGISTRY_CONTENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "muster/bytes.h"
#include "muster/enrollment.h"
#include "muster/fingerprint.h"
#include "muster/time.h"

namespace muster {

enum class CaStatus : std::uint8_t { kUnverified, kVerified };
enum class VerificationMethod : std::uint8_t { kNone, kProofOfPossession, kSelfAttested };
std::string_view NameOf(CaStatus status);            // "unverified", "verified".
std::string_view NameOf(VerificationMethod method);  // "none", "proof-of-possession", ...

// An outstanding verification code, without the code: that is shown once, when it is generated.
struct PendingCode {
  std::uint64_t generation = 0;
  UnixTime created{};
  UnixTime expires{};
  int bad_proofs = 0;  // The code dies at kBadProofsMax.
};

// A registered CA certificate. Its name is unique within its service, without regard to case.
struct CaCertificate {
  std::string name;
  Bytes der;
  CaStatus status = CaStatus::kUnverified;
  VerificationMethod method = VerificationMethod::kNone;
  UnixTime registered_at{};
  std::optional<UnixTime> verified_at;
  std::string etag;
  std::optional<PendingCode> code;  // Set while Unverified and a code was generated.
};

// A CRL held for a CA. `der` was signed by that CA's key (or by an indirect CRL issuer).
struct RegisteredCrl {
  std::string ca_name;
  Bytes der;
  std::string etag;
};

// A denied device: by certificate, or by issuer and serial number (as a CRL would say it).
struct DenyEntry {
  std::optional<Fingerprint> fingerprint;  // Either this ...
  Bytes issuer;                            // ... or a whole Name SEQUENCE and
  Bytes serial;                            // the INTEGER content octets.
  std::string comment;
  std::string etag;
};

// Everything a service decides with, as plain values: what a snapshot is compiled from.
struct RegistryContents {
  std::string service;
  std::uint64_t generation = 0;
  std::vector<CaCertificate> cas;
  std::vector<EnrollmentGroup> groups;
  std::vector<IndividualEnrollment> individuals;
  std::vector<RegisteredCrl> crls;
  std::vector<DenyEntry> denied;
};

}  // namespace muster

#endif  // MUSTER_REGISTRY_CONTENTS_H_
