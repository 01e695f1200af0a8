// what-if, forecast and audit-diff, run as a user runs them.
#include <map>
#include <sstream>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

constexpr std::uint64_t kDevices = 200;

class FleetVerb : public CommandTest {
 protected:
  void SetUp() override {
    FleetTemplate what;
    what.seed = "what-if";
    what.devices = kDevices;
    what.intermediates = 4;
    what.at = w_.at();
    what.fault_rate = 0.1;
    const DevelopmentFleet fleet = Must(DevelopmentFleet::Create(what));
    std::string lines;
    for (std::uint64_t i = 0; i < kDevices; ++i) lines += Must(fleet.DeviceNdjson(i));
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
  }

  CommandResult WhatIf(Arguments more) const {
    more.insert(more.begin(), {"what-if", fleet_, "--at", at_});
    return Run(more);
  }
  json WhatIfJson(Arguments more) const {
    more.insert(more.end(), {"--format", "json"});
    return WhatIf(more).json();
  }
  json Records() const {
    return Run({"audit", fleet_, "--at", at_, "--format", "json"}).json().at("records");
  }

  std::string fleet_;
};

using WhatIfVerb = FleetVerb;

TEST_F(WhatIfVerb, NamesExactlyTheDevicesOfADisabledGroup) {
  const std::string database = ReadFile(scratch_.At("registry.db"));
  const CommandResult result = WhatIf({"--change", "group disable factory-1", "--format", "json"});
  EXPECT_EQ(result.status, 1) << result.err;
  const json answer = result.json();
  EXPECT_EQ(answer.at("schema"), "muster-what-if/1");
  EXPECT_EQ(answer.at("then").at("changes"), json::array({"group disable factory-1"}));
  std::vector<std::uint64_t> expected, given;
  for (const json& record : Records()) {
    if (record.value("decision", "") != "accept") continue;
    if (record.at("enrollment").at("id") == "factory-1") {
      expected.push_back(record.at("index").get<std::uint64_t>());
    }
  }
  ASSERT_GT(expected.size(), kDevices / 8);
  for (const json& device : answer.at("devices")) {
    given.push_back(device.at("index").get<std::uint64_t>());
    EXPECT_EQ(device.at("change"), "newly-refused");
    EXPECT_EQ(device.at("before").at("reason"), "none");
    EXPECT_EQ(device.at("after").at("reason"), "group-disabled");
    EXPECT_EQ(device.at("after").at("enrollment").at("id"), "factory-1");
  }
  EXPECT_EQ(given, expected);
  EXPECT_EQ(answer.at("summary").at("by_change").at("newly-refused"), expected.size());
  EXPECT_EQ(answer.at("summary").at("accepted_before").get<std::size_t>() - expected.size(),
            answer.at("summary").at("accepted_after"));
  // The file is as it was, octet for octet.
  EXPECT_TRUE(ReadFile(scratch_.At("registry.db")) == database);
}

TEST_F(WhatIfVerb, SeveralChangesCountTogetherAndCanUndoEachOther) {
  const std::string changes = scratch_.Write(
      "changes.txt", "# A rehearsal.\n\n  group disable factory-1\r\ngroup enable factory-1\n");
  const CommandResult result = WhatIf({"--changes", changes});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("0 with another verdict"), std::string::npos) << result.out;
  const json two = WhatIfJson({"--change", "group rm factory-1", "--change", "ca rm factory-1"});
  EXPECT_GT(two.at("summary").at("changed"), 0);
}

TEST_F(WhatIfVerb, SaysWhatItAssumes) {
  const CommandResult result =
      WhatIf({"--change", "ca unverify root-1", "--change", "ca verify factory-1"});
  EXPECT_EQ(result.status, 1) << result.out << result.err;
  EXPECT_NE(result.out.find("assumed: possession of the key of CA 'factory-1' is proven"),
            std::string::npos)
      << result.out;
  EXPECT_NE(result.out.find("accepted -> accepted"), std::string::npos) << result.out;
}

