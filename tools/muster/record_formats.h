// Audit records in the formats of other programs:
//
//   csv    RFC 4180 with a header line; a line a record. Cells that a spreadsheet would take for a
//          formula begin with an apostrophe
//   junit  JUnit XML: a test case a record; refused ones are failures, unreadable ones errors
//   sarif  SARIF 2.1.0: a result for each record that did not pass, a rule for each reason
//
// Control characters and octets that are not UTF-8 are shown as \xx: none of the three could hold
// them all.
#ifndef MUSTER_TOOLS_MUSTER_RECORD_FORMATS_H_
#define MUSTER_TOOLS_MUSTER_RECORD_FORMATS_H_

#include <iosfwd>
#include <memory>
#include <string>

#include "muster/finding.h"
#include "muster/fleet_audit.h"
#include "tools/muster/output.h"

namespace muster::cli {

class RecordFormat {
 public:
  virtual ~RecordFormat() = default;
  virtual void Begin(const Json& header) = 0;
  virtual void Record(const AuditRecord& record) = 0;
  // `findings` may be null.
  virtual void End(const AuditReport& report, const FindingsReport* findings) = 0;
};

// Null for a format of another kind. `out` must outlive it.
std::unique_ptr<RecordFormat> MakeRecordFormat(Format format, std::ostream& out);

// "fleet.ndjson:17", "bundle.der@4096", or "fleet.tar.gz!certs/a.pem:1".
std::string SourceText(const RecordSource& source);

// A cell of a CSV file, quoted where it has to be.
std::string CsvCell(std::string_view text);
// Text of an XML 1.0 document, in elements and in attributes.
std::string XmlText(std::string_view text);
// A path as a relative or absolute URI reference (RFC 3986).
std::string UriOf(std::string_view path);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_RECORD_FORMATS_H_
