#include "tools/muster/fleet_options.h"

#include <utility>

#include "muster/certificate_reader.h"

namespace muster::cli {

void AddFleetInputs(CLI::App& verb, FleetArgs& args) {
  // Not required: --input-format list reads none.
  verb.add_option("inputs", args.inputs,
                  "Inventories in any format of --input-format list, and folders of them")
      ->type_name("FILE");
}

void AddFleetOptions(CLI::App& verb, FleetArgs& args) {
  AddInventoryOptions(verb, args.inventory);
  verb.add_option("--threads", args.threads, "How many threads [all cores]")
      ->type_name("N")
      ->check(CLI::Range(0, 1024));
  verb.add_option("--record-limit", args.record_size_max,
                  "The largest line or certificate file that is read, in octets [4194304]")
      ->type_name("N")
      ->check(CLI::Range(std::size_t{1}, kReadSizeMax));
  verb.add_option("--cache-size", args.cache_mib,
                  "Memory for compiled CA paths and tables of issuer keys, in MiB [1024]")
      ->type_name("N")
      ->check(CLI::Range(1, 1 << 20));
}

Result<void> CheckInputs(const FleetArgs& args) {
  if (!args.inputs.empty()) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   "name at least one inventory: a file, a folder, or - for standard input");
}

Result<FleetAuditOptions> ToFleetOptions(CliContext& context, const FleetArgs& args, UnixTime at) {
  auto inventory = ToInventoryOptions(context, args.inventory);
  if (!inventory) return tl::unexpected(std::move(inventory).error());
  FleetAuditOptions options;
  options.at = at;
  options.threads = args.threads;
  options.record_size_max = args.record_size_max;
  options.inventory = *std::move(inventory);
  return options;
}

}  // namespace muster::cli
