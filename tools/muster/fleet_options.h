// Options of the verbs that read a whole fleet: audit, what-if, forecast.
#ifndef MUSTER_TOOLS_MUSTER_FLEET_OPTIONS_H_
#define MUSTER_TOOLS_MUSTER_FLEET_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "muster/fleet_audit.h"
#include "tools/muster/cli_context.h"
#include "tools/muster/inventory_options.h"

namespace muster::cli {

struct FleetArgs {
  std::vector<std::string> inputs;
  InventoryArgs inventory;
  int threads = 0;
  std::size_t record_size_max = FleetAuditOptions{}.record_size_max;
  std::size_t cache_mib = AuthenticationOptions{}.cache_octets_max >> 20;

  std::size_t cache_octets() const { return cache_mib << 20; }
};

// The inputs.
void AddFleetInputs(CLI::App& verb, FleetArgs& args);
// How they are read, and with how much of the machine.
void AddFleetOptions(CLI::App& verb, FleetArgs& args);

// kInvalidArgument where no input is named.
[[nodiscard]] Result<void> CheckInputs(const FleetArgs& args);

[[nodiscard]] Result<FleetAuditOptions> ToFleetOptions(CliContext& context, const FleetArgs& args,
                                                       UnixTime at);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_FLEET_OPTIONS_H_
