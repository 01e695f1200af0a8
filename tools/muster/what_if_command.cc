// what-if: which devices of an inventory get another verdict where something changes.
#include <fmt/format.h>

#include <optional>
#include <ostream>
#include <sstream>

#include "muster/fleet_audit.h"
#include "tools/muster/audit_progress.h"
#include "tools/muster/commands.h"
#include "tools/muster/decision_options.h"
#include "tools/muster/fleet_options.h"
#include "tools/muster/reading.h"
#include "tools/muster/registry_change.h"
#include "tools/muster/result_output.h"
#include "tools/muster/standard_input.h"
#include "tools/muster/what_if_output.h"

namespace muster::cli {
namespace {

struct Args : FleetArgs {
  std::vector<std::string> changes;
  std::string changes_file, against, against_service;
  DecisionArgs decision;
  // What is decided under afterwards; empty = as before.
  std::string then_at, then_links, then_profile, then_any_disabled_blocks, then_require_crl;
  std::string output;
  bool summary_only = false;
};

// What the second decision is made with.
struct Then {
  std::shared_ptr<const RegistrySnapshot> snapshot;
  AuthenticationOptions options;
  UnixTime at{};
  Json description;
  std::vector<std::string> changes, assumptions;
};

struct Change {
  std::string text, where;
};

// --change first, then the lines of --changes; blank lines and those that begin with # say nothing.
Result<std::vector<Change>> CollectChanges(CliContext& context, const Args& args) {
  std::vector<Change> changes;
  for (const std::string& text : args.changes) {
    changes.push_back({text, fmt::format("--change {}", changes.size() + 1)});
  }
  if (args.changes_file.empty()) return changes;
  auto octets = ReadInput(context, args.changes_file);
  if (!octets) return tl::unexpected(std::move(octets).error());
  std::istringstream lines(std::string(octets->begin(), octets->end()));
  std::size_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t first = line.find_first_not_of(" \t\r");
    if (first == std::string::npos || line[first] == '#') continue;
    line.erase(line.find_last_not_of(" \t\r") + 1);
    changes.push_back(
        {line.substr(first), fmt::format("{}:{}", SourceName(args.changes_file), number)});
  }
  return changes;
}

// The registry's own methods run on `changed`, which is a copy.
Result<void> ApplyChanges(CliContext& context, const std::vector<Change>& changes,
                          OpenedService& changed, Then* then) {
  ChangeApplier applier(context, changed);
  for (const Change& change : changes) {
    if (auto applied = applier.Apply(change.text, change.where); !applied) return applied;
    then->changes.push_back(change.text);
  }
  then->assumptions = applier.assumptions();
  auto snapshot = changed.registry.Snapshot(changed.service);
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  then->snapshot = *std::move(snapshot);
  return {};
}

Result<void> OpenOther(const Args& args, const std::string& service, Then* then) {
  auto registry = Registry::Open(args.against, {.create = false, .read_only = true});
  if (!registry) return tl::unexpected(std::move(registry).error());
  auto snapshot =
      registry->Snapshot(args.against_service.empty() ? service : args.against_service);
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  then->snapshot = *std::move(snapshot);
  return {};
}

Result<void> FillThenOptions(const Args& args, UnixTime at, Then* then) {
  DecisionArgs decision = args.decision;
  if (!args.then_links.empty()) decision.links = args.then_links;
  if (!args.then_profile.empty()) decision.profile = args.then_profile;
  if (!args.then_any_disabled_blocks.empty()) {
    decision.any_disabled_blocks = args.then_any_disabled_blocks == "yes";
  }
  if (!args.then_require_crl.empty()) decision.require_crl = args.then_require_crl == "yes";
  auto options = ToOptions(decision);
  if (!options) return tl::unexpected(std::move(options).error());
  then->options = *options;
  then->options.cache_octets_max = args.cache_octets();
  then->at = at;
  if (args.then_at.empty()) return {};
  auto then_at = ParseRfc3339(args.then_at);
  if (!then_at) return tl::unexpected(std::move(then_at).error());
  then->at = *then_at;
  return {};
}

void DescribeThen(const Args& args, Then* then) {
  Json& json = then->description;
  json["at"] = FormatRfc3339(then->at);
  json["options"] = DescribeOptions(then->options);
  json["changes"] = then->changes;
  json["assumptions"] = then->assumptions;
  json["against"] = args.against.empty() ? Json(nullptr) : Json(args.against);
  json["service"] = then->snapshot->service();
}

Result<void> CheckAsked(const Args& args, const std::vector<Change>& changes) {
  const bool other_terms = !args.then_at.empty() || !args.then_links.empty() ||
                           !args.then_profile.empty() || !args.then_any_disabled_blocks.empty() ||
                           !args.then_require_crl.empty();
  if (changes.empty() && args.against.empty() && !other_terms) {
    return MakeError(ErrorCode::kInvalidArgument,
                     "nothing changes; give --change TEXT, --changes FILE, --against FILE, or one "
                     "of --then-at, --then-links, --then-profile, --then-any-disabled-blocks, "
                     "--then-require-crl");
  }
  return {};
}

// `options`: of the first decision.
Result<int> Compare(CliContext& context, const Args& args, const Authenticator& before,
                    FleetAuditOptions options, const Then& then, std::ostream& out, Style style) {
  const Authenticator after(then.snapshot, then.options);
  const UnixTime at = options.at;
  options.second = &after;
  options.second_at = then.at;
  FleetAudit audit(before, options);

  const RegistryContents& contents = before.snapshot()->contents();
  Json header{{"service", contents.service},
              {"generation", contents.generation},
              {"at", FormatRfc3339(at)}};
  header["options"] = DescribeOptions(before.options());
  header["then"] = then.description;
  header["inputs"] = args.inputs;
  WhatIfWriter writer(out, {context.format(), style, args.summary_only});
  // Written with the first record, so that an input that cannot be opened leaves no output.
  bool begun = false;
  const auto begin = [&] {
    if (!begun) writer.Begin(header);
    begun = true;
  };
  Result<AuditReport> report = MakeError(ErrorCode::kInternal, "the audit did not run");
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
  writer.End(*report, then.assumptions);
  if (report->interrupted) return kExitInterrupted;
  return writer.changed() == 0 ? kExitAccepted : kExitRefused;
}

Result<int> WhatIf(CliContext& context, const Args& args) {
  if (args.inventory.wants_list()) return ListInventoryFormats(context);
  if (auto named = CheckInputs(args); !named) return tl::unexpected(std::move(named).error());
  auto changes = CollectChanges(context, args);
  if (!changes) return tl::unexpected(std::move(changes).error());
  if (auto asked = CheckAsked(args, *changes); !asked) {
    return tl::unexpected(std::move(asked).error());
  }
  auto at = context.TimeOf(args.decision.at);
  if (!at) return tl::unexpected(std::move(at).error());
  auto options = ToOptions(args.decision);
  if (!options) return tl::unexpected(std::move(options).error());
  options->cache_octets_max = args.cache_octets();
  auto fleet_options = ToFleetOptions(context, args, *at);
  if (!fleet_options) return tl::unexpected(std::move(fleet_options).error());
  Then then;
  if (auto filled = FillThenOptions(args, *at, &then); !filled) {
    return tl::unexpected(std::move(filled).error());
  }
  auto opened = context.OpenService(Access::kRead);
  if (!opened) return tl::unexpected(std::move(opened).error());
  // Before and after are of one reading, whatever others change meanwhile.
  auto copied = opened->registry.CopyToMemory(opened->service);
  if (!copied) return tl::unexpected(std::move(copied).error());
  OpenedService copy{*std::move(copied), opened->service};
  auto snapshot = copy.registry.Snapshot(copy.service);
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  auto made = args.against.empty() ? ApplyChanges(context, *changes, copy, &then)
                                   : OpenOther(args, copy.service, &then);
  if (!made) return tl::unexpected(std::move(made).error());
  DescribeThen(args, &then);
  const Authenticator before(*snapshot, *options);
  return WriteResults(context, args.output, args.inputs, [&](std::ostream& out, Style style) {
    return Compare(context, args, before, *fleet_options, then, out, style);
  });
}

void AddThenOptions(CLI::App& verb, Args& args) {
  verb.add_option("--then-at", args.then_at, "The time to decide for afterwards [as --at]")
      ->type_name("TIME");
  AddChoice(verb, "--then-links", args.then_links, {"presented", "registry"},
            "--links afterwards [as before]");
  AddChoice(verb, "--then-profile", args.then_profile, {"rfc5280", "dps-compat"},
            "--profile afterwards [as before]");
  AddChoice(verb, "--then-any-disabled-blocks", args.then_any_disabled_blocks, {"yes", "no"},
            "--any-disabled-blocks afterwards [as before]");
  AddChoice(verb, "--then-require-crl", args.then_require_crl, {"yes", "no"},
            "--require-crl afterwards [as before]");
}

}  // namespace

