// Time is an argument: nothing below the command line reads a clock.
#ifndef MUSTER_TIME_H_
#define MUSTER_TIME_H_

#include <chrono>
#include <string>
#include <string_view>

#include "muster/result.h"

namespace muster {

// Seconds since 1970-01-01T00:00:00Z, without leap seconds; may be negative or beyond 2038.
// X.509 times run from 1950 to 9999 (RFC 5280 4.1.2.5).
using UnixTime = std::chrono::sys_seconds;

// Parses RFC 3339 ("2026-03-01T12:00:00Z", an offset such as "+01:00" is honoured, fractional
// seconds are dropped) or a bare date ("2026-03-01", midnight UTC). kInvalidArgument otherwise.
[[nodiscard]] Result<UnixTime> ParseRfc3339(std::string_view text);

// "2026-03-01T12:00:00Z".
[[nodiscard]] std::string FormatRfc3339(UnixTime time);

}  // namespace muster

#endif  // MUSTER_TIME_H_
