// audit: authenticates a whole fleet.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <ostream>
#include <system_error>

#include "muster/fleet_audit.h"
#include "tools/muster/audit_checkpoint.h"
#include "tools/muster/audit_output.h"
#include "tools/muster/audit_progress.h"
#include "tools/muster/commands.h"
#include "tools/muster/decision_options.h"
#include "tools/muster/describe.h"
#include "tools/muster/findings_options.h"
#include "tools/muster/fleet_options.h"
#include "tools/muster/reading.h"
#include "tools/muster/report_model.h"
#include "tools/muster/report_page.h"
#include "tools/muster/result_output.h"
#include "tools/muster/standard_input.h"

namespace muster::cli {
namespace {

struct Args : FleetArgs {
  DecisionArgs decision;
  FindingsArgs findings;
  std::string output, report, checkpoint;
  bool resume = false;
  std::int64_t checkpoint_every_s = 5;
  double cross_check_percent = 0;
  bool summary_only = false;
};

// `found`: something was found that fails an audit.
int StatusOf(const AuditReport& report, bool found) {
  if (report.interrupted) return kExitInterrupted;
  return report.rejected + report.unreadable == 0 && !found ? kExitAccepted : kExitRefused;
}

Json HeaderOf(const Args& args, const Authenticator& authenticator, UnixTime at) {
  const auto snapshot = authenticator.snapshot();
  Json header{{"service", snapshot->service()},
              {"generation", snapshot->generation()},
              {"at", FormatRfc3339(at)}};
  header["options"] = DescribeOptions(authenticator.options());
  header["inputs"] = args.inputs;
  return header;
}

void SayTotals(CliContext& context, const AuditReport& report) {
  context.Say(fmt::format("{}{}: {} accepted, {} refused; {} unreadable",
                          report.interrupted ? "interrupted after " : "",
                          Counted(report.devices, "device"), Grouped(report.accepted),
                          Grouped(report.rejected), Counted(report.unreadable, "record")));
}

Result<FleetAuditOptions> ToAuditOptions(CliContext& context, const Args& args, UnixTime at) {
  auto options = ToFleetOptions(context, args, at);
  if (!options) return options;
  options->cross_check = args.cross_check_percent / 100;
  if (!args.report.empty()) options->input_digests_max = AuditReportModel::kInputsMax;
  return options;
}

// Writes what is known at the end. `model` is null where no page is wanted.
Result<int> Conclude(CliContext& context, const Args& args, const Json& header,
                     const AuditReport& report, FleetFindings* findings,
                     const AuditReportModel* model, AuditWriter* writer) {
  Result<FindingsReport> found;
  if (findings != nullptr) found = findings->Finish();
  if (!found) return tl::unexpected(std::move(found).error());
  const FindingsReport* shown = findings != nullptr ? &*found : nullptr;
  writer->End(report, shown);
  if (model != nullptr) {
    const Json page = model->Describe(header, report, shown);
    auto written = ReplaceFile(args.report, ReportPage(page));
    if (!written) return tl::unexpected(std::move(written).error());
  }
  for (const std::string& note : report.notes) context.Warn(note);
  if (context.format() != Format::kTable || !args.output.empty()) SayTotals(context, report);
  return StatusOf(report, Fails(args.findings, *found));
}

// What an audit is made with: all of it is known to be good before anything is written.
struct Plan {
  std::shared_ptr<const RegistrySnapshot> snapshot;
  AuthenticationOptions authentication;
  FleetAuditOptions audit;
  std::optional<SavedAudit> saved;  // Where it goes on from.
};

// What has to be the same where an audit goes on. Threads and memory change no result.
Json TermsOf(const Args& args, const Json& header, Format format) {
  Json terms = header;
  terms["output"] = args.output;
  terms["format"] = static_cast<int>(format);
  terms["summary only"] = args.summary_only;
  terms["record limit"] = args.record_size_max;
  terms["inventory"] = TermsOf(args.inventory);
  return terms;
}

Result<Plan> MakePlan(CliContext& context, const Args& args) {
  Plan plan;
  if (args.resume) {
    auto saved = LoadCheckpoint(args.checkpoint);
    if (!saved) return tl::unexpected(std::move(saved).error());
    plan.saved = *std::move(saved);
  }
  // Without --at an audit decides for the time when it was begun.
  const bool as_begun = plan.saved && args.decision.at.empty();
  auto at = context.TimeOf(as_begun ? plan.saved->terms.value("at", "") : args.decision.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto options = ToOptions(args.decision);
  if (!options) return tl::unexpected(std::move(options).error());
  auto audit_options = ToAuditOptions(context, args, *at);
  if (!audit_options) return tl::unexpected(std::move(audit_options).error());
  auto snapshot = context.OpenSnapshot();
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  plan.snapshot = *std::move(snapshot);
  plan.authentication = *std::move(options);
  plan.authentication.cache_octets_max = args.cache_octets();
  plan.audit = *std::move(audit_options);
  return plan;
}

// Runs the audit itself; `begin` comes before the first record.
Result<AuditReport> RunAudit(CliContext& context, const Args& args, Plan& plan,
                             const Authenticator& authenticator, const Json& header,
                             const std::function<void()>& begin, AuditReportModel* model,
                             FleetFindings* findings, AuditWriter* writer, std::ostream& out) {
  std::optional<CheckpointKeeper> keeper;
  if (!args.checkpoint.empty()) {
    keeper.emplace(args.checkpoint, TermsOf(args, header, context.format()),
                   std::chrono::seconds(args.checkpoint_every_s), out,
                   args.summary_only ? std::string() : args.output);
    plan.audit.checkpoint = [&](const AuditCheckpoint& stand) { keeper->Offer(stand); };
    if (plan.saved) plan.audit.resume = &plan.saved->checkpoint;
  }
  FleetAudit audit(authenticator, plan.audit);
  InterruptGuard guard;
  AuditProgress progress(context, args.inputs,
                         RecordsShown(context, args.output, args.summary_only));
  FleetAudit::Sink sink;
  // An audit that shows no record is spared making them.
  if (!args.summary_only || progress.shown() || model != nullptr || findings != nullptr) {
    sink = [&](const AuditRecord& record) {
      begin();
      writer->Record(record);
      if (model != nullptr) model->Count(record);
      if (findings != nullptr) findings->Add(record);
      progress.Count(record);
      if (!out) throw ResultsLost();
    };
  }
  auto report = audit.Run(args.inputs, context.in(), sink, &InterruptFlag());
  if (keeper && report && !report->interrupted) keeper->Remove();
  return report;
}

Result<int> AuditInto(CliContext& context, const Args& args, Plan& plan, const Json& header,
                      const Authenticator& authenticator, std::ostream& out, Style style) {
  const RegistryContents& contents = plan.snapshot->contents();
  std::optional<AuditReportModel> model;
  if (!args.report.empty()) model.emplace(contents, plan.audit.at);
  auto findings = StartFindings(context, args.findings, !args.report.empty(), plan.snapshot,
                                plan.audit.at, args.threads);
  if (!findings) return tl::unexpected(std::move(findings).error());
  AuditWriter writer(out, contents, {context.format(), style, args.summary_only});
  // Written with the first record, so that an input that cannot be opened leaves no output.
  bool begun = false;
  if (plan.saved && plan.saved->output_octets > 0) {
    const AuditReport& before = plan.saved->checkpoint.report;
    writer.GoOn(before.devices + before.unreadable);
    begun = true;
  }
  const auto begin = [&] {
    if (!begun) writer.Begin(header);
    begun = true;
  };
  auto report = RunAudit(context, args, plan, authenticator, header, begin,
                         model ? &*model : nullptr, findings->get(), &writer, out);
  if (!report) return tl::unexpected(std::move(report).error());
  begin();
  auto status = Conclude(context, args, header, *report, findings->get(),
                         model ? &*model : nullptr, &writer);
  if (status && report->interrupted && !args.checkpoint.empty()) {
    context.Say(fmt::format("the same command with --resume goes on from {}",
                            SourceName(args.checkpoint)));
  }
  return status;
}

Result<void> CheckReport(const Args& args) {
  if (args.report.empty()) return {};
  auto apart = CheckApart("--report", args.report, args.inputs);
  if (!apart) return apart;
  // Known before the audit rather than after it.
  const std::filesystem::path folder = std::filesystem::path(args.report).parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder)) return {};
  return MakeError(
      ErrorCode::kInvalidArgument,
      fmt::format("cannot write {}: its folder does not exist", SourceName(args.report)));
}

Result<void> CheckCheckpoint(const Args& args, Format format) {
  const auto refuse = [](std::string why) {
    return MakeError(ErrorCode::kInvalidArgument, std::move(why));
  };
  if (args.checkpoint.empty()) {
    if (args.resume) return refuse("--resume needs the --checkpoint FILE to go on from");
    return {};
  }
  if (IsStandardOutput(args.output) && !args.summary_only) {
    return refuse("--checkpoint needs --output FILE, whose records stay, or --summary-only");
  }
  if (!args.report.empty() || WantsFindings(args.findings)) {
    return refuse(
        "findings and --report compare all devices of one run; leave out --checkpoint, or them");
  }
  if (format == Format::kJunit || format == Format::kSarif) {
    return refuse("junit and sarif are written at the end; with --checkpoint, use another format");
  }
  std::error_code ignored;
  if (!args.resume && std::filesystem::exists(args.checkpoint, ignored)) {
    return refuse(fmt::format("{} is of an audit that did not end; add --resume to go on with it, "
                              "or remove the file",
                              SourceName(args.checkpoint)));
  }
  return CheckApart("--checkpoint", args.checkpoint, args.inputs);
}

Result<int> Audit(CliContext& context, const Args& args) {
  if (args.inventory.wants_list()) return ListInventoryFormats(context);
  if (auto named = CheckInputs(args); !named) return tl::unexpected(std::move(named).error());
  if (args.summary_only && !IsGeneral(context.format())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "csv, junit and sarif hold records and no summary; leave out --summary-only");
  }
  auto fit = CheckReport(args);
  if (fit) fit = CheckCheckpoint(args, context.format());
  if (!fit) return tl::unexpected(std::move(fit).error());
  auto plan = MakePlan(context, args);
  if (!plan) return tl::unexpected(std::move(plan).error());
  const Authenticator authenticator(plan->snapshot, plan->authentication);
  const Json header = HeaderOf(args, authenticator, plan->audit.at);
  std::optional<std::uint64_t> keep;
  if (plan->saved) {
    auto same = CheckTerms(args.checkpoint, plan->saved->terms,
                           TermsOf(args, header, context.format()));
    if (!same) return tl::unexpected(std::move(same).error());
    keep = plan->saved->output_octets;
  }
  return WriteResults(
      context, args.output, args.inputs,
      [&](std::ostream& out, Style style) {
        return AuditInto(context, args, *plan, header, authenticator, out, style);
      },
      keep);
}

}  // namespace

void AddAuditCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  // Inventories often hold leaves only.
  args->decision.links = "registry";
  CLI::App* verb =
      AddVerb(app, context, "audit", "Decide about every device of an inventory, in input order",
              [&context, args] { return Audit(context, *args); });
  verb->preparse_callback([&context](std::size_t) { context.writes_records = true; });
  AddFleetInputs(*verb, *args);
  AddDecisionOptions(*verb, args->decision);
  AddFleetOptions(*verb, *args);
  verb->add_option("--cross-check", args->cross_check_percent,
                   "The share of devices to decide again with the reference kernel [0]")
      ->type_name("PERCENT")
      ->check(CLI::Range(0.0, 100.0));
  verb->add_option("--output", args->output, "Write the results here")->type_name("FILE");
  verb->add_option("--report", args->report, "Also write a page for a browser (HTML) here")
      ->type_name("FILE");
  AddFindingsOptions(*verb, args->findings);
  verb->add_option("--checkpoint", args->checkpoint,
                   "Keep here what --resume needs, until the audit is done")
      ->type_name("FILE");
  verb->add_option("--checkpoint-every", args->checkpoint_every_s,
                   "Seconds between two checkpoints; 0 = after every batch of devices [5]")
      ->type_name("N")
      ->check(CLI::Range(0, 86'400));
  verb->add_flag("--resume", args->resume,
                 "Go on with the audit of --checkpoint, as it was begun");
  verb->add_flag("--summary-only", args->summary_only, "Leave the records out");
}

}  // namespace muster::cli
