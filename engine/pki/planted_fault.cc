#include <array>

#include "muster/development_pki.h"

namespace muster {
namespace {

struct FaultRow {
  std::string_view name;
  RejectReason reason;
};

// In the order of PlantedFault.
constexpr std::array<FaultRow, static_cast<std::size_t>(PlantedFault::kCount)> kFaults = {{
    {"none", RejectReason::kNone},
    {"expired", RejectReason::kExpired},
    {"not-yet-valid", RejectReason::kNotYetValid},
    {"bad-signature", RejectReason::kBadSignature},
    {"unknown-issuer", RejectReason::kIssuerNotFound},
    {"unverified-issuer", RejectReason::kNotRolledUpToVerified},
    {"disabled-group", RejectReason::kGroupDisabled},
    {"missing-intermediate", RejectReason::kLinkNotPresented},
    {"malformed", RejectReason::kMalformedCertificate},
    {"bad-registration-id", RejectReason::kMalformedRegistrationId},
    {"leaf-is-ca", RejectReason::kLeafIsCa},
    {"wrong-purpose", RejectReason::kLeafExtendedKeyUsage},
    {"weak-key", RejectReason::kWeakKey},
    {"weak-hash", RejectReason::kWeakSignatureAlgorithm},
    {"denied", RejectReason::kDenied},
    {"unreadable-record", RejectReason::kNone},
}};

}  // namespace

std::string_view NameOf(PlantedFault fault) {
  const auto index = static_cast<std::size_t>(fault);
  return index < kFaults.size() ? kFaults[index].name : "unknown";
}

RejectReason ExpectedReason(PlantedFault fault, LinkSource links) {
  const auto index = static_cast<std::size_t>(fault);
  if (index >= kFaults.size()) return RejectReason::kNone;
  if (fault == PlantedFault::kMissingIntermediate && links == LinkSource::kRegistry) {
    return RejectReason::kNone;  // The registry holds what the device did not send.
  }
  return kFaults[index].reason;
}

}  // namespace muster
