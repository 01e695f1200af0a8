// Runs the muster command as a user would, and a scratch folder to run it in.
#ifndef MUSTER_TESTS_SCENARIO_RUN_COMMAND_H_
#define MUSTER_TESTS_SCENARIO_RUN_COMMAND_H_

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/scratch_folder.h"

namespace muster::test {

struct CommandResult {
  int status = -1;  // Exit status; 128 + number where a signal ended it.
  std::string out, err;

  // Standard output as JSON; throws where it is none.
  nlohmann::json json() const { return nlohmann::json::parse(out); }
};

struct CommandOptions {
  std::string input;                     // Standard input.
  std::vector<std::string> environment;  // "NAME=value", instead of the caller's, PATH aside.
};

// The muster command with these arguments.
CommandResult RunMuster(const std::vector<std::string>& arguments,
                        const CommandOptions& options = {});
// Any program.
CommandResult RunProgram(const std::vector<std::string>& command,
                         const CommandOptions& options = {});

}  // namespace muster::test

#endif  // MUSTER_TESTS_SCENARIO_RUN_COMMAND_H_