TEST_F(WhatIfVerb, ALaterTimeAndOtherTermsAreChangesToo) {
  const json later = WhatIfJson({"--then-at", "2090-01-01"});
  EXPECT_EQ(later.at("summary").at("accepted_after"), 0);
  EXPECT_EQ(later.at("then").at("at"), "2090-01-01T00:00:00Z");
  const json crls = WhatIfJson({"--then-require-crl", "yes"});
  EXPECT_EQ(crls.at("summary").at("accepted_after"), 0);
  EXPECT_EQ(crls.at("then").at("options").at("require_crl"), true);
  const json loose = WhatIfJson({"--then-profile", "dps-compat"});
  EXPECT_GT(loose.at("summary").at("by_change").at("newly-accepted"), 0);
  Fails(2, "nothing changes", {"what-if", fleet_});
}

TEST_F(WhatIfVerb, ComparesWithAnotherRegistry) {
  const std::string other = scratch_.At("other.db");
  const std::string document = scratch_.Write("export.json", Ok({"registry", "export"}).out);
  Ok({"registry", "import", document, "--registry", other});
  const json same = WhatIfJson({"--against", other});
  EXPECT_EQ(same.at("summary").at("changed"), 0);
  Ok({"group", "disable", "factory-2", "--registry", other});
  const json against = WhatIfJson({"--against", other});
  const json changed = WhatIfJson({"--change", "group disable factory-2"});
  EXPECT_GT(against.at("summary").at("changed"), 0);
  EXPECT_EQ(against.at("devices"), changed.at("devices"));
  Fails(2, "--against", {"what-if", fleet_, "--against", other, "--change", "group rm x"});
  Fails(4, "no-such-service",
        {"what-if", fleet_, "--against", other, "--against-service", "no-such-service"});
  Fails(4, "nowhere.db", {"what-if", fleet_, "--against", scratch_.At("nowhere.db")});
}

TEST_F(WhatIfVerb, BadChangesAreNamedWithTheirPlace) {
  Fails(2, "--change 2: 'gruop rm x'",
        {"what-if", fleet_, "--change", "group disable factory-1", "--change", "gruop rm x"});
  const std::string changes = scratch_.Write("changes.txt", "# one\ngroup disable facotry-1\n");
  Fails(4, "did you mean 'factory-1'?", {"what-if", fleet_, "--changes", changes});
  Fails(4, "changes.txt':2: ", {"what-if", fleet_, "--changes", changes});
  Fails(3, "no-such-file", {"what-if", fleet_, "--changes", "no-such-file"});
  Fails(3, "no-such-file", {"what-if", "no-such-file", "--change", "group rm factory-1"});
  Fails(2, "lies in the input",
        {"what-if", fleet_, "--change", "group rm factory-1", "--output", fleet_});
}

TEST_F(WhatIfVerb, FormatsAgreeWhateverTheThreads) {
  const Arguments change = {"--change", "group rm factory-1", "--format", "ndjson"};
  const CommandResult one = WhatIf({"--change", "group rm factory-1", "--format", "ndjson",
                                    "--threads", "1"});
  std::istringstream lines(one.out);
  std::vector<json> records;
  for (std::string line; std::getline(lines, line);) records.push_back(json::parse(line));
  const json document = WhatIfJson({"--change", "group rm factory-1"});
  ASSERT_EQ(records.size(), document.at("devices").size() + 2);
  EXPECT_EQ(records.front().at("type"), "header");
  EXPECT_EQ(records.back().at("by_change"), document.at("summary").at("by_change"));
  EXPECT_EQ(records[1], document.at("devices")[0]);
  EXPECT_EQ(WhatIf(change).out, one.out);
  const std::string path = scratch_.At("result.ndjson");
  EXPECT_EQ(WhatIf({"--change", "group rm factory-1", "--format", "ndjson", "--output", path}).out,
            "");
  EXPECT_EQ(ReadFile(path), one.out);
  const json summary = WhatIfJson({"--change", "group rm factory-1", "--summary-only"});
  EXPECT_EQ(summary.at("devices"), json::array());
  EXPECT_EQ(summary.at("summary"), document.at("summary"));
}

using ForecastVerb = FleetVerb;

