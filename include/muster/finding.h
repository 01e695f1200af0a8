// Findings: what an audit noticed about a fleet beside its verdicts.
//
// A finding is a kind of trouble with a stable id; an audit counts each kind and keeps a few
// examples.
#ifndef MUSTER_FINDING_H_
#define MUSTER_FINDING_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "muster/fleet_audit.h"

namespace muster {

enum class Severity : std::uint8_t { kInfo, kWarning, kError };

struct FindingInfo {
  std::string_view id;  // Stable.
  Severity severity;
  std::string_view title, explanation, remedy;
};

struct FindingExample {
  std::uint64_t record_index;
  RecordSource source;
  std::string device_id;
  std::string detail;
};

struct FindingCount {
  const FindingInfo* info;
  std::uint64_t count;
  std::vector<FindingExample> examples;
};

struct FindingsReport {
  std::vector<FindingCount> findings;  // Most severe first, then by id.
};

}  // namespace muster

#endif  // MUSTER_FINDING_H_
