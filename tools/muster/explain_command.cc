// explain: the full account of a decision, for the operator.
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

// The certificate at fault by name: of the best path, or as presented where there is no path.
std::string StoppedBy(const Explanation& explanation, const ChainInput& chain) {
  int index = explanation.verdict.chain_index;
  if (index < 0) return {};
  auto i = static_cast<std::size_t>(index);
  if (!explanation.paths.empty()) {
    const auto& certificates = explanation.paths.front().certificates;
    if (i < certificates.size()) return certificates[i].subject;
  } else if (i < chain.certificates.size()) {
    return ShortName(chain.certificates[i]);
  }
  return {};
}

Result<int> Explain(CliContext& context, const Args& args) {
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
  Explanation explanation = authenticator.Explain(presented, *at);
  const RegistryContents& contents = (*snapshot)->contents();
  std::string stopped_by = StoppedBy(explanation, *chain);

  Json json{{"schema", "muster-explanation/1"},
            {"service", contents.service},
            {"at", FormatRfc3339(*at)}};
  json.update(DescribeVerdict(explanation.verdict, presented.leaf(), contents));
  json["stopped_by"] = stopped_by.empty() ? Json(nullptr) : Json(stopped_by);
  json["options"] = DescribeOptions(authenticator.options());
  json.update(DescribeExplanation(explanation));
  context.Emit(json, [&](std::ostream& out) {
    PrintVerdict(out, context.out_style(), explanation.verdict, contents);
    if (!stopped_by.empty()) out << "  stopped by " << Printable(stopped_by) << '\n';
    out << fmt::format("  at {}, service '{}', generation {}\n", FormatRfc3339(*at),
                       Printable(contents.service), contents.generation);
    PrintExplanation(out, context.out_style(), explanation);
  });
  return explanation.verdict.accepted() ? kExitAccepted : kExitRefused;
}

}  // namespace

void AddExplainCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  CLI::App* verb = AddVerb(app, context, "explain",
                           "Show every path of a chain, every check, and what would fix it",
                           [&context, args] { return Explain(context, *args); });
  AddChainOptions(*verb, args->chain);
  AddDecisionOptions(*verb, args->decision);
}

}  // namespace muster::cli
