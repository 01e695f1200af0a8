// audit's options about findings, run as a user runs them.
#include <set>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class FindingsVerb : public CommandTest {
 protected:
  void SetUp() override {
    UsualRegistry();
    ends_ = w_.at() + std::chrono::days{365};
  }

  Entity Device(const std::string& id, const std::string& key = {}) {
    return w_.Leaf(id, factory_,
                   {.key_label = key, .edit = [this](auto& t) { t.not_after = ends_; }});
  }
  // Every device of these inventories is accepted. Of the registry it is known besides that nobody
  // proved possession of the root.
  std::string Sound() {
    return Line("sound-1", {Device("sound-1")}) + Line("sound-2", {Device("sound-2")});
  }
  std::string WithWarning() {
    ends_ = w_.at() + std::chrono::days{20};
    return Line("ending", {Device("ending")});
  }
  std::string WithError() {
    return Line("copy-1", {Device("copy-1", "copied")}) +
           Line("copy-2", {Device("copy-2", "copied")});
  }

  CommandResult Audit(const std::string& fleet, Arguments more) const {
    more.insert(more.begin(), {"audit", "-", "--input-format", "ndjson", "--at", at_});
    return Run(more, fleet);
  }
  std::set<std::string> Ids(const std::string& fleet, Arguments more, int status = 0) const {
    more.insert(more.end(), {"--format", "json"});
    const CommandResult result = Audit(fleet, more);
    EXPECT_EQ(result.status, status) << result.err;
    std::set<std::string> ids;
    const json report = result.json();
    for (const json& finding : report.at("findings")) ids.insert(finding.at("id"));
    return ids;
  }
  int StatusOf(const std::string& fleet, const std::string& severity) const {
    const CommandResult result = Audit(fleet, {"--fail-on", severity});
    EXPECT_NE(result.out.find("ca-self-attested"), std::string::npos) << result.out;
    return result.status;
  }

  UnixTime ends_{};
};

TEST_F(FindingsVerb, FailOnIsThatSeverityOrWorse) {
  const std::string sound = Sound(), error = WithError(), warning = WithWarning();
  // Without the option findings fail nothing.
  EXPECT_EQ(Audit(sound + warning + error, {"--findings"}).status, 0);
  EXPECT_EQ(StatusOf(sound, "info"), 1);
  EXPECT_EQ(StatusOf(sound, "warning"), 0);
  EXPECT_EQ(StatusOf(sound, "error"), 0);
  EXPECT_EQ(StatusOf(sound + warning, "info"), 1);
  EXPECT_EQ(StatusOf(sound + warning, "warning"), 1);
  EXPECT_EQ(StatusOf(sound + warning, "error"), 0);
  EXPECT_EQ(StatusOf(sound + error, "info"), 1);
  EXPECT_EQ(StatusOf(sound + error, "warning"), 1);
  EXPECT_EQ(StatusOf(sound + error, "error"), 1);
  Fails(2, "fatal", {"audit", "-", "--fail-on", "fatal"});
}

TEST_F(FindingsVerb, WhatIsSkippedFailsNothing) {
  EXPECT_EQ(Audit(Sound(), {"--fail-on", "info", "--skip", "ca-self-attested"}).status, 0);
  EXPECT_EQ(Audit(Sound(), {"--fail-on", "info", "--only", "leaf-expired"}).status, 0);
  EXPECT_EQ(Audit(Sound(), {"--fail-on", "info", "--only", "ca-self-attested"}).status, 1);
}

TEST_F(FindingsVerb, OnlyAndSkipChoose) {
  const std::string fleet = WithError() + WithWarning();
  EXPECT_EQ(Ids(fleet, {"--findings"}),
            (std::set<std::string>{"ca-self-attested", "key-on-several-devices",
                                   "leaf-expires-soon"}));
  EXPECT_EQ(Ids(fleet, {"--only", "leaf-expires-soon", "--only", "leaf-expired"}),
            std::set<std::string>{"leaf-expires-soon"});
  EXPECT_EQ(Ids(fleet, {"--skip", "leaf-expires-soon"}),
            (std::set<std::string>{"ca-self-attested", "key-on-several-devices"}));
  EXPECT_EQ(Ids(fleet, {"--only", "leaf-expires-soon", "--skip", "leaf-expires-soon"}),
            std::set<std::string>());
}

