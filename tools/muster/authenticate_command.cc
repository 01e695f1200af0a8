// authenticate: decides about one presented chain.
#include <fmt/format.h>

#include "muster/authenticator.h"
#include "tools/muster/commands.h"
#include "tools/muster/decision_options.h"
#include "tools/muster/describe.h"
#include "tools/muster/reading.h"
#include "tools/muster/verdict_output.h"

namespace muster::cli {
namespace {

struct Args {
  ChainArgs chain;
  DecisionArgs decision;
};

Result<int> Authenticate(CliContext& context, const Args& args) {
  auto at = context.TimeOf(args.decision.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto chain = ReadChain(context, args.chain.leaf, args.chain.untrusted);
  if (!chain) return tl::unexpected(std::move(chain).error());
  auto options = ToOptions(args.decision);
  if (!options) return tl::unexpected(std::move(options).error());
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  Authenticator authenticator(*snapshot, *options);
  PresentedChain presented = chain->Presented();
  Verdict verdict = authenticator.Authenticate(presented, *at);
  const RegistryContents& contents = (*snapshot)->contents();
  Json json{
      {"schema", "muster-verdict/1"}, {"service", contents.service}, {"at", FormatRfc3339(*at)}};
  json.update(DescribeVerdict(verdict, presented.leaf(), contents));
  json["options"] = DescribeOptions(authenticator.options());
  context.Emit(
      json, [&](std::ostream& out) { PrintVerdict(out, context.out_style(), verdict, contents); });
  return verdict.accepted() ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddAuthenticateCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  CLI::App* verb = AddVerb(app, context, "authenticate", "Decide whether a device's chain enrols",
                           [&context, args] { return Authenticate(context, *args); });
  AddChainOptions(*verb, args->chain);
  AddDecisionOptions(*verb, args->decision);
}

}  // namespace muster::cli