TEST_F(ForecastVerb, AgreesWithAuditsOnBothSidesOfTheSecond) {
  const CommandResult result = Run({"forecast", fleet_, "--at", at_, "--format", "json"});
  EXPECT_EQ(result.status, 1) << result.err;  // Some do not pass to begin with.
  const json answer = result.json();
  EXPECT_EQ(answer.at("schema"), "muster-forecast/1");
  const json records = Records();
  ASSERT_EQ(answer.at("devices").size(), records.size());
  std::map<std::string, std::uint64_t> ends;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const json& device = answer.at("devices")[i];
    EXPECT_EQ(device.at("type"), records[i].at("type"));
    if (device.at("type") != "device") continue;
    EXPECT_EQ(device.at("passes"), records[i].at("decision") == "accept");
    if (device.at("passes") == true) ++ends[device.at("passes_until").get<std::string>()];
    if (device.at("passes") == false) {
      EXPECT_EQ(device.at("reason"), records[i].at("reason"));
    }
  }
  ASSERT_FALSE(ends.empty());
  // At the first end, that many pass a second earlier than a second later.
  const auto& [end, count] = *ends.begin();
  const auto accepted_at = [&](UnixTime time) {
    return Run({"audit", fleet_, "--at", FormatRfc3339(time), "--format", "json", "--summary-only"})
        .json()
        .at("summary")
        .at("accepted")
        .get<std::uint64_t>();
  };
  const UnixTime last = Must(ParseRfc3339(end));
  EXPECT_EQ(accepted_at(last), accepted_at(last + std::chrono::seconds(1)) + count);
  const json& summary = answer.at("summary");
  std::uint64_t by_month = 0, by_limit = 0;
  for (const auto& [month, devices] : summary.at("by_month").items()) {
    by_month += devices.get<std::uint64_t>();
  }
  for (const json& limit : summary.at("by_limit")) {
    by_limit += limit.at("devices").get<std::uint64_t>();
  }
  EXPECT_EQ(by_month, summary.at("pass_now"));
  EXPECT_EQ(by_limit, summary.at("pass_now"));
}

TEST_F(ForecastVerb, TheTableGroupsByMonthAndCause) {
  const CommandResult result = Run({"forecast", fleet_, "--at", at_});
  EXPECT_NE(result.out.find("PASS UNTIL"), std::string::npos) << result.out;
  EXPECT_NE(result.out.find("ENDED BY"), std::string::npos);
  EXPECT_NE(result.out.find("expired: "), std::string::npos);
  EXPECT_NE(result.out.find("REFUSED NOW BECAUSE"), std::string::npos);
  // Devices that still pass are counted, and not written.
  const json none =
      Run({"forecast", fleet_, "--at", at_, "--before", at_, "--format", "json"}).json();
  for (const json& device : none.at("devices")) {
    EXPECT_TRUE(device.at("type") == "unreadable" || device.at("passes") == false);
  }
  EXPECT_GT(none.at("summary").at("pass_now"), 0);
  Fails(3, "no-such-file", {"forecast", "no-such-file"});
  Fails(2, "", {"forecast", fleet_, "--before", "tomorrow"});
}

using AuditDiffVerb = FleetVerb;

TEST_F(AuditDiffVerb, SaysWhatAChangeDidJustAsWhatIfForesawIt) {
  const std::string before = scratch_.At("before.ndjson"), after = scratch_.At("after.json");
  const Arguments audit = {"audit", fleet_, "--at", at_, "--quiet"};
  const auto audit_to = [&](const std::string& path, const std::string& format) {
    Arguments all = audit;
    all.insert(all.end(), {"--output", path, "--format", format});
    EXPECT_EQ(Run(all).status, 1);
  };
  audit_to(before, "ndjson");
  const json foreseen = WhatIfJson({"--change", "group disable factory-1"});
  Ok({"group", "disable", "factory-1"});
  audit_to(after, "json");
  const CommandResult result = Run({"audit-diff", before, after, "--format", "json"});
  EXPECT_EQ(result.status, 1) << result.err;
  const json answer = result.json();
  EXPECT_EQ(answer.at("schema"), "muster-audit-diff/1");
  EXPECT_EQ(answer.at("summary").at("by_change").at("newly-refused"),
            foreseen.at("summary").at("by_change").at("newly-refused"));
  EXPECT_EQ(answer.at("differences").size(), foreseen.at("devices").size());
  const CommandResult table = Run({"audit-diff", before, after});
  EXPECT_NE(table.out.find("newly-refused   accepted -> group-disabled"), std::string::npos)
      << table.out;
  EXPECT_EQ(Run({"audit-diff", before, before}).status, 0);
  // From standard input, as the last stage of a pipe.
  Arguments to_pipe = audit;
  to_pipe.insert(to_pipe.end(), {"--format", "ndjson"});
  EXPECT_EQ(Run({"audit-diff", after, "-"}, Run(to_pipe).out).status, 0);
}

