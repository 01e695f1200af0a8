// audit --report and the formats of other programs, on a fleet whose every text is hostile.
#include <algorithm>
#include <filesystem>
#include <sstream>

#include "tests/scenario/cli_fixture.h"

namespace muster::test {
namespace {

using nlohmann::json;

constexpr std::string_view kHostileScript = "</script><script>window.injected = true</script>";
constexpr std::string_view kHostileImage = "<img src=x onerror='window.injected = true'>";

class ReportVerb : public CommandTest {
 protected:
  void SetUp() override {
    UsualRegistry();
    // Without a name in the registry, its subject stands in the picture of the CAs.
    const Entity hostile = w_.Root("</text>\\N&lt;" + std::string(kHostileScript));
    Ok({"group", "add", "line-2", "--certificate", Pem("hostile.pem", {hostile})});
    const Entity stranger = w_.Root("Stranger");
    const Entity other = w_.Leaf("device-2", stranger);
    std::string lines;
    for (const std::string& id : {std::string("pump-17"), "=cmd|' /C calc'!A0,\"x\"" + std::string(),
                                  std::string("\xe2\x80\xae gnp\xe2\x80\xa8")}) {
      lines += Line(id, {device_, factory_});
    }
    for (std::string_view id : {kHostileScript, kHostileImage}) {
      lines += Line(std::string(id), {other, stranger});
    }
    lines += "{\"deviceId\": \"" + std::string(kHostileScript) + "\", \"chain\": [\"?\"]}\n";
    fleet_ = scratch_.Write("<b>&amp; {{js}}.ndjson", lines);
  }

  CommandResult Audit(Arguments more) const {
    more.insert(more.begin(), {"audit", "--at", at_});
    more.push_back(fleet_);
    return Run(more);
  }
  std::string Page(Arguments more = {}) const {
    const std::string path = scratch_.At("page.html");
    more.insert(more.end(), {"--report", path});
    const CommandResult result = Audit(more);
    EXPECT_EQ(result.status, 1) << result.err;
    return ReadFile(path);
  }
  static json DataOf(const std::string& page) {
    const std::string open = "<script type=\"application/json\" id=\"data\">";
    const std::size_t start = page.find(open) + open.size();
    return json::parse(page.substr(start, page.find("</script>", start) - start));
  }

