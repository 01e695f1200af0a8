// Options of every verb that decides: authenticate, explain, audit.
#ifndef MUSTER_TOOLS_MUSTER_DECISION_OPTIONS_H_
#define MUSTER_TOOLS_MUSTER_DECISION_OPTIONS_H_

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "muster/options.h"
#include "muster/result.h"
#include "tools/muster/output.h"

namespace muster::cli {

struct DecisionArgs {
  std::string at, links = "presented", profile = "rfc5280", kernel;
  bool any_disabled_blocks = false, require_crl = false;
};

// --at, --links, --profile, --any-disabled-blocks, --require-crl, --kernel.
void AddDecisionOptions(CLI::App& verb, DecisionArgs& args);

// kInvalidArgument where --kernel, or MUSTER_KERNEL without it, names one that does not run here.
[[nodiscard]] Result<AuthenticationOptions> ToOptions(const DecisionArgs& args);

// {"links", "profile", "any_disabled_blocks", "require_crl"}: what a decision was made under. Not
// the kernel, on which no decision depends.
Json DescribeOptions(const AuthenticationOptions& options);

// The chain of one device: LEAF_OR_CHAIN and --untrusted.
struct ChainArgs {
  std::string leaf;
  std::vector<std::string> untrusted;
};
void AddChainOptions(CLI::App& verb, ChainArgs& args);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_DECISION_OPTIONS_H_
