// The stable texts of the contract's small enumerations.
#include "muster/enrollment.h"
#include "muster/options.h"
#include "muster/result.h"

namespace muster {

// A value outside an enumeration (a cast) is named "unknown".

std::string_view ErrorCodeName(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kUnreadableInput:
      return "unreadable-input";
    case ErrorCode::kNotFound:
      return "not-found";
    case ErrorCode::kAlreadyExists:
      return "already-exists";
    case ErrorCode::kStaleETag:
      return "stale-etag";
    case ErrorCode::kInUse:
      return "in-use";
    case ErrorCode::kRefused:
      return "refused";
    case ErrorCode::kStoreBusy:
      return "store-busy";
    case ErrorCode::kStoreCorrupt:
      return "store-corrupt";
    case ErrorCode::kStoreIo:
      return "store-io";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "unknown";
}

std::string_view NameOf(LeafProfile profile) {
  switch (profile) {
    case LeafProfile::kRfc5280:
      return "rfc5280";
    case LeafProfile::kDpsCompat:
      return "dps-compat";
  }
  return "unknown";
}

std::string_view NameOf(LinkSource links) {
  switch (links) {
    case LinkSource::kPresented:
      return "presented";
    case LinkSource::kRegistry:
      return "registry";
  }
  return "unknown";
}

std::string_view NameOf(EnrollmentKind kind) {
  switch (kind) {
    case EnrollmentKind::kNone:
      return "none";
    case EnrollmentKind::kIndividual:
      return "individual";
    case EnrollmentKind::kGroup:
      return "group";
  }
  return "unknown";
}

}  // namespace muster
