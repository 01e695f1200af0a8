// Findings: what is wrong, or will be, with a fleet or its registry, beyond who passes.
//
// A finding has a stable id, a severity, and three texts: what it is, why it matters, what to do.
// One table holds them all; the command, reports and the README are made from it or checked
// against it.
// Thread-safe: the table is constant.
#ifndef MUSTER_FINDING_H_
#define MUSTER_FINDING_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "muster/fleet_audit.h"

namespace muster {

enum class Severity : std::uint8_t { kInfo, kWarning, kError };
std::string_view NameOf(Severity severity);  // "info", "warning", "error".
std::optional<Severity> ParseSeverity(std::string_view name);

struct FindingInfo {
  std::string_view id;  // Stable, kebab case.
  Severity severity = Severity::kWarning;
  std::string_view title;        // A few words: "The same key on several devices".
  std::string_view explanation;  // Why it matters.
  std::string_view remedy;       // What to do about it.
};

// Every finding there is, ordered by id.
std::span<const FindingInfo> AllFindings();
// Null where there is none of that id.
const FindingInfo* FindFinding(std::string_view id);

// `record_index` of an example that no record shows: a group, or a CA of the registry.
inline constexpr std::uint64_t kNoRecord = ~std::uint64_t{0};

// A record of the inventory, or a CA of the registry.
struct FindingPlace {
  std::uint64_t record_index = kNoRecord;
  RecordSource source;    // Empty where there is no record.
  std::string device_id;  // As the inventory has it; may be empty.
  std::string ca;         // "CA 'factory'"; empty where there is a record.
};

struct FindingExample {
  std::uint64_t record_index = kNoRecord;
  RecordSource source;    // Empty where there is no record.
  std::string device_id;  // As the inventory has it; may be empty.
  std::string detail;     // What was seen there: "notAfter 2026-12-03T00:00:00Z", "group 'line-4'".
  // Of what several share (a key, a prime, a serial number): another of them.
  std::optional<FindingPlace> partner = {};
};

struct FindingCount {
  const FindingInfo* info = nullptr;
  std::uint64_t count = 0;  // Devices concerned; groups or CA certificates where it is about those.
  std::vector<FindingExample> examples;  // The first few, in input order.
};

struct FindingsReport {
  std::vector<FindingCount> findings;  // Those that were found: most severe first, then by id.
};

}  // namespace muster

#endif  // MUSTER_FINDING_H_
