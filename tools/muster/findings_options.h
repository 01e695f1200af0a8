// The options of an audit that are about findings.
#ifndef MUSTER_TOOLS_MUSTER_FINDINGS_OPTIONS_H_
#define MUSTER_TOOLS_MUSTER_FINDINGS_OPTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "muster/fleet_findings.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

struct FindingsArgs {
  bool findings = false;
  std::vector<std::string> only, skip, weak_keys;
  std::string fail_on;  // Empty: findings do not fail an audit.
  std::string spill_folder;
  int expires_days = FindingsOptions{}.expires_soon_days;
  int expires_later_days = FindingsOptions{}.expires_later_days;
  std::size_t memory_mib = FindingsOptions{}.memory_octets_max >> 20;
};

// kInvalidArgument: no finding has this id; with the one that was probably meant.
tl::unexpected<Error> NoSuchFinding(const std::string& id);
void AddFindingsOptions(CLI::App& verb, FindingsArgs& args);

// Any of the options asks for findings.
bool WantsFindings(const FindingsArgs& args);

// Null where nobody asked for findings: neither the options nor `for_report`.
Result<std::unique_ptr<FleetFindings>> StartFindings(
    CliContext& context, const FindingsArgs& args, bool for_report,
    std::shared_ptr<const RegistrySnapshot> snapshot, UnixTime at, int threads);

// Whether something was found that --fail-on names, or worse.
bool Fails(const FindingsArgs& args, const FindingsReport& report);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_FINDINGS_OPTIONS_H_
