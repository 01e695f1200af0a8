// The stable texts of the registry's enumerations.
#include "muster/registry.h"

namespace muster {

// A value outside an enumeration (a cast) is named "unknown".

std::string_view NameOf(CaStatus status) {
  switch (status) {
    case CaStatus::kUnverified:
      return "unverified";
    case CaStatus::kVerified:
      return "verified";
  }
  return "unknown";
}

std::string_view NameOf(VerificationMethod method) {
  switch (method) {
    case VerificationMethod::kNone:
      return "none";
    case VerificationMethod::kProofOfPossession:
      return "proof-of-possession";
    case VerificationMethod::kSelfAttested:
      return "self-attested";
  }
  return "unknown";
}

std::string_view NameOf(LintSeverity severity) {
  switch (severity) {
    case LintSeverity::kInfo:
      return "info";
    case LintSeverity::kWarning:
      return "warning";
    case LintSeverity::kError:
      return "error";
  }
  return "unknown";
}

}  // namespace muster
