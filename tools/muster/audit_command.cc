// audit: authenticates a whole fleet.
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <memory>
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
#include "tools/muster/replace_file.h"
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

// What an audit is made with: all of it is known to be good before anything is written.
struct Plan {
  std::shared_ptr<const RegistrySnapshot> snapshot;
  AuthenticationOptions authentication;
  FleetAuditOptions audit;
  Json header;                      // Of the results.
  Json terms;                       // What has to be the same where it goes on.
  std::optional<SavedAudit> saved;  // Where it goes on from.
};

Json HeaderOf(const Args& args, const Plan& plan) {
  Json header{{"service", plan.snapshot->service()},
              {"generation", plan.snapshot->generation()},
              {"at", FormatRfc3339(plan.audit.at)}};
  header["options"] = DescribeOptions(plan.authentication);
  header["inputs"] = args.inputs;
  return header;
}

// Threads and memory change no result.
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
  auto at = context.TimeOf(as_begun ? plan.saved->at : args.decision.at);
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
  plan.header = HeaderOf(args, plan);
  plan.terms = TermsOf(args, plan.header, context.format());
  if (plan.saved) {
    auto same = CheckTerms(args.checkpoint, plan.saved->terms, plan.terms);
    if (!same) return tl::unexpected(std::move(same).error());
  }
  return plan;
}

// One audit: where its records go while it runs, and what is said at its end.
class AuditJob {
 public:
  AuditJob(CliContext& context, const Args& args, Plan plan, std::ostream& out, Style style)
      : context_(context),
        args_(args),
        plan_(std::move(plan)),
        out_(out),
        writer_(out, plan_.snapshot->contents(), {context.format(), style, args.summary_only}) {
    if (!args.report.empty()) model_.emplace(plan_.snapshot->contents(), plan_.audit.at);
    if (!args.checkpoint.empty()) {
      keeper_.emplace(args.checkpoint, plan_.terms, std::chrono::seconds(args.checkpoint_every_s),
                      out, args.summary_only ? std::string() : args.output);
      plan_.audit.checkpoint = [this](const AuditCheckpoint& stand) { keeper_->Offer(stand); };
    }
    if (!plan_.saved) return;
    plan_.audit.resume = &plan_.saved->checkpoint;
    if (plan_.saved->output_octets == 0) return;
    const AuditReport& before = plan_.saved->checkpoint.report;
    writer_.GoOn(before.devices + before.unreadable);
    begun_ = true;
  }
  AuditJob(const AuditJob&) = delete;
  AuditJob& operator=(const AuditJob&) = delete;

  Result<int> Run() {
    auto findings = StartFindings(context_, args_.findings, !args_.report.empty(), plan_.snapshot,
                                  plan_.audit.at, args_.threads);
    if (!findings) return tl::unexpected(std::move(findings).error());
    findings_ = *std::move(findings);
    auto report = Audit();
    if (!report) return tl::unexpected(std::move(report).error());
    Begin();
    auto status = Conclude(*report);
    if (!status || !keeper_) return status;
    if (report->interrupted) {
      context_.Say(fmt::format("the same command with --resume goes on from {}",
                               SourceName(args_.checkpoint)));
    } else if (out_.flush()) {
      keeper_->Remove();
    }
    return status;
  }

 private:
  Result<AuditReport> Audit() {
    const Authenticator authenticator(plan_.snapshot, plan_.authentication);
    FleetAudit audit(authenticator, plan_.audit);
    InterruptGuard guard;
    AuditProgress progress(context_, args_.inputs,
                           RecordsShown(context_, args_.output, args_.summary_only));
    FleetAudit::Sink sink;
    // An audit that shows no record is spared making them.
    if (!args_.summary_only || progress.shown() || model_ || findings_) {
      sink = [&](const AuditRecord& record) {
        Take(record);
        progress.Count(record);
      };
    }
    return audit.Run(args_.inputs, context_.in(), sink, &InterruptFlag());
  }

  // With the first record, so that an input that cannot be opened leaves no output.
  void Begin() {
    if (!begun_) writer_.Begin(plan_.header);
    begun_ = true;
  }

  void Take(const AuditRecord& record) {
    Begin();
    writer_.Record(record);
    if (model_) model_->Count(record);
    if (findings_) findings_->Add(record);
    if (!out_) throw ResultsLost();
  }

  // Writes what is known at the end.
  Result<int> Conclude(const AuditReport& report) {
    Result<FindingsReport> found;
    if (findings_) found = findings_->Finish();
    if (!found) return tl::unexpected(std::move(found).error());
    const FindingsReport* shown = findings_ ? &*found : nullptr;
    writer_.End(report, shown);
    if (model_) {
      const Json page = model_->Describe(plan_.header, report, shown);
      auto written = ReplaceFile(args_.report, ReportPage(page));
      if (!written) return tl::unexpected(std::move(written).error());
    }
    for (const std::string& note : report.notes) context_.Warn(note);
    if (context_.format() != Format::kTable || !args_.output.empty()) SayTotals(context_, report);
    return StatusOf(report, Fails(args_.findings, *found));
  }

  CliContext& context_;
  const Args& args_;
  Plan plan_;
  std::ostream& out_;
  AuditWriter writer_;
  std::optional<AuditReportModel> model_;    // Where a page is wanted.
  std::optional<CheckpointKeeper> keeper_;   // Where a checkpoint is kept.
  std::unique_ptr<FleetFindings> findings_;  // Null where nobody asked for them.
  bool begun_ = false;
};

// Known before the audit rather than after it.
Result<void> CheckWritten(const Args& args, std::string_view option, const std::string& path) {
  if (path == "-") {
    return MakeError(ErrorCode::kInvalidArgument,
                     fmt::format("{} takes the path of a file: standard output has the results",
                                 option));
  }
  auto apart = CheckApart(option, path, args.inputs);
  if (!apart) return apart;
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty() || std::filesystem::is_directory(folder)) return {};
  return MakeError(ErrorCode::kInvalidArgument,
                   fmt::format("cannot write {}: its folder does not exist", SourceName(path)));
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
  return CheckWritten(args, "--checkpoint", args.checkpoint);
}

Result<int> Audit(CliContext& context, const Args& args) {
  if (args.inventory.wants_list()) return ListInventoryFormats(context);
  if (auto named = CheckInputs(args); !named) return tl::unexpected(std::move(named).error());
  if (args.summary_only && !IsGeneral(context.format())) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "csv, junit and sarif hold records and no summary; leave out --summary-only");
  }
  Result<void> fit;
  if (!args.report.empty()) fit = CheckWritten(args, "--report", args.report);
  if (fit) fit = CheckCheckpoint(args, context.format());
  if (!fit) return tl::unexpected(std::move(fit).error());
  auto plan = MakePlan(context, args);
  if (!plan) return tl::unexpected(std::move(plan).error());
  const auto keep = plan->saved ? std::optional(plan->saved->output_octets) : std::nullopt;
  return WriteResults(
      context, args.output, args.inputs,
      [&](std::ostream& out, Style style) {
        return AuditJob(context, args, *std::move(plan), out, style).Run();
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
