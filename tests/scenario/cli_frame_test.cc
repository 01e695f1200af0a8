// What all verbs share: usage errors, formats, colours, completion, and what must never be shown.
#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class Frame : public CommandTest {};

TEST_F(Frame, HelpAndVersion) {
  const CommandResult help = Ok({"--help"});
  EXPECT_NE(help.out.find("authenticate"), std::string::npos);
  EXPECT_NE(help.out.find("Exit status"), std::string::npos);
  EXPECT_NE(Ok({"ca", "add", "--help"}).out.find("--verified"), std::string::npos);
  EXPECT_EQ(Ok({"--version"}).out.find("muster "), 0u);
}

TEST_F(Frame, UsageErrors) {
  Fails(2, "'muster' wants a command: service, ca, ", {});
  Fails(2, "'muster ca' wants a command: add, ", {"ca"});
  Fails(2, "'frobnicate' is not a command of 'muster', which has service, ca, ", {"frobnicate"});
  Fails(2, "'ad' is not a command of 'muster ca', which has add, ", {"ca", "ad", "x"});
  Fails(2, "'import' is not a command of 'muster'; did you mean 'muster registry import'?",
        {"import", "x.json"});
  Fails(2, "", {"ca", "list", "extra"});
  Fails(2, "", {"ca", "list", "--no-such-option"});
  Fails(2, "table|json|ndjson", {"ca", "list", "--format", "xml"});
  Fails(2, "auto|always|never", {"ca", "list", "--color", "pink"});
}

TEST_F(Frame, ErrorsAreJsonWhereJsonIsAskedFor) {
  for (const Arguments& arguments :
       {Arguments{"ca", "list", "--format", "json"}, Arguments{"--format=json", "ca", "list"},
        Arguments{"ca", "list", "--no-such-option", "--format", "json"},
        Arguments{"ca", "list", "--format", "ndjson"}}) {
    environment_.clear();
    const CommandResult result = Run(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    const json error = json::parse(result.err);
    EXPECT_EQ(error.at("schema"), "muster-error/1");
    EXPECT_EQ(error.at("error").at("code"), "invalid-argument");
    EXPECT_FALSE(error.at("error").at("message").get<std::string>().empty());
  }
}

TEST_F(Frame, FormatMayComeFromTheEnvironment) {
  UsualRegistry();
  environment_.push_back("MUSTER_FORMAT=ndjson");
  const CommandResult list = Ok({"group", "list"});
  EXPECT_EQ(list.json().at("schema"), "muster-group/1");
  EXPECT_EQ(Ok({"group", "list", "--format", "table"}).out.find("GROUP"), 0u);
}

TEST_F(Frame, ListsInNdjsonAreOneItemALine) {
  UsualRegistry();
  Ok({"ca", "add", "factory", factory_pem_});
  const std::string out = Ok({"ca", "list", "--format", "ndjson"}).out;
  EXPECT_EQ(std::count(out.begin(), out.end(), '\n'), 2);
  EXPECT_EQ(json::parse(out.substr(0, out.find('\n'))).at("schema"), "muster-ca/1");
}

TEST_F(Frame, ColoursOnlyOnRequestOrOnATerminal) {
  UsualRegistry();
  EXPECT_EQ(Ok({"ca", "list"}).out.find('\x1b'), std::string::npos);
  EXPECT_NE(Ok({"ca", "list", "--color", "always"}).out.find("\x1b[32m"), std::string::npos);
  environment_.push_back("NO_COLOR=1");
  EXPECT_EQ(Ok({"ca", "list", "--color", "never"}).out.find('\x1b'), std::string::npos);
}

TEST_F(Frame, QuietLeavesErrorsAndData) {
  EXPECT_EQ(Ok({"service", "add", "demo", "--quiet"}).err, "");
  Fails(4, "demo", {"service", "add", "demo", "-q"});
  EXPECT_NE(Ok({"service", "list", "-q"}).out.find("demo"), std::string::npos);
}

TEST_F(Frame, Reasons) {
  environment_.clear();
  const json all = Json({"reasons"});
  EXPECT_EQ(all.at("schema"), "muster-reason-list/1");
  EXPECT_EQ(all.at("reasons").size(), AllReasons().size());
  const json one = Json({"reasons", "not-rolled-up-to-verified"});
  ASSERT_EQ(one.at("reasons").size(), 1u);
  EXPECT_EQ(one.at("reasons")[0].at("reason_number"), 501);
  EXPECT_EQ(Json({"reasons", "501"}), one);
  Fails(2, "no reason", {"reasons", "bad-luck"});
}

TEST_F(Frame, PrivateKeysAreNeverEchoed) {
  UsualRegistry();
  const std::string key = root_.key().ToPem();
  const std::string body = key.substr(key.find('\n') + 1, 40);
  const std::string path = scratch_.Write("root.key", key);
  for (const Arguments& arguments :
       {Arguments{"authenticate", path}, Arguments{"explain", path},
        Arguments{"ca", "add", "x", path}, Arguments{"ca", "verify", "root", "--proof", path},
        Arguments{"crl", "add", "root", path}, Arguments{"deny", "add", path},
        Arguments{"validate", "--anchor", path, path}, Arguments{"registry", "import", path},
        Arguments{"audit", path}}) {
    const CommandResult result = Run(arguments);
    EXPECT_NE(result.status, 0) << arguments.front();
    EXPECT_EQ((result.out + result.err).find(body), std::string::npos) << arguments.front();
  }
  // Beside a chain, a key is skipped.
  const CommandResult beside = Run({"authenticate", "--at", at_, "-"}, key + ReadFile(chain_pem_));
  EXPECT_EQ(beside.status, 0) << beside.err;
}

TEST_F(Frame, AFullDiskIsReported) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  const CommandResult result =
      RunProgram({"sh", "-c", "'" MUSTER_BIN "' reasons >/dev/full"}, {"", environment_});
  EXPECT_EQ(result.status, 5);
  EXPECT_NE(result.err.find("could not be written"), std::string::npos) << result.err;
}

