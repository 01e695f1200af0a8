// How an audit is written: records as they come, then the summary.
//
//   ndjson  a first line {"schema":"muster-audit/1","type":"header",...}, one line a record ("type"
//           is "device" or "unreadable"), a line of type "summary"; where findings are
//           asked for, then one line of type "finding" for each, as DescribeFinding
//           (findings_output.h) has it
//   json    one document {"schema":"muster-audit-report/1", ..., "records":[...], "summary":{...}},
//           where findings are asked for with "findings":[...]
//   csv, junit, sarif: see record_formats.h
//   table   a line for each record that did not pass, then the summary, then the findings
//
// The same inputs give the same octets, whatever the number of threads.
#ifndef MUSTER_TOOLS_MUSTER_AUDIT_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_AUDIT_OUTPUT_H_

#include <iosfwd>
#include <memory>
#include <string>

#include "muster/finding.h"
#include "muster/fleet_audit.h"
#include "tools/muster/output.h"
#include "tools/muster/record_formats.h"

namespace muster::cli {

struct AuditOutputOptions {
  Format format = Format::kTable;
  Style style;
  bool summary_only = false;
};

class AuditWriter {
 public:
  // `contents` (names of CAs) must outlive the writer.
  AuditWriter(std::ostream& out, const RegistryContents& contents, AuditOutputOptions options)
      : out_(out),
        contents_(contents),
        options_(options),
        other_(MakeRecordFormat(options.format, out)) {}

  // `header`: {"service","generation","at","options","inputs"}.
  void Begin(const Json& header);
  // In place of Begin: the output holds the header already, and `records` records.
  void GoOn(std::uint64_t records) { first_record_ = records == 0; }
  void Record(const AuditRecord& record);
  // `findings`: null where none were asked for.
  void End(const AuditReport& report, const FindingsReport* findings = nullptr);

 private:
  void PrintSummary(const AuditReport& report);
  Json DescribeReport(const AuditReport& report) const;

  std::ostream& out_;
  const RegistryContents& contents_;
  AuditOutputOptions options_;
  std::string line_;  // Reused.
  bool first_record_ = true;
  std::unique_ptr<RecordFormat> other_;  // Null where this class knows the format itself.
};

// Appends the record as one JSON object without spaces or newline.
void AppendAuditRecord(const AuditRecord& record, std::string* out);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_AUDIT_OUTPUT_H_
