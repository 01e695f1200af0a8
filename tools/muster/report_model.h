// AuditReportModel: what the report page says, gathered record by record in bounded memory.
#ifndef MUSTER_TOOLS_MUSTER_REPORT_MODEL_H_
#define MUSTER_TOOLS_MUSTER_REPORT_MODEL_H_

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "muster/finding.h"
#include "muster/fleet_audit.h"
#include "muster/registry_contents.h"
#include "tools/muster/output.h"
#include "tools/muster/report_cas.h"

namespace muster::cli {

class AuditReportModel {
 public:
  // The most rows of failing devices. Where there are more, each reason gets its share.
  static constexpr std::size_t kFailingMax = 1'000;
  // The most CAs in the picture, groups in their table and so on: the most used ones.
  static constexpr std::size_t kPictureMax = 48, kRowsMax = 200;
  // The most files whose digests are listed.
  static constexpr std::size_t kInputsMax = 500;

  // `contents` must outlive the model.
  AuditReportModel(const RegistryContents& contents, UnixTime at)
      : contents_(contents), at_(at), known_(KnownCasOf(contents)) {}

  void Count(const AuditRecord& record);

  // The page's data. `header`: as in the other formats. `findings` may be null.
  Json Describe(const Json& header, const AuditReport& report,
                const FindingsReport* findings) const;

 private:
  struct FailingDevice {
    std::uint64_t index = 0;
    std::string who, source, detail, enrollment, key, not_after;
    int chain_index = -1;
  };
  struct PathHash {
    std::size_t operator()(const CaPath& path) const;
  };
  using CountsByCa = std::unordered_map<Fingerprint, PassCount>;

  void CountFailing(const AuditRecord& record);
  void CountExpiry(UnixTime not_after, bool accepted);
  void CountEnrollment(const EnrollmentRef& enrollment, bool accepted);
  void CountSignature(const PresentedChain& chain);
  void CountPath(const AuditRecord& record);

  Json DescribeReasons(const AuditReport& report) const;
  Json DescribeFailing(const AuditReport& report) const;
  Json DescribeExpiry() const;
  Json DescribeEnrollments() const;
  Json DescribeIndividuals() const;
  Json DescribeAnchors(const AuditReport& report) const;
  Json DescribeIssuers(const CountsByCa& issuers) const;
  CountsByCa CountsOfIssuers() const;

  const RegistryContents& contents_;
  UnixTime at_;
  std::unordered_map<CaPath, PassCount, PathHash> paths_;
  std::map<int, PassCount> months_;           // Months since year 0.
  std::array<std::uint64_t, 4> accepted_soon_{};  // Accepted, by when they expire.
  using CountsById = std::map<std::string, PassCount, std::less<>>;
  static void CountById(std::string_view id, bool accepted, CountsById* counts);
  CountsById groups_, individuals_;
  PassCount through_individuals_;
  std::map<std::string, std::uint64_t, std::less<>> signatures_;  // By algorithm.
  KnownCas known_;  // The registry's CAs, then those that devices sent.
  std::map<RejectReason, std::vector<FailingDevice>> failing_;
  std::vector<FailingDevice> unreadable_;
};

Json DescribeFindings(const FindingsReport& findings);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_REPORT_MODEL_H_