class Completion : public CommandTest {
 protected:
  // What bash offers for the words typed so far; the last one is under the cursor.
  std::vector<std::string> Offers(const std::vector<std::string>& words) const {
    std::string quoted;
    for (const std::string& word : words) quoted += " '" + word + "'";
    const CommandResult result =
        RunProgram({"bash", "--norc", "-c",
                    "source <('" MUSTER_BIN "' completion bash)\nCOMP_WORDS=(" + quoted +
                        ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_muster\nprintf '%s\\n' "
                        "\"${COMPREPLY[@]}\""},
                   {"", environment_});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.err, "");
    std::vector<std::string> offers;
    std::istringstream lines(result.out);
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) offers.push_back(line);
    }
    return offers;
  }
  static bool Holds(const std::vector<std::string>& offers, const std::string& word) {
    return std::find(offers.begin(), offers.end(), word) != offers.end();
  }
};

TEST_F(Completion, BashCompletesNounsVerbsOptionsAndValues) {
  EXPECT_TRUE(Holds(Offers({"muster", ""}), "authenticate"));
  EXPECT_EQ(Offers({"muster", "auth"}), std::vector<std::string>{"authenticate"});
  EXPECT_TRUE(Holds(Offers({"muster", "ca", ""}), "verify"));
  EXPECT_EQ(Offers({"muster", "ca", "at"}), std::vector<std::string>{"attest"});
  EXPECT_TRUE(Holds(Offers({"muster", "ca", "verify", "--"}), "--proof"));
  EXPECT_TRUE(Holds(Offers({"muster", "ca", "verify", "--"}), "--registry"));
  EXPECT_FALSE(Holds(Offers({"muster", "ca", "list", "--"}), "--proof"));
  EXPECT_EQ(Offers({"muster", "ca", "list", "--format", "nd"}), std::vector<std::string>{"ndjson"});
  EXPECT_EQ(Offers({"muster", "audit", "--links", "r"}), std::vector<std::string>{"registry"});
  EXPECT_EQ(Offers({"muster", "completion", "z"}), std::vector<std::string>{"zsh"});
  // The value of an option is no verb.
  EXPECT_TRUE(Holds(Offers({"muster", "--service", "ca", ""}), "group"));
  EXPECT_FALSE(Holds(Offers({"muster", "--service", "ca", ""}), "attest"));
  EXPECT_TRUE(
      Holds(Offers({"muster", "ca", "verify", "--proof", scratch_.At("chain")}), chain_pem_));
  EXPECT_TRUE(Holds(Offers({"muster", "authenticate", scratch_.At("chain")}), chain_pem_));
}

// The other shells need not be installed: what is offered is in the text.
TEST_F(Completion, ScriptsNameEveryVerbAndOption) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    const std::string script = Ok({"completion", shell}).out;
    for (const char* word : {"authenticate", "attest", "any-disabled-blocks", "summary-only",
                             "dps-compat", "import"}) {
      EXPECT_NE(script.find(word), std::string::npos) << shell << ": " << word;
    }
    const CommandResult found = RunProgram({"sh", "-c", std::string("command -v ") + shell});
    if (found.status != 0) continue;
    const CommandResult checked = RunProgram({shell, "-n", "/dev/stdin"}, {script, {}});
    EXPECT_EQ(checked.status, 0) << shell << ": " << checked.err;
  }
  Fails(2, "bash|zsh|fish", {"completion", "csh"});
}

}  // namespace
}  // namespace muster::test
