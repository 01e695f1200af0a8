// Options that say how inventories are to be read.
#ifndef MUSTER_TOOLS_MUSTER_INVENTORY_OPTIONS_H_
#define MUSTER_TOOLS_MUSTER_INVENTORY_OPTIONS_H_

#include <string>
#include <vector>

#include "muster/inventory.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"
#include "tools/muster/output.h"

namespace muster::cli {

struct InventoryArgs {
  std::string format, layout = "auto", map, manifest_signer;
  std::vector<std::string> certificates;
  ArchiveLimits archive;

  // --input-format list asks for the formats, and for nothing else.
  bool wants_list() const { return format == "list"; }
};

void AddInventoryOptions(CLI::App& verb, InventoryArgs& args);
Result<InventoryOptions> ToInventoryOptions(CliContext& context, const InventoryArgs& args);

// What has to be the same where an audit goes on.
Json TermsOf(const InventoryArgs& args);

// Writes the formats that are read.
int ListInventoryFormats(CliContext& context);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_INVENTORY_OPTIONS_H_
