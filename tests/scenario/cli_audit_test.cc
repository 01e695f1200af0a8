// audit, run as a user runs it: planted faults are counted exactly, and threads change nothing.
#include <filesystem>
#include <map>
#include <sstream>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

constexpr std::uint64_t kDevices = 400;

class AuditVerb : public CommandTest {
 protected:
  void SetUp() override {
    FleetTemplate what;
    what.seed = "audit";
    what.devices = kDevices;
    what.intermediates = 4;
    what.at = w_.at();
    what.fault_rate = 0.2;
    const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
    std::string lines;
    for (std::uint64_t i = 0; i < kDevices; ++i) {
      lines += Must(fleet.DeviceNdjson(i));
      ++planted_[fleet.FaultOf(i)];
    }
    fleet_ = scratch_.Write("fleet.ndjson", lines);
    Ok({"service", "add", "fleet"});
    for (const FleetCa& ca : fleet.cas()) {
      const std::string pem = scratch_.Write(ca.name + ".pem", EncodePem(ca.der, "CERTIFICATE"));
      Arguments add = {"ca", "add", ca.name, pem};
      if (ca.verified) add.insert(add.end(), {"--verified", "--why", "test"});
      Ok(add);
      Arguments group = {"group", "add", ca.name, "--ca", ca.name};
      if (!ca.group_enabled) group.push_back("--disabled");
      if (ca.group) Ok(group);
    }
    for (std::uint64_t i = 0; i < kDevices; ++i) {
      if (fleet.FaultOf(i) != PlantedFault::kDenied) continue;
      const FleetDevice device = Must(fleet.Device(i));
      Ok({"deny", "add", "--fingerprint", Fingerprint::Of(device.chain.front()).hex()});
    }
  }

  CommandResult Audit(Arguments more) const {
    more.insert(more.begin(), {"audit", "--at", at_, "--links", "presented"});
    more.push_back(fleet_);
    return Run(more);
  }
  // What the planted faults must lead to.
  std::map<std::string, std::uint64_t> ExpectedReasons() const {
    std::map<std::string, std::uint64_t> reasons;
    for (const auto& [fault, count] : planted_) {
      if (fault == PlantedFault::kNone || fault == PlantedFault::kUnreadableRecord) continue;
      reasons[std::string(NameOf(ExpectedReason(fault)))] += count;
    }
    return reasons;
  }

  std::map<PlantedFault, std::uint64_t> planted_;
  std::string fleet_;
};

TEST_F(AuditVerb, CountsPlantedFaultsExactly) {
  const CommandResult result = Audit({"--format", "json"});
  EXPECT_EQ(result.status, 1) << result.err;
  const json report = result.json();
  EXPECT_EQ(report.at("schema"), "muster-audit-report/1");
  EXPECT_EQ(report.at("options").at("links"), "presented");
  EXPECT_EQ(report.at("records").size(), kDevices);
  const json& summary = report.at("summary");
  EXPECT_EQ(summary.at("by_reason"), json(ExpectedReasons()));
  EXPECT_EQ(summary.at("unreadable"), planted_[PlantedFault::kUnreadableRecord]);
  EXPECT_EQ(summary.at("accepted"), planted_[PlantedFault::kNone]);
  EXPECT_EQ(summary.at("devices"), kDevices - planted_[PlantedFault::kUnreadableRecord]);
  EXPECT_EQ(summary.at("input_octets"), ReadFile(fleet_).size());
  EXPECT_EQ(summary.at("interrupted"), false);
  std::uint64_t index = 0;
  for (const json& record : report.at("records")) {
    EXPECT_EQ(record.at("index"), index++);
    EXPECT_EQ(record.at("source").at("line"), index);
  }
}

TEST_F(AuditVerb, NdjsonHasAHeaderRecordsAndASummary) {
  const CommandResult result = Audit({"--format", "ndjson"});
  std::istringstream lines(result.out);
  std::vector<json> records;
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
  ASSERT_EQ(records.size(), kDevices + 2);
  EXPECT_EQ(records.front().at("schema"), "muster-audit/1");
  EXPECT_EQ(records.front().at("type"), "header");
  EXPECT_EQ(records.front().at("at"), at_);
  EXPECT_EQ(records.back().at("type"), "summary");
  for (std::size_t i = 1; i + 1 < records.size(); ++i) {
    const json& record = records[i];
    if (record.at("type") == "unreadable") {
      EXPECT_TRUE(record.at("error").is_string());
      continue;
    }
    EXPECT_EQ(record.at("type"), "device");
    EXPECT_EQ(record.at("decision") == "accept", record.at("reason") == "none");
  }
  EXPECT_NE(result.err.find("records unreadable"), std::string::npos) << result.err;
}

TEST_F(AuditVerb, ThreadsChangeNothing) {
  for (const char* format : {"ndjson", "json", "table"}) {
    const CommandResult one = Audit({"--format", format, "--threads", "1"});
    for (const char* threads : {"2", "8"}) {
      const CommandResult many = Audit({"--format", format, "--threads", threads});
      EXPECT_TRUE(many.out == one.out) << format << " with " << threads << " threads";
      EXPECT_EQ(many.status, one.status);
    }
  }
}

