// How a what-if is written: the devices whose verdict changes, then the counts.
//
//   ndjson  a first line {"schema":"muster-what-if/1","type":"header",...}, one line for each device
//           that changes ("type":"change"), a last line of type "summary"
//   json    one document {"schema":"muster-what-if/1", ..., "devices":[...], "summary":{...}}
//   table   a line for each device that changes, then how many changed from what to what, and why
#ifndef MUSTER_TOOLS_MUSTER_WHAT_IF_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_WHAT_IF_OUTPUT_H_

#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "muster/fleet_audit.h"
#include "tools/muster/output.h"

namespace muster::cli {

// How a device's verdict changes. A device that is refused for the same reason does not change, and
// neither does one that is accepted through the same enrollment and anchor.
enum class VerdictChange : std::uint8_t {
  kNone,
  kNewlyRefused,
  kNewlyAccepted,
  kOtherReason,      // Refused before and after.
  kAcceptedThrough,  // Accepted before and after, through another enrollment or anchor.
};
std::string_view NameOf(VerdictChange change);  // "newly-refused", ...

VerdictChange ChangeOf(const Verdict& before, const Verdict& after);

struct WhatIfOutputOptions {
  Format format = Format::kTable;
  Style style;
  bool summary_only = false;
};

class WhatIfWriter {
 public:
  WhatIfWriter(std::ostream& out, WhatIfOutputOptions options) : out_(out), options_(options) {}

  void Begin(const Json& header);
  // Writes the record where its verdict changes, and counts it.
  void Record(const AuditRecord& record);
  void End(const AuditReport& report, const std::vector<std::string>& assumptions);

  std::uint64_t changed() const;

 private:
  Json Summary(const AuditReport& report) const;
  void PrintSummary(const AuditReport& report, const std::vector<std::string>& assumptions);

  std::ostream& out_;
  WhatIfOutputOptions options_;
  std::map<VerdictChange, std::uint64_t> by_change_;
  // From what to what: kNone is acceptance.
  std::map<std::pair<RejectReason, RejectReason>, std::uint64_t> by_transition_;
  std::uint64_t accepted_after_ = 0;
  bool first_ = true;
};

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_WHAT_IF_OUTPUT_H_
