// Reads the results of an audit, NDJSON or one JSON document, record by record.
#ifndef MUSTER_ENGINE_AUDIT_AUDIT_RESULTS_H_
#define MUSTER_ENGINE_AUDIT_AUDIT_RESULTS_H_

#include <functional>
#include <string>

#include "muster/audit_diff.h"

namespace muster::audit {

// One record of a device, as it was written.
struct ResultRecord {
  std::string device_id, leaf, reason, source;
};

// Calls `sink` for each device, counts, and checks the counts against the results' own summary.
// kUnreadableInput as DiffAudits says; what `sink` throws is passed on. At no time is more than one
// record held; one of more than 16 MiB is refused.
Result<AuditDiffReport::Side> ReadAuditResults(
    const AuditResults& results, const std::function<void(const ResultRecord&)>& sink);

}  // namespace muster::audit

#endif  // MUSTER_ENGINE_AUDIT_AUDIT_RESULTS_H_
