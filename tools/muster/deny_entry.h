// How a denied device is named on the command line.
#ifndef MUSTER_TOOLS_MUSTER_DENY_ENTRY_H_
#define MUSTER_TOOLS_MUSTER_DENY_ENTRY_H_

#include <CLI/CLI.hpp>
#include <string>

#include "muster/registry.h"
#include "muster/result.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

struct DenyArgs {
  std::string file, fingerprint, ca, serial, comment;
};

// FILE, --fingerprint, --ca and --serial.
void AddDenySelectors(CLI::App& verb, DenyArgs& args);

// kInvalidArgument unless the device is named in exactly one way.
Result<DenyEntry> ReadDenyEntry(CliContext& context, OpenedService& opened, const DenyArgs& args);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_DENY_ENTRY_H_