void AddWhatIfCommand(CLI::App& app, CliContext& context) {
  auto args = std::make_shared<Args>();
  // As in audits: inventories often hold leaves only.
  args->decision.links = "registry";
  CLI::App* verb =
      AddVerb(app, context, "what-if",
              "Say which devices of an inventory get another verdict where something changes",
              [&context, args] { return WhatIf(context, *args); });
  verb->footer(
      "Changes: ca add|rm|verify|unverify, group add|rm|enable|disable|swap, enrollment\n"
      "add|rm|enable|disable|swap, deny add|rm, crl add|rm, with the arguments of these verbs.\n"
      "They are made to a copy. Exit status: 0 no device changes, 1 some do.");
  AddFleetInputs(*verb, *args);
  AddRepeatable(*verb, "--change", args->changes, "A change, as in 'group disable line-4'", "TEXT");
  verb->add_option("--changes", args->changes_file, "Changes, one a line")->type_name("FILE");
  CLI::Option* against =
      verb->add_option("--against", args->against, "Compare with this registry instead")
          ->type_name("FILE");
  verb->get_option("--change")->excludes(against);
  verb->get_option("--changes")->excludes(against);
  verb->add_option("--against-service", args->against_service,
                   "The service of --against [the same]")
      ->type_name("ID")
      ->needs(against);
  AddDecisionOptions(*verb, args->decision);
  AddThenOptions(*verb, *args);
  AddFleetOptions(*verb, *args);
  verb->add_option("--output", args->output, "Write the results here")->type_name("FILE");
  verb->add_flag("--summary-only", args->summary_only, "Leave the devices out");
}

}  // namespace muster::cli
