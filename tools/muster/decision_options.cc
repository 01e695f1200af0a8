#include "tools/muster/decision_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "muster/kernel.h"
#include "tools/muster/cli_context.h"

namespace muster::cli {

void AddDecisionOptions(CLI::App& verb, DecisionArgs& args) {
  AddAt(verb, args.at);
  AddChoice(verb, "--links", args.links, {"presented", "registry"},
            "Where links between leaf and anchor may come from");
  AddChoice(verb, "--profile", args.profile, {"rfc5280", "dps-compat"}, "What a leaf must be");
  verb.add_flag("--any-disabled-blocks", args.any_disabled_blocks,
                "A disabled entry anywhere on the path refuses");
  verb.add_flag("--require-crl", args.require_crl,
                "Every certificate below the anchor needs a good CRL in date");
  std::vector<std::string> kernels;
  for (const Kernel kernel : AllKernels()) kernels.emplace_back(NameOf(kernel));
  AddChoice(verb, "--kernel", args.kernel, kernels,
            "What checks signatures, see 'muster kernels' [the fastest here]");
}

Result<AuthenticationOptions> ToOptions(const DecisionArgs& args) {
  AuthenticationOptions options;
  if (args.kernel.empty()) {
    const Result<Kernel> active = ActiveKernel();
    if (!active) return tl::unexpected<Error>(active.error());
  } else {
    options.kernel = KernelNamed(args.kernel);
    const std::vector<Kernel> supported = SupportedKernels();
    if (std::find(supported.begin(), supported.end(), options.kernel) == supported.end()) {
      return MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("the kernel '{}' does not run on this machine; 'muster kernels' "
                                   "lists those that do",
                                   args.kernel));
    }
  }
  options.links = args.links == "registry" ? LinkSource::kRegistry : LinkSource::kPresented;
  options.leaf_profile =
      args.profile == "dps-compat" ? LeafProfile::kDpsCompat : LeafProfile::kRfc5280;
  options.any_disabled_blocks = args.any_disabled_blocks;
  options.require_crl = args.require_crl;
  return options;
}

Json DescribeOptions(const AuthenticationOptions& options) {
  return {{"links", NameOf(options.links)},
          {"profile", NameOf(options.leaf_profile)},
          {"any_disabled_blocks", options.any_disabled_blocks},
          {"require_crl", options.require_crl}};
}

void AddChainOptions(CLI::App& verb, ChainArgs& args) {
  verb.add_option("chain", args.leaf, "The leaf, or the whole chain with the leaf first")
      ->required()
      ->type_name("FILE");
  AddRepeatable(verb, "--untrusted", args.untrusted, "More certificates that the device sent");
}

}  // namespace muster::cli