  std::string fleet_;
};

TEST_F(ReportVerb, ThePageHoldsTheAudit) {
  const json data = DataOf(Page());
  EXPECT_EQ(data.at("service"), "demo");
  EXPECT_EQ(data.at("at"), at_);
  EXPECT_EQ(data.at("devices"), 5);
  EXPECT_EQ(data.at("accepted"), 3);
  EXPECT_EQ(data.at("refused"), 2);
  EXPECT_EQ(data.at("unreadable"), 1);
  EXPECT_EQ(data.at("reasons").size(), 1U);
  EXPECT_EQ(data.at("failing").at("all"), 3);
  EXPECT_EQ(data.at("failing").at("rows").size(), 3U);
  EXPECT_EQ(data.at("failing").at("rows").at(0).at("who"), kHostileScript);
  EXPECT_EQ(data.at("enrollments").at("groups").at(0).at("accepted"), 3);
  EXPECT_EQ(data.at("anchors").at("rows").at(0).at("name"), "root");
  EXPECT_EQ(data.at("issuers").at("rows").at(0).at("status"), "rolls up");
  EXPECT_TRUE(data.at("findings").is_array());
  EXPECT_EQ(data.at("input_octets"), ReadFile(fleet_).size());
}

TEST_F(ReportVerb, ThePageSaysWhatWasRead) {
  json read = DataOf(Page()).at("read");
  EXPECT_EQ(read.at("files"), 1);
  ASSERT_EQ(read.at("rows").size(), 1U);
  const std::string contents = ReadFile(fleet_);
  const auto digest = [](std::string_view text) {
    return Fingerprint::Of({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
  };
  EXPECT_EQ(read.at("rows")[0].at("name"), fleet_);
  EXPECT_EQ(read.at("rows")[0].at("octets"), contents.size());
  EXPECT_EQ(read.at("rows")[0].at("digest"), digest(contents).hex());
  EXPECT_EQ(read.at("rows")[0].at("whole"), true);
  // A folder: each file of it, and all together.
  const std::string a = "folder/a.pem", b = "folder/b.pem";
  std::filesystem::create_directories(scratch_.At("folder"));
  std::string both;
  for (const std::string& name : {a, b}) {
    scratch_.Write(name, ReadFile(chain_pem_) + "text of " + name);
    const Fingerprint one = digest(ReadFile(scratch_.At(name)));
    both.append(one.bytes.begin(), one.bytes.end());
  }
  const std::string page = scratch_.At("folder.html");
  Ok({"audit", scratch_.At("folder"), "--at", at_, "--report", page});
  read = DataOf(ReadFile(page)).at("read");
  EXPECT_EQ(read.at("files"), 2);
  EXPECT_EQ(read.at("rows")[1].at("name"), scratch_.At(b));
  EXPECT_EQ(read.at("digest"), digest(both).hex());
}

TEST_F(ReportVerb, ThePageNamesWhatTheRegistryDoesNotHold) {
  const json data = DataOf(Page());
  EXPECT_EQ(data.at("signatures"), json::array({{{"name", "ECDSA SHA-256"}, {"devices", 5}}}));
  const json& issuers = data.at("issuers").at("rows");
  const auto unknown = std::find_if(issuers.begin(), issuers.end(), [](const json& row) {
    return row.at("status") == "not registered";
  });
  ASSERT_NE(unknown, issuers.end()) << issuers.dump(2);
  const auto fingerprint = unknown->at("fingerprint").get<std::string>();
  EXPECT_EQ(unknown->at("name"), "CN=Stranger (" + fingerprint.substr(0, 12) + ")");
  EXPECT_EQ(unknown->at("refused"), 2);
}

TEST_F(ReportVerb, ThePageListsTheIndividualEnrollmentsThatDecided) {
  const std::string leaf = Pem("device.pem", {device_});
  Ok({"enrollment", "add", "device-1", "--certificate", leaf});
  const Entity idle = w_.Leaf("idle", factory_);
  Ok({"enrollment", "add", "idle", "--certificate", Pem("idle.pem", {idle})});
  const json enrollments = DataOf(Page()).at("enrollments");
  EXPECT_EQ(enrollments.at("individuals_all"), 2);
  EXPECT_EQ(enrollments.at("individuals_used"), 1);
  EXPECT_EQ(enrollments.at("individuals"), json::array({{{"id", "device-1"},
                                                         {"enabled", true},
                                                         {"accepted", 3},
                                                         {"refused", 0}}}));
}

TEST_F(ReportVerb, ThePageIsTheSameForAnyNumberOfThreads) {
  const std::string one = Page({"--threads", "1"});
  EXPECT_EQ(one, Page({"--threads", "4"}));
  EXPECT_EQ(one, Page({"--threads", "4", "--format", "ndjson", "--summary-only"}));
}

TEST_F(ReportVerb, NothingHostileStandsInTheMarkup) {
  const std::string page = Page();
  EXPECT_EQ(page.find("window.injected"), page.find("window.injected = true\\u003c"));
  EXPECT_EQ(page.find("onerror='"), page.find("onerror='window.injected = true'\\u003e"));
  const std::string policy = page.substr(page.find("default-src"), 60);
  EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'sha256-")) << policy;
  EXPECT_EQ(page.find("unsafe-"), std::string::npos);
}

TEST_F(ReportVerb, ThePageIsWrittenWholeOrNotAtAll) {
  Fails(2, "lies in the input", {"audit", "--report", fleet_, fleet_});
  Fails(2, "the path of a file", {"audit", "--report", "-", fleet_});
  Fails(2, "its folder does not exist",
        {"audit", "--report", scratch_.At("no/such/page.html"), fleet_});
  std::filesystem::create_directories(scratch_.At("taken.html/inside"));
  const CommandResult result = Audit({"--report", scratch_.At("taken.html")});
  EXPECT_EQ(result.status, 5) << result.err;
  EXPECT_NE(result.err.find("could not be written"), std::string::npos) << result.err;
  const std::string before = Page();
  Fails(3, "no-such-file", {"audit", "--report", scratch_.At("page.html"), "no-such-file"});
  EXPECT_EQ(ReadFile(scratch_.At("page.html")), before);
  EXPECT_FALSE(std::filesystem::exists(scratch_.At("page.html.unfinished")));
}

TEST_F(ReportVerb, ABrowserShowsItAndRunsNothingElse) {
  const CommandResult found =
      RunProgram({"sh", "-c", "command -v chromedriver && command -v python3 && "
                              "{ command -v chromium || command -v chromium-browser; }"});
  if (found.status != 0) GTEST_SKIP() << "no Chromium with its driver: tools/setup --with-browser";
  Page();
  const std::string home = "HOME=" + scratch_.path().string();
  const CommandResult looked =
      RunProgram({"python3", MUSTER_SOURCE_DIR "/tests/scenario/report_browser.py",
                  scratch_.At("page.html")},
                 {"", {home, "LC_ALL=C.UTF-8"}});
  ASSERT_EQ(looked.status, 0) << looked.err;
  const json seen = looked.json();
  EXPECT_EQ(seen.at("console"), json::array());
  for (const json& url : seen.at("requests")) {
    EXPECT_TRUE(url.get<std::string>().starts_with("file://")) << url;
  }
  EXPECT_EQ(seen.at("injected"), false);
  const auto text = seen.at("text").get<std::string>();
  for (std::string_view hostile : {kHostileScript, kHostileImage}) {
    EXPECT_NE(text.find(hostile), std::string::npos) << hostile;
  }
  EXPECT_NE(text.find("<b>&amp; {{js}}.ndjson"), std::string::npos) << text;
  EXPECT_EQ(seen.at("filtered"), 0);
  const json& light = seen.at("schemes").at("light");
  const json& dark = seen.at("schemes").at("dark");
  EXPECT_NE(light.at("ground"), dark.at("ground"));
  EXPECT_EQ(seen.at("switched_ground"), light.at("ground"));
  for (const json& scheme : {light, dark}) {
    // One colour: nothing was drawn.
    for (const json& colours : scheme.at("colours_of_charts")) EXPECT_GT(colours, 4);
  }
}

TEST_F(ReportVerb, CsvHasALineForEachRecord) {
  const CommandResult result = Audit({"--format", "csv"});
  EXPECT_EQ(result.status, 1) << result.err;
  std::vector<std::string> lines;
  std::istringstream in(result.out);
  for (std::string line; std::getline(in, line);) {
    ASSERT_TRUE(line.ends_with('\r')) << line;
    lines.push_back(line);
  }
  ASSERT_EQ(lines.size(), 7U);
  EXPECT_TRUE(lines[0].starts_with("index,type,source,member,line,offset,device_id,decision,"));
  EXPECT_NE(lines[1].find(",pump-17,accept,none,0,,group,line-1,"), std::string::npos) << lines[1];
  EXPECT_NE(lines[2].find(",\"'=cmd|' /C calc'!A0,\"\"x\"\"\",accept,"), std::string::npos)
      << lines[2];
  EXPECT_TRUE(lines[6].starts_with("5,unreadable,")) << lines[6];
  const auto commas = [](const std::string& line) {
    return std::count(line.begin(), line.end(), ',');
  };
  EXPECT_EQ(commas(lines[1]), commas(lines[0]));
  EXPECT_EQ(commas(lines[4]), commas(lines[0]));
}

TEST_F(ReportVerb, JunitHasACaseForEachRecord) {
  const CommandResult result = Audit({"--format", "junit"});
  EXPECT_EQ(result.status, 1) << result.err;
  EXPECT_NE(result.out.find("tests=\"6\" failures=\"2\" errors=\"1\""), std::string::npos)
      << result.out;
  const CommandResult read = RunProgram(
      {"python3", "-c",
       "import sys, xml.etree.ElementTree as e\n"
       "cases = e.fromstring(sys.stdin.buffer.read()).findall('./testsuite/testcase')\n"
       "print(len(cases), len([c for c in cases if c.find('failure') is not None]),\n"
       "      len([c for c in cases if c.find('error') is not None]))\n"
       "print(cases[3].get('name'), cases[3].get('line'))"},
      {result.out, {"LC_ALL=C.UTF-8"}});
  EXPECT_EQ(read.out, "6 2 1\n" + std::string(kHostileScript) + " 4\n") << read.err;
}

TEST_F(ReportVerb, SarifHasAResultForEachRecordThatDidNotPass) {
  const CommandResult result = Audit({"--format", "sarif"});
  EXPECT_EQ(result.status, 1) << result.err;
  const json log = result.json();
  EXPECT_EQ(log.at("version"), "2.1.0");
  const json& run = log.at("runs").at(0);
  const json& rules = run.at("tool").at("driver").at("rules");
  ASSERT_EQ(run.at("results").size(), 3U);
  int line = 4;
  for (const json& finding : run.at("results")) {
    EXPECT_EQ(rules.at(finding.at("ruleIndex").get<std::size_t>()).at("id"), finding.at("ruleId"));
    const json& where = finding.at("locations").at(0).at("physicalLocation");
    EXPECT_EQ(where.at("region").at("startLine"), line++);
    EXPECT_NE(where.at("artifactLocation").at("uri").get<std::string>().find("%3Cb%3E&amp;%20"),
              std::string::npos);
  }
  EXPECT_EQ(run.at("results").at(2).at("ruleId"), "unreadable-record");
}

TEST_F(ReportVerb, OnlyAuditsKnowTheFormatsOfRecords) {
  for (const std::string format : {"csv", "junit", "sarif"}) {
    Fails(2, "is for 'muster audit'", {"reasons", "--format", format});
    Fails(2, "is for 'muster audit'", {"--format", format, "ca", "list"});
    Fails(2, "--summary-only", {"audit", "--format", format, "--summary-only", fleet_});
  }
}

TEST_F(ReportVerb, TheSchemaHoldsForWhatIsWritten) {
  const CommandResult schema = Run({"schema", "audit"});
  ASSERT_EQ(schema.status, 0) << schema.err;
  EXPECT_TRUE(schema.json().contains("$defs"));
  if (RunProgram({"python3", "-c", "import jsonschema"}).status != 0) {
    GTEST_SKIP() << "no validator for JSON Schema: tools/setup --with-browser";
  }
  json documents = json::array({Audit({"--format", "json"}).json()});
  std::istringstream lines(Audit({"--format", "ndjson"}).out);
  for (std::string line; std::getline(lines, line);) documents.push_back(json::parse(line));
  ASSERT_EQ(documents.size(), 9U);
  // What is wrong is refused too, or the schema would say nothing.
  json wrong = documents.at(2);
  wrong["decision"] = "perhaps";
  documents.push_back(wrong);
  const CommandResult checked = RunProgram(
      {"python3", "-c",
       "import json, sys, jsonschema\n"
       "schema, documents = json.load(sys.stdin)\n"
       "check = jsonschema.Draft202012Validator(schema)\n"
       "print([check.is_valid(document) for document in documents])"},
      {json::array({schema.json(), documents}).dump(), {"LC_ALL=C.UTF-8"}});
  EXPECT_EQ(checked.out,
            "[True, True, True, True, True, True, True, True, True, False]\n")
      << checked.err;
}

}  // namespace
}  // namespace muster::test
