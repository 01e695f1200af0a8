// Result<T>: how an operating error (a disk, a busy database, a bad argument) is reported.
//
// A rejected chain is not an error: it is data, see verdict.h. A programmer's error aborts.
// No exception crosses the public API.
#ifndef MUSTER_RESULT_H_
#define MUSTER_RESULT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

#include "muster/reject_reason.h"

namespace muster {

// What kind of operating error occurred. Callers switch on the code; people read the message.
enum class ErrorCode : std::uint8_t {
  kInvalidArgument,     // The caller passed something that can never work.
  kUnreadableInput,     // A file or buffer could not be read or recognised.
  kNotFound,            // The named service, CA, group or enrollment does not exist.
  kAlreadyExists,       // The name is taken by something else.
  kStaleETag,           // The row changed since the caller read it; nothing was written.
  kInUse,               // Deletion refused: an enrollment still refers to it.
  kRefused,             // A rule refused the request; Error::reason says which.
  kStoreBusy,           // Another writer holds the registry; try again.
  kStoreCorrupt,        // Not a registry of ours, or damaged. The file was left untouched.
  kStoreIo,             // The disk refused: full, read-only, no permission.
  kInternal,            // A defect in muster.
};

// The stable text of a code, as in JSON output: "stale-etag".
std::string_view ErrorCodeName(ErrorCode code);

// An operating error. `message` names what went wrong, where, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  RejectReason reason = RejectReason::kNone;  // Set with kRefused only.
};

template <typename T>
using Result = tl::expected<T, Error>;

// Shorthand for returning an error from a function that returns a Result.
inline tl::unexpected<Error> MakeError(ErrorCode code, std::string message,
                                       RejectReason reason = RejectReason::kNone) {
  return tl::unexpected<Error>(Error{code, std::move(message), reason});
}

}  // namespace muster

#endif  // MUSTER_RESULT_H_
