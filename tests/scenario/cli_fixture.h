// CommandTest: a scratch folder, a registry of its own, and a small PKI in files.
#ifndef MUSTER_TESTS_SCENARIO_CLI_FIXTURE_H_
#define MUSTER_TESTS_SCENARIO_CLI_FIXTURE_H_

#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "muster/certificate_reader.h"
#include "tests/scenario/run_command.h"
#include "tests/support/test_world.h"

namespace muster::test {

class CommandTest : public testing::Test {
 protected:
  using Arguments = std::vector<std::string>;

  // Runs the command on the registry of this test.
  CommandResult Run(const Arguments& arguments, const std::string& input = {}) const {
    return RunMuster(arguments, {input, environment_});
  }
  // The same, which must succeed.
  CommandResult Ok(const Arguments& arguments, const std::string& input = {}) const {
    CommandResult result = Run(arguments, input);
    EXPECT_EQ(result.status, 0) << testing::PrintToString(arguments) << '\n' << result.err;
    return result;
  }
  nlohmann::json Json(Arguments arguments, const std::string& input = {}) const {
    arguments.insert(arguments.end(), {"--format", "json"});
    return Ok(arguments, input).json();
  }
  // Fails with `status`, and says `text` on standard error; nothing on standard output.
  void Fails(int status, const std::string& text, const Arguments& arguments,
             const std::string& input = {}) const {
    const CommandResult result = Run(arguments, input);
    EXPECT_EQ(result.status, status) << testing::PrintToString(arguments) << '\n' << result.err;
    EXPECT_NE(result.err.find(text), std::string::npos) << testing::PrintToString(arguments) << '\n'
                                                        << result.err;
    EXPECT_EQ(result.out, "") << testing::PrintToString(arguments);
  }

  // Writes certificates as one PEM file.
  std::string Pem(const std::string& name, const std::vector<Entity>& entities) const {
    std::string pem;
    for (const Entity& entity : entities) pem += EncodePem(entity.der(), "CERTIFICATE");
    return scratch_.Write(name, pem);
  }

  // One line of the own format.
  static std::string Line(const std::string& id, const std::vector<Entity>& chain) {
    nlohmann::json line{{"deviceId", id}, {"chain", nlohmann::json::array()}};
    for (const Entity& entity : chain) {
      const std::string pem = EncodePem(entity.der(), "CERTIFICATE");
      line["chain"].push_back(std::regex_replace(pem, std::regex("-----[A-Z ]+-----|\n"), ""));
    }
    return line.dump() + "\n";
  }

  // A service that holds the root, verified on its owner's word, and the factory's group.
  void UsualRegistry() const {
    Ok({"service", "add", "demo"});
    Ok({"ca", "add", "root", root_pem_, "--verified", "--why", "test"});
    Ok({"group", "add", "line-1", "--certificate", factory_pem_});
  }

  World w_{"command"};
  ScratchFolder scratch_;
  std::vector<std::string> environment_ = {"MUSTER_REGISTRY=" + scratch_.At("registry.db"),
                                           "LC_ALL=C.UTF-8"};
  const std::string at_ = "2026-06-15T12:00:00Z";
  const Entity root_ = w_.Root("Root");
  const Entity factory_ = w_.Intermediate("Factory", root_);
  const Entity device_ = w_.Leaf("device-1", factory_);
  const std::string root_pem_ = Pem("root.pem", {root_});
  const std::string factory_pem_ = Pem("factory.pem", {factory_});
  const std::string chain_pem_ = Pem("chain.pem", {device_, factory_});
};

}  // namespace muster::test

#endif  // MUSTER_TESTS_SCENARIO_CLI_FIXTURE_H_
