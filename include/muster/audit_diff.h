// DiffAudits compares the results of two audits, device by device, in flat memory.
//
// Inputs are what `muster audit --format ndjson` ("muster-audit/1") or --format json
// ("muster-audit-report/1") wrote, whole. Devices are joined by device id and leaf fingerprint: one
// that came back with another certificate vanished and appeared. Records that could not be read are
// counted and not joined.
#ifndef MUSTER_AUDIT_DIFF_H_
#define MUSTER_AUDIT_DIFF_H_

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "muster/result.h"

namespace muster {

enum class AuditChange : std::uint8_t {
  kNewlyRefused,
  kNewlyAccepted,
  kOtherReason,  // Refused before and after.
  kAppeared,
  kVanished,
  kAmbiguous,  // Several records of one side have this key: there is no saying which became what.
};
std::string_view NameOf(AuditChange change);  // "newly-refused", ...

// One side of a difference. Reasons are texts, so that results of other versions can be compared;
// "none" is acceptance.
struct AuditedDevice {
  std::uint64_t records = 0;  // With this key; 0 = none, and the rest is empty.
  std::string reason;         // Of the first.
  std::string source;         // Of the first: "fleet.ndjson:17".
};

struct AuditDifference {
  AuditChange change = AuditChange::kAmbiguous;
  std::string device_id;
  std::string leaf;  // SHA-256 in hex; empty where the leaf could not be read.
  AuditedDevice before, after;
};

struct AuditDiffReport {
  struct Side {
    std::uint64_t devices = 0;
    std::uint64_t accepted = 0;
    std::uint64_t unreadable = 0;
    bool interrupted = false;  // The audit was: devices are missing.
  };
  Side before, after;
  std::uint64_t same = 0;  // Devices without a difference.
  std::map<AuditChange, std::uint64_t> by_change;
  // Of devices on both sides: from which reason to which.
  std::map<std::pair<std::string, std::string>, std::uint64_t> by_transition;
};

// An input with its name for messages.
struct AuditResults {
  std::istream& stream;
  std::string name;
};

// Calls `sink` for each difference, in the order of device ids and leaves. kUnreadableInput where
// an input is no result of an audit, is of another schema, was cut off, or lacks its records.
// Rows lie in a temporary file of SQLite's; kStoreIo where it cannot be written.
[[nodiscard]] Result<AuditDiffReport> DiffAudits(
    const AuditResults& before, const AuditResults& after,
    const std::function<void(const AuditDifference&)>& sink);

}  // namespace muster

#endif  // MUSTER_AUDIT_DIFF_H_
