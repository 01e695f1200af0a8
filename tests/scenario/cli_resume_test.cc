// audit --checkpoint and --resume: killed or interrupted anywhere, it ends as if it had never been.
#include <filesystem>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

class ResumeVerb : public CommandTest {
 protected:
  void SetUp() override {
    UsualRegistry();
    const Entity late = w_.Leaf("late", factory_, [&](CertificateTemplate& t) {
      t.not_after = w_.at() - std::chrono::seconds{1};
    });
    // Some batches that the slow kernel takes a while for: time to be stopped in between.
    const std::string device = Line("good", device_), expired = Line("late", late);
    std::string lines;
    for (int i = 0; i < 12'000; ++i) lines += i % 100 == 7 ? "not json\n" : i % 3 ? device : expired;
    fleet_ = scratch_.Write("fleet.ndjson", lines);
  }

  static std::string Line(const std::string& id, const Entity& leaf) {
    json chain = json::array();
    std::string pem = EncodePem(leaf.der(), "CERTIFICATE");
    const std::size_t begin = pem.find('\n') + 1, end = pem.rfind("\n-----END");
    std::string base64;
    for (char c : pem.substr(begin, end - begin)) {
      if (c != '\n') base64 += c;
    }
    return json{{"deviceId", id}, {"chain", {base64}}}.dump() + '\n';
  }

  Arguments Command(const Arguments& more) const {
    Arguments all = {"audit",      fleet_,          "--at",               at_, "--kernel",
                     "reference", "--checkpoint", scratch_.At("state"), "--checkpoint-every",
                     "0",         "--threads",    "1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  // Ends the command by `signal` when its checkpoint has moved on, if it is not done before.
  CommandResult RunUntilItMoves(const std::string& signal, const Arguments& arguments) const {
    std::string command = "'" MUSTER_BIN "'";
    for (const std::string& argument : arguments) command += " '" + argument + "'";
    // Where it is done, the checkpoint is gone and has not moved.
    const std::string stand = "stand=$(grep -o '\"devices\":[0-9]*' '" + scratch_.At("state") +
                              "' 2>/dev/null || echo \"$was\"); ";
    return RunProgram({"sh", "-c",
                       "was='\"devices\":0'; " + stand + "was=$stand; " + command + " & pid=$!; " +
                           "while kill -0 $pid 2>/dev/null; do " + stand +
                           "if [ $stand != $was ]; then kill -s " + signal +
                           " $pid 2>/dev/null; break; fi; sleep 0.01; done; wait $pid"},
                      {"", environment_});
  }
  bool HasCheckpoint() const { return std::filesystem::exists(scratch_.At("state")); }

  // Stops the audit again and again until it is done.
  void EndsTheSame(const std::string& signal, const std::string& format) {
    SCOPED_TRACE(signal + " " + format);
    const std::string whole = scratch_.At("whole"), pieces = scratch_.At("pieces");
    Run({"audit", fleet_, "--at", at_, "--format", format, "--output", whole});
    int stops = 0;
    CommandResult result;
    while (stops < 100) {
      Arguments arguments = Command({"--format", format, "--output", pieces});
      if (stops > 0) arguments.emplace_back("--resume");
      result = RunUntilItMoves(signal, arguments);
      if (!HasCheckpoint()) break;
      ++stops;
    }
    EXPECT_EQ(result.status, 1) << result.err;
    EXPECT_GT(stops, 1) << "it was not stopped";
    EXPECT_EQ(ReadFile(pieces), ReadFile(whole));
    std::filesystem::remove(pieces);
  }

  static std::string Replaced(std::string text, const std::string& what, const std::string& by) {
    return text.replace(text.find(what), what.size(), by);
  }

  std::string fleet_;
};

TEST_F(ResumeVerb, KilledAnywhereItEndsTheSame) {
  for (const char* format : {"ndjson", "json", "csv"}) EndsTheSame("KILL", format);
}

TEST_F(ResumeVerb, InterruptedItSaysHowToGoOn) {
  EndsTheSame("INT", "ndjson");
  const CommandResult stopped =
      RunUntilItMoves("INT", Command({"--output", scratch_.At("table")}));
  ASSERT_EQ(stopped.status, 130) << stopped.err;
  EXPECT_NE(stopped.err.find("--resume goes on from"), std::string::npos) << stopped.err;
  // The summary of what was done stands behind the records until the audit goes on.
  EXPECT_NE(ReadFile(scratch_.At("table")).find("interrupted"), std::string::npos);
  const CommandResult rest =
      Run(Command({"--output", scratch_.At("table"), "--resume"}));
  EXPECT_EQ(rest.status, 1) << rest.err;
  EXPECT_EQ(ReadFile(scratch_.At("table")).find("interrupted"), std::string::npos);
}

TEST_F(ResumeVerb, ASummaryAloneGoesOnToo) {
  const CommandResult whole =
      Run({"audit", fleet_, "--at", at_, "--summary-only", "--format", "json"});
  ASSERT_EQ(RunUntilItMoves("KILL", Command({"--summary-only", "--format", "json"})).status, 137);
  ASSERT_TRUE(HasCheckpoint());
  const CommandResult rest = Run(Command({"--summary-only", "--format", "json", "--resume"}));
  EXPECT_EQ(rest.status, 1) << rest.err;
  EXPECT_EQ(rest.out, whole.out);
}

TEST_F(ResumeVerb, AnotherAuditIsRefused) {
  const std::string output = scratch_.At("out"), state = scratch_.At("state");
  const Arguments usual = {"--format", "ndjson", "--output", output};
  ASSERT_EQ(RunUntilItMoves("KILL", Command(usual)).status, 137);
  const std::string kept = ReadFile(state), written = ReadFile(output);
  const auto refused = [&](const std::string& why, Arguments arguments) {
    SCOPED_TRACE(why);
    arguments.emplace_back("--resume");
    Fails(2, why, Command(arguments));
    EXPECT_EQ(ReadFile(state), kept);
    EXPECT_EQ(ReadFile(output), written);
  };
  // Without --resume the interrupted one would be lost.
  Fails(2, "did not end", Command(usual));
  refused("another format", {"--output", output});
  refused("another output", {"--format", "ndjson", "--output", output + "2"});
  refused("another record limit",
          {"--format", "ndjson", "--output", output, "--record-limit", "1000"});
  refused("another options",
          {"--format", "ndjson", "--output", output, "--links", "presented"});
  refused("another inventory",
          {"--format", "ndjson", "--output", output, "--input-format", "ndjson"});
  // The registry moved on.
  Ok({"group", "disable", "line-1"});
  refused("another generation", {"--format", "ndjson", "--output", output});
  Ok({"group", "enable", "line-1"});
  refused("another generation", {"--format", "ndjson", "--output", output});
}

TEST_F(ResumeVerb, ChangedFilesAreRefused) {
  const std::string output = scratch_.At("out"), state = scratch_.At("state");
  const Arguments resume = {"--format", "ndjson", "--output", output, "--resume"};
  ASSERT_EQ(RunUntilItMoves("KILL", Command({"--format", "ndjson", "--output", output})).status, 137);
  const std::string kept = ReadFile(state), written = ReadFile(output);
  const auto octets = json::parse(kept).at("output_octets").get<std::size_t>();
  ASSERT_GT(octets, 0u);
  // Results that are there no more.
  scratch_.Write("out", written.substr(0, octets - 1));
  Fails(2, "begin the audit anew", Command(resume));
  scratch_.Write("out", written);
  // Anything else in place of the checkpoint.
  for (const std::string& text : {std::string(), std::string("{}"), kept.substr(0, kept.size() / 2),
                                  std::string(R"({"schema":"muster-audit-checkpoint/2"})"),
                                  Replaced(kept, "\"at\":\"", "\"at\":7,\"x\":\""),
                                  Replaced(kept, "\"terms\":", "\"terms\":[],\"x\":")}) {
    scratch_.Write("state", text);
    Fails(3, "is not a checkpoint", Command(resume));
  }
  std::filesystem::remove(state);
  Fails(3, "there is no checkpoint", Command(resume));
  scratch_.Write("state", kept);
  scratch_.Write("fleet.ndjson", ReadFile(fleet_) + "\n");
  Fails(3, "begin anew", Command(resume));
  EXPECT_EQ(ReadFile(output).substr(0, octets), written.substr(0, octets));
}

TEST_F(ResumeVerb, WhatCannotGoOnIsRefusedBefore) {
  const std::string state = scratch_.At("state"), output = scratch_.At("out");
  Fails(2, "--checkpoint FILE", {"audit", fleet_, "--resume"});
  Fails(2, "--output FILE", {"audit", fleet_, "--checkpoint", state});
  const Arguments kept = {"audit", fleet_, "--checkpoint", state, "--output", output};
  const auto with = [&](const Arguments& more) {
    Arguments all = kept;
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  Fails(2, "compare all devices", with({"--findings"}));
  Fails(2, "compare all devices", with({"--report", scratch_.At("page.html")}));
  Fails(2, "written at the end", with({"--format", "junit"}));
  Fails(2, "standard input",
        {"audit", "-", "--checkpoint", state, "--summary-only"});
  Fails(2, "lies in the input",
        {"audit", fleet_, "--checkpoint", fleet_, "--summary-only", "--resume"});
  EXPECT_FALSE(HasCheckpoint());
  Fails(2, "cannot write",
        {"audit", fleet_, "--checkpoint", scratch_.At("none/state"), "--summary-only"});
}

}  // namespace
}  // namespace muster::test
