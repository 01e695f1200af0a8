// The command as a whole: builds the tree of nouns and verbs, parses, runs, reports.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "muster/version.h"
#include "tools/muster/commands.h"

namespace muster::cli {
namespace {

constexpr const char* kFooter =
    "Exit status: 0 all accepted, 1 some refused, 2 usage, 3 input unreadable, 4 registry,\n"
    "5 internal, 130 interrupted. Results go to standard output, talk to standard error.\n"
    "'-' as a file is standard input. Certificates may be PEM, DER, PKCS#7 or base64.";

int FinishOutput(CliContext& context, int status) {
  context.out().flush();
  if (context.out()) return status;
  return context.Report({ErrorCode::kInternal,
                         "standard output could not be written; check the disk or the pipe",
                         RejectReason::kNone});
}

int RunBody(CliContext& context) {
  try {
    if (auto known = context.CheckFormat(); !known) return context.Report(known.error());
    Result<int> status = context.body();
    if (!status) return context.Report(status.error());
    return FinishOutput(context, *status);
  } catch (const std::exception& e) {
    return context.Report({ErrorCode::kInternal,
                           std::string("this is a defect in muster, please report it: ") + e.what(),
                           RejectReason::kNone});
  }
}

std::string FullName(const CLI::App& command) {
  std::string name = command.get_name();
  for (const CLI::App* above = command.get_parent(); above != nullptr;
       above = above->get_parent()) {
    name.insert(0, above->get_name() + " ");
  }
  return name;
}

// Where a command is wanted, CLI11 says only that one is missing, even where one is misspelt or is
// another noun's.
std::string DescribeMissingCommand(const CLI::App& app) {
  const CLI::App* noun = &app;
  while (!noun->get_subcommands().empty()) noun = noun->get_subcommands().front();
  std::string names, elsewhere;
  const std::vector<std::string> left = app.remaining(true);
  const std::string given = left.empty() ? "" : left.front();
  for (const CLI::App* command : noun->get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + command->get_name();
  }
  for (const CLI::App* other : app.get_subcommands([](const CLI::App*) { return true; })) {
    for (const CLI::App* verb : other->get_subcommands([](const CLI::App*) { return true; })) {
      if (verb->get_name() == given) elsewhere += "; did you mean '" + FullName(*verb) + "'?";
    }
  }
  if (given.empty()) return "'" + FullName(*noun) + "' wants a command: " + names;
  return "'" + given + "' is not a command of '" + FullName(*noun) + "'" +
         (elsewhere.empty() ? ", which has " + names : elsewhere);
}

// CLI11 names what is wrong but not the command; its texts are sentences already.
int ReportUsage(const CLI::App& app, const CLI::ParseError& error, CliContext& context) {
  const bool no_command = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                          std::string_view(error.what()).starts_with("A subcommand");
  return context.Report(
      {ErrorCode::kInvalidArgument,
       (no_command ? DescribeMissingCommand(app) : error.what()) + " (run with --help for usage)",
       RejectReason::kNone});
}

}  // namespace

void BuildApp(CLI::App& app, CliContext& context) {
  app.name("muster");
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kFooter);
  app.set_version_flag("--version", "muster " + std::string(kVersion));
  context.AddGlobalOptions(app);
  AddServiceCommand(app, context);
  AddCaCommand(app, context);
  AddGroupCommand(app, context);
  AddEnrollmentCommand(app, context);
  AddCrlCommand(app, context);
  AddDenyCommand(app, context);
  AddAuthenticateCommand(app, context);
  AddExplainCommand(app, context);
  AddValidateCommand(app, context);
  AddAuditCommand(app, context);
  AddAuditDiffCommand(app, context);
  AddWhatIfCommand(app, context);
  AddForecastCommand(app, context);
  AddGraphCommand(app, context);
  AddRegistryCommand(app, context);
  AddPkiCommand(app, context);
  AddReasonsCommand(app, context);
  AddFindingsCommand(app, context);
  AddSchemaCommand(app, context);
  AddKernelsCommand(app, context);
  AddCompletionCommand(app, context);
}

int RunCommandLine(const std::vector<std::string>& arguments, CliStreams streams) {
  CliContext context(streams);
  CLI::App app("Decides whether device certificate chains enrol: chains up to a verified CA.");
  BuildApp(app, context);
  context.LookForFormat(arguments);
  // CLI11 takes them last first.
  std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());
  try {
    app.parse(reversed);
  } catch (const CLI::Success& request) {
    // --help and --version: CLI11 writes them.
    app.exit(request, context.out(), context.err());
    return FinishOutput(context, kExitAccepted);
  } catch (const CLI::ParseError& error) {
    return ReportUsage(app, error, context);
  }
  return RunBody(context);
}

}  // namespace muster::cli