TEST_F(FindingsVerb, IdsThatAreNoneAreRefusedBeforeAnythingIsRead) {
  for (const std::string option : {"--only", "--skip"}) {
    Fails(2, "there is no finding 'leaf-expird', did you mean 'leaf-expired'?",
          {"audit", "-", option, "leaf-expird"}, Sound());
    Fails(2, "there is no finding 'zzzzzzzz'; 'muster findings' lists them",
          {"audit", "-", option, "zzzzzzzz"}, Sound());
  }
  Fails(2, "did you mean 'rsa-roca'?", {"findings", "rsa-rocca"});
}

TEST_F(FindingsVerb, WindowsAreDaysAhead) {
  const std::string fleet = WithWarning();
  const auto seen = [&](const std::string& soon, const std::string& later) {
    return Ids(fleet, {"--skip", "ca-self-attested", "--expires-soon", soon, "--expires-later",
                       later});
  };
  const std::set<std::string> none, is_soon = {"leaf-expires-soon"},
                                    is_later = {"leaf-expires-later"};
  EXPECT_EQ(seen("20", "90"), is_soon);
  EXPECT_EQ(seen("19", "90"), is_later);
  EXPECT_EQ(seen("0", "20"), is_later);
  EXPECT_EQ(seen("0", "19"), none);
  EXPECT_EQ(seen("20", "0"), is_soon);
  for (const std::string option : {"--expires-soon", "--expires-later"}) {
    Fails(2, option, {"audit", "-", option, "-1"});
    Fails(2, option, {"audit", "-", option, "soon"});
  }
}

TEST_F(FindingsVerb, ListsOfWeakKeysHaveToBeReadable) {
  const std::string list = scratch_.Write("list", "# nothing\n00112233445566778899\n");
  EXPECT_EQ(Audit(Sound(), {"--weak-keys", list}).status, 0);
  Fails(3, "no-such-list cannot be read",
        {"audit", "-", "--weak-keys", list, "--weak-keys", scratch_.At("no-such-list")}, Sound());
  Fails(3, "line 2: not 20 hex digits",
        {"audit", "-", "--weak-keys", scratch_.Write("other", "#\n0011\n")}, Sound());
}

TEST_F(FindingsVerb, TemporaryFilesNeedAFolder) {
  Fails(2, "there is no folder", {"audit", "-", "--findings", "--spill-folder",
                                  scratch_.At("no/such/folder")}, Sound());
  Fails(2, "there is no folder",
        {"audit", "-", "--findings", "--spill-folder", scratch_.Write("file", "")}, Sound());
  EXPECT_EQ(Audit(Sound(), {"--findings", "--spill-folder", scratch_.path().string()}).status, 0);
}

TEST_F(FindingsVerb, ExamplesNameThePartner) {
  const Arguments only = {"--only", "key-on-several-devices"};
  const CommandResult table = Audit(WithError(), only);
  EXPECT_NE(table.out.find("copy-1  -:1"), std::string::npos) << table.out;
  EXPECT_NE(table.out.find("shared with copy-2  -:2"), std::string::npos) << table.out;
  const CommandResult result =
      Audit(WithError(), {"--only", "key-on-several-devices", "--format", "json"});
  const json examples = result.json().at("findings").at(0).at("examples");
  ASSERT_EQ(examples.size(), 2U);
  EXPECT_EQ(examples[0].at("partner").at("device_id"), "copy-2");
  EXPECT_EQ(examples[0].at("partner").at("record_index"), 1);
  EXPECT_EQ(examples[0].at("partner").at("source").at("line"), 2);
  EXPECT_EQ(examples[0].at("partner").at("ca"), nullptr);
  EXPECT_EQ(examples[1].at("partner").at("device_id"), "copy-1");
}

}  // namespace
}  // namespace muster::test
