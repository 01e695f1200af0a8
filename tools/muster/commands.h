// Every noun of the command, and the command as a whole.
#ifndef MUSTER_TOOLS_MUSTER_COMMANDS_H_
#define MUSTER_TOOLS_MUSTER_COMMANDS_H_

#include <CLI/CLI.hpp>

#include "tools/muster/cli_context.h"

namespace muster::cli {

void AddServiceCommand(CLI::App& app, CliContext& context);
void AddCaCommand(CLI::App& app, CliContext& context);
void AddGroupCommand(CLI::App& app, CliContext& context);
void AddEnrollmentCommand(CLI::App& app, CliContext& context);
void AddCrlCommand(CLI::App& app, CliContext& context);
void AddDenyCommand(CLI::App& app, CliContext& context);
void AddAuthenticateCommand(CLI::App& app, CliContext& context);
void AddExplainCommand(CLI::App& app, CliContext& context);
void AddValidateCommand(CLI::App& app, CliContext& context);
void AddAuditCommand(CLI::App& app, CliContext& context);
void AddWhatIfCommand(CLI::App& app, CliContext& context);
void AddForecastCommand(CLI::App& app, CliContext& context);
void AddGraphCommand(CLI::App& app, CliContext& context);
void AddRegistryCommand(CLI::App& app, CliContext& context);
void AddPkiCommand(CLI::App& app, CliContext& context);
void AddSchemaCommand(CLI::App& app, CliContext& context);
void AddReasonsCommand(CLI::App& app, CliContext& context);
void AddFindingsCommand(CLI::App& app, CliContext& context);
void AddKernelsCommand(CLI::App& app, CliContext& context);
void AddCompletionCommand(CLI::App& app, CliContext& context);

// Adds every option and noun to `app`.
void BuildApp(CLI::App& app, CliContext& context);

// Parses `arguments` (without the program's name), runs the verb and gives the exit status.
int RunCommandLine(const std::vector<std::string>& arguments, CliStreams streams);

}  // namespace muster::cli

#endif  // MUSTER_TOOLS_MUSTER_COMMANDS_H_