TEST_F(AuditVerb, TheTableNamesRefusedDevicesAndSumsUp) {
  const CommandResult result = Audit({});
  EXPECT_NE(result.out.find("refused     expired"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("fleet.ndjson:"), std::string::npos);
  EXPECT_NE(result.out.find("REFUSED BECAUSE"), std::string::npos);
  EXPECT_NE(result.out.find("group factory-1"), std::string::npos);
  EXPECT_NE(result.out.find("root-1 ("), std::string::npos);
  EXPECT_NE(result.out.find("P-256"), std::string::npos);
  const CommandResult summary = Audit({"--summary-only"});
  EXPECT_EQ(summary.out.find("refused     "), std::string::npos);
  EXPECT_NE(summary.out.find("REFUSED BECAUSE"), std::string::npos);
}

TEST_F(AuditVerb, OutputGoesToAFile) {
  const std::string path = scratch_.At("report.ndjson");
  const CommandResult result = Audit({"--format", "ndjson", "--output", path});
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(ReadFile(path), Audit({"--format", "ndjson"}).out);
  Fails(2, "lies in the input", {"audit", "--output", fleet_, fleet_});
  Fails(2, "lies in the input",
        {"audit", "--output", scratch_.At("new.txt"), scratch_.path().string()});
  EXPECT_FALSE(ReadFile(fleet_).empty());
  Fails(2, "cannot write", {"audit", "--output", scratch_.At("no/such/folder"), fleet_});
}

TEST_F(AuditVerb, TimeIsAnArgument) {
  const json later =
      Run({"audit", "--at", "2090-01-01", "--format", "json", "--summary-only", fleet_}).json();
  EXPECT_EQ(later.at("summary").at("accepted"), 0);
}

TEST_F(AuditVerb, TheLimitOfARecordIsAnArgument) {
  const CommandResult result = Audit({"--record-limit", "1000", "--format", "json"});
  EXPECT_EQ(result.json().at("summary").at("accepted"), 0);
  EXPECT_NE(result.out.find("more than the limit of 1000"), std::string::npos);
  Fails(2, "--record-limit", {"audit", "--record-limit", "0", fleet_});
}

TEST_F(AuditVerb, MissingInputsAreFoundBeforeTheFirstRecord) {
  Fails(3, "no-such-file", {"audit", fleet_, "no-such-file"});
  Fails(2, "twice", {"audit", "-", "-"});
  Fails(2, "", {"audit"});
  Fails(2, "", {"audit", "--threads", "-1", fleet_});
}

TEST_F(AuditVerb, AllAcceptedIsStatusZero) {
  std::string good;
  std::istringstream lines(ReadFile(fleet_));
  std::string line;
  std::istringstream records(Audit({"--format", "ndjson"}).out);
  std::string record;
  std::getline(records, record);  // The header.
  while (std::getline(lines, line) && std::getline(records, record)) {
    if (json::parse(record).value("decision", "") == "accept") good += line + "\n";
  }
  const CommandResult result = Run({"audit", "--at", at_, "-"}, good);
  EXPECT_EQ(result.status, 0) << result.out << result.err;
}

// Every write to /dev/full fails for want of room.
TEST_F(AuditVerb, AFullDiskIsReportedInEveryFormat) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  for (const std::string format : {"table", "json", "ndjson"}) {
    const CommandResult standard =
        RunProgram({"sh", "-c", "'" MUSTER_BIN "' audit --at " + at_ + " --format " + format +
                                    " '" + fleet_ + "' >/dev/full"},
                   {"", environment_});
    EXPECT_EQ(standard.status, 5) << format;
    EXPECT_NE(standard.err.find("standard output could not be written"), std::string::npos)
        << standard.err;
    const CommandResult file = Audit({"--format", format, "--output", "/dev/full"});
    EXPECT_EQ(file.status, 5) << format;
    EXPECT_NE(file.err.find("/dev/full"), std::string::npos) << file.err;
    EXPECT_NE(file.err.find("could not be written"), std::string::npos) << file.err;
    EXPECT_EQ(file.out, "");
  }
}

// Nobody waits for the end of an audit whose results are lost: this one has none.
TEST_F(AuditVerb, AFullDiskEndsTheAuditAtOnce) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  for (const std::string where : {">/dev/full", "--output /dev/full"}) {
    const CommandResult result =
        RunProgram({"sh", "-c", "yes '{\"chain\":[\"MAA=\"]}' | '" MUSTER_BIN
                                "' audit --format ndjson - " + where},
                   {"", environment_});
    EXPECT_EQ(result.status, 5) << where;
    EXPECT_NE(result.err.find("could not be written"), std::string::npos) << result.err;
  }
}

TEST_F(AuditVerb, AnInterruptEndsWithAPartialSummary) {
  // The writer keeps standard input open: without the interrupt the audit would wait. Nobody waits
  // for the writer, which would sleep on. In the foreground `timeout` sends one signal; the second
  // would end the program at once.
  const std::string script =
      "cd '" + scratch_.path().string() + "'; mkfifo input; { cat '" + fleet_ +
      "'; exec sleep 20; } >input 2>&- & writer=$!; timeout --foreground --preserve-status"
      " -s INT 2 '" MUSTER_BIN "' audit --at " +
      at_ + " --format ndjson - <input; status=$?; kill $writer; exit $status";
  const CommandResult result = RunProgram({"sh", "-c", script}, {"", environment_});
  EXPECT_EQ(result.status, 130) << result.err;
  ASSERT_FALSE(result.out.empty());
  const std::size_t last = result.out.rfind('\n', result.out.size() - 2);
  const json summary = json::parse(result.out.substr(last + 1));
  EXPECT_EQ(summary.at("type"), "summary");
  EXPECT_EQ(summary.at("interrupted"), true);
}

}  // namespace
}  // namespace muster::test
