// forecast: until when each device of an inventory passes.
#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "muster/fleet_audit.h"
#include "tools/muster/audit_progress.h"
#include "tools/muster/commands.h"
#include "tools/muster/decision_options.h"
#include "tools/muster/fleet_options.h"
#include "tools/muster/forecast_output.h"
#include "tools/muster/result_output.h"
#include "tools/muster/standard_input.h"

namespace muster::cli {
namespace {

struct Args : FleetArgs {
  DecisionArgs decision;
  std::string before, output;
  bool summary_only = false;
};

Result<int> Run(CliContext& context, const Args& args, const Authenticator& authenticator,
                const FleetAuditOptions& options, std::optional<UnixTime> before,
                std::ostream& out, Style style) {
  FleetAudit audit(authenticator, options);
  const RegistryContents& contents = authenticator.snapshot()->contents();
  Json header{{"service", contents.service},
              {"generation", contents.generation},
              {"from", FormatRfc3339(options.at)}};
  header["options"] = DescribeOptions(authenticator.options());
  header["before"] = before ? Json(FormatRfc3339(*before)) : Json(nullptr);
  header["inputs"] = args.inputs;
  ForecastWriter writer(out, contents, {context.format(), style, args.summary_only, before});
  // Written with the first record, so that an input that cannot be opened leaves no output.
  bool begun = false;
  const auto begin = [&] {
    if (!begun) writer.Begin(header);
    begun = true;
  };
  Result<AuditReport> report = MakeError(ErrorCode::kInternal, "the forecast did not run");
  {
    InterruptGuard guard;
    AuditProgress progress(context, args.inputs, RecordsShown(context, args.output,
                                                              args.summary_only));
    report = audit.Run(
        args.inputs, context.in(),
        [&](const AuditRecord& record) {
          begin();
          writer.Record(record);
          progress.Count(record);
          if (!out) throw ResultsLost();
        },
        &InterruptFlag());
  }
  if (!report) return tl::unexpected(std::move(report).error());
  begin();
  writer.End(*report);
  if (report->interrupted) return kExitInterrupted;
  return report->rejected + report->unreadable == 0 ? kExitAccepted : kExitRefused;
}

Result<int> RunForecast(CliContext& context, const Args& args) {
  if (args.inventory.wants_list()) return ListInventoryFormats(context);
  if (auto named = CheckInputs(args); !named) return tl::unexpected(std::move(named).error());
  auto at = context.TimeOf(args.decision.at);
  if (!at) return tl::unexpected(std::move(at).error());
  std::optional<UnixTime> before;
  if (!args.before.empty()) {
    auto parsed = ParseRfc3339(args.before);
    if (!parsed) return tl::unexpected(std::move(parsed).error());
    before = *parsed;
  }
  auto options = ToOptions(args.decision);
  if (!options) return tl::unexpected(std::move(options).error());
  options->cache_octets_max = args.cache_octets();
  auto audit_options = ToFleetOptions(context, args, *at);
  if (!audit_options) return tl::unexpected(std::move(audit_options).error());
  audit_options->forecast = true;
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  const Authenticator authenticator(*snapshot, *options);
  return WriteResults(context, args.output, args.inputs, [&](std::ostream& out, Style style) {
    return Run(context, args, authenticator, *audit_options, before, out, style);
  });
}

}  // namespace

void AddForecastCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  // As in audits: inventories often hold leaves only.
  args->decision.links = "registry";
  CLI::App* verb = AddVerb(app, context, "forecast",
                           "Say until when each device of an inventory passes, and what ends it",
                           [&context, args] { return RunForecast(context, *args); });
  AddFleetInputs(*verb, *args);
  AddDecisionOptions(*verb, args->decision);
  verb->add_option("--before", args->before,
                   "Leave out devices that still pass at this time; they are counted")
      ->type_name("TIME");
  AddFleetOptions(*verb, *args);
  verb->add_option("--output", args->output, "Write the results here")->type_name("FILE");
  verb->add_flag("--summary-only", args->summary_only, "Leave the devices out");
}

}  // namespace muster::cli