TEST_F(AuditDiffVerb, RefusesWhatIsNoResult) {
  const std::string good = scratch_.At("good.ndjson");
  Run({"audit", fleet_, "--at", at_, "--quiet", "--output", good, "--format", "ndjson"});
  const std::string whole = ReadFile(good);
  const std::string cut = scratch_.Write("cut.ndjson", whole.substr(0, whole.size() / 2));
  const std::string later = scratch_.Write("later.ndjson", "{\"schema\":\"muster-audit/9\"}\n");
  Fails(3, "cut off", {"audit-diff", good, cut});
  Fails(3, "muster-audit/9", {"audit-diff", later, good});
  Fails(3, "no result of 'muster audit", {"audit-diff", good, fleet_});
  Fails(3, "no-such-file", {"audit-diff", good, "no-such-file"});
  Fails(3, "empty", {"audit-diff", good, "-"});
  Fails(2, "twice", {"audit-diff", "-", "-"});
  Fails(2, "lies in the input", {"audit-diff", good, good, "--output", good});
  EXPECT_EQ(ReadFile(good), whole);
}

// The name of a verb is no reserved name for a file.
TEST_F(AuditDiffVerb, AuditsAFileOfThatName) {
  const std::string file = scratch_.Write("audit-diff", ReadFile(fleet_));
  EXPECT_EQ(Run({"audit", file, "--at", at_, "--summary-only"}).out,
            Run({"audit", fleet_, "--at", at_, "--summary-only"}).out);
}

// What inventories are read as, and with what limits, is the same question for all who read them.
TEST_F(FleetVerb, EveryVerbReadsInventoriesAsAuditsDo) {
  for (const Arguments& verb : {Arguments{"audit"}, Arguments{"forecast"},
                                Arguments{"what-if", "--then-profile", "dps-compat"}}) {
    const auto with = [&](const Arguments& more) {
      Arguments all = verb;
      all.insert(all.end(), {"--at", at_, "--format", "json", "--summary-only"});
      all.insert(all.end(), more.begin(), more.end());
      return all;
    };
    const auto unreadable = [&](const Arguments& more) {
      return Run(with(more)).json().at("summary").at("unreadable").get<int>();
    };
    SCOPED_TRACE(verb.front());
    // The planted ones; all, where lines may not be longer than this.
    const int planted = unreadable({fleet_});
    EXPECT_LT(planted, static_cast<int>(kDevices));
    EXPECT_EQ(unreadable({fleet_, "--cache-size", "1", "--threads", "1"}), planted);
    EXPECT_EQ(unreadable({fleet_, "--record-limit", "100"}), static_cast<int>(kDevices));
    EXPECT_EQ(unreadable({fleet_, "--input-format", "certificates"}), 1);
    const CommandResult list = Run({verb.front(), "--input-format", "list"});
    EXPECT_EQ(list.status, 0) << list.err;
    EXPECT_NE(list.out.find("aws"), std::string::npos) << list.out;
    Fails(2, "name at least one inventory", verb);
    Fails(2, "--map", {verb.front(), fleet_, "--map", "nonsense"});
    Fails(3, "no-such-file", with({fleet_, "--certificates", "no-such-file"}));
  }
}

// The certificate that ends first, as the operator knows it: by its name in the registry.
TEST_F(CommandTest, ForecastNamesTheLimitingCa) {
  UsualRegistry();
  const Entity brief = w_.Intermediate("Brief", root_, [this](CertificateTemplate& t) {
    t.not_after = w_.at() + std::chrono::hours(24);
  });
  const Entity device = w_.Leaf("device-2", brief);
  Ok({"ca", "add", "brief", Pem("brief.pem", {brief})});
  Ok({"group", "add", "line-2", "--ca", "brief"});
  const std::string chain = Pem("device-2.pem", {device, brief});
  const CommandResult result = Run({"forecast", chain, "--at", at_});
  EXPECT_EQ(result.status, 0) << result.err;
  EXPECT_NE(result.out.find("2026-06-16T12:00:00Z  expired: CA brief ("), std::string::npos)
      << result.out;
}

}  // namespace
}  // namespace muster::test
