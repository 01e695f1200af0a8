// How a forecast is written: until when each device passes, then the counts.
//
//   ndjson  a first line {"schema":"muster-forecast/1","type":"header",...}, one line a record
//           ("type" is "device" or "unreadable"), a last line of type "summary"
//   json    one document {"schema":"muster-forecast/1", ..., "devices":[...], "summary":{...}}
//   table   a line for each record, then devices by month and by what ends their time
#ifndef MUSTER_TOOLS_MUSTER_FORECAST_OUTPUT_H_
#define MUSTER_TOOLS_MUSTER_FORECAST_OUTPUT_H_

#include <cstdint>
#include <iosfwd>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>

#include "muster/fleet_audit.h"
#include "tools/muster/output.h"

namespace muster::cli {

struct ForecastOutputOptions {
  Format format = Format::kTable;
  Style style;
  bool summary_only = false;
  std::optional<UnixTime> before;  // Devices that pass at this time are counted, not written.
};

class ForecastWriter {
 public:
  ForecastWriter(std::ostream& out, const RegistryContents& contents,
                 ForecastOutputOptions options);

  void Begin(const Json& header);
  void Record(const AuditRecord& record);
  void End(const AuditReport& report);

 private:
  void Count(const Forecast& forecast);
  bool IsShown(const AuditRecord& record) const;
  Json DescribeRecord(const AuditRecord& record) const;
  std::string LimitText(ForecastLimit limit, const Fingerprint& certificate) const;
  const std::string& NameOfCa(const Fingerprint& ca) const;
  void PrintRecord(const AuditRecord& record);
  Json Summary(const AuditReport& report) const;
  void PrintSummary(const AuditReport& report);

  std::ostream& out_;
  ForecastOutputOptions options_;
  std::unordered_map<Fingerprint, std::string> ca_names_;
  std::map<std::string, std::uint64_t> by_month_;
  // Leaves and CRLs are not told apart.
  std::map<std::tuple<ForecastLimit, Fingerprint>, std::uint64_t> by_limit_;
  bool first_ = true;
};

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_FORECAST_OUTPUT_H_
