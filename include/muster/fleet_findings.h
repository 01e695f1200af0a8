// FleetFindings: collects what is wrong with a fleet and its registry while an audit runs.
//
//   FleetFindings findings(snapshot, {.at = at});
//   audit.Run(inputs, in, [&](const AuditRecord& record) { findings.Add(record); });
//   Result<FindingsReport> report = findings.Finish();
//
// Memory does not grow with the fleet: facts that are compared between devices go to temporary
// files when there are more of them than `memory_octets_max` allows, and are merged at the end.
// Deviations: where two readings of a rule are possible, the table of findings says which.
// Caller must: call Add from one thread at a time, in input order, with the sink's records.
#ifndef MUSTER_FLEET_FINDINGS_H_
#define MUSTER_FLEET_FINDINGS_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "muster/finding.h"
#include "muster/fleet_audit.h"
#include "muster/registry.h"
#include "muster/result.h"
#include "muster/time.h"

namespace muster {

struct FindingsOptions {
  UnixTime at{};  // The audit's.
  std::vector<std::string> only = {};  // Ids; empty = all.
  std::vector<std::string> skip = {};  // Ids; outweighs `only`.
  int expires_soon_days = 30;
  int expires_later_days = 90;
  // A leaf that is valid for longer is reported. Ten years and their leap days.
  int validity_days_max = 3'653;
  // For what is compared between devices: half for facts, three eighths for RSA moduli, an eighth
  // for where records came from; once facts are merged, their half is for what moduli have in
  // common.
  std::size_t memory_octets_max = std::size_t{256} * 1024 * 1024;
  int threads = 1;                // For the common primes of RSA moduli.
  std::string spill_folder = {};  // For temporary files, which have no name; empty = the system's.
  std::size_t examples_max = 5;   // Kept of each finding.
  // Signatures of refused devices that are checked for the comparison of ECDSA nonces: a forged
  // certificate proves nothing about its issuer's key. About 0.1 ms each.
  std::size_t signature_checks_max = 20'000;
  // Lists of Debian's predictable RSA keys (CVE-2008-0166), in the form of its package
  // openssl-blacklist: the last 80 bits of SHA-1 over "Modulus=...", 20 hex digits a line.
  std::vector<std::string> weak_key_lists = {};
  // The other services of the registry, for CAs that are registered in several.
  std::vector<RegistryContents> other_services = {};
};

class FleetFindings {
 public:
  // `snapshot` is the one that the audit decides with; it must not be null.
  FleetFindings(std::shared_ptr<const RegistrySnapshot> snapshot, FindingsOptions options);
  ~FleetFindings();
  FleetFindings(const FleetFindings&) = delete;
  FleetFindings& operator=(const FleetFindings&) = delete;

  // kInvalidArgument for an id that is no finding's and a spill folder that is none,
  // kUnreadableInput for a list that cannot be read.
  [[nodiscard]] static Result<void> Check(const FindingsOptions& options);

  // Never throws. What fails (a full disk) is told by Finish.
  void Add(const AuditRecord& record) noexcept;

  // To be called once, after the last record. What Check refuses, it refuses; kInternal where a
  // temporary file could not be written or read.
  [[nodiscard]] Result<FindingsReport> Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace muster

#endif  // MUSTER_FLEET_FINDINGS_H_
