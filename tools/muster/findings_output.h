// How findings are written.
//
// {"id","severity","title","explanation","remedy","count","examples":[{"record_index","source",
// "device_id","detail","partner"}]}; record_index, source and device_id are null where an example
// is no record: a group, or a CA of the registry. "partner" is null, or another that shares what
// was found: {"record_index","source","device_id","ca"}.
#ifndef MUSTER_TOOLS_MUSTER_FINDINGS_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_FINDINGS_OUTPUT_H_

#include <iosfwd>
#include <string>

#include "muster/finding.h"
#include "tools/muster/output.h"

namespace muster::cli {

// "pump-17  fleet.ndjson:12", or "CA 'factory'".
std::string PartnerText(const FindingPlace& partner);
Json DescribeFinding(const FindingCount& finding);
void PrintFindings(const FindingsReport& report, const Style& style, std::ostream& out);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_FINDINGS_OUTPUT_H_
