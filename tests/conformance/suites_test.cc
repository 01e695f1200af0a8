// Every case of every suite, asked of muster: each comes out as its suite says, or as its ledger
// does.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "muster/certificate.h"
#include "tests/conformance/ledger.h"
#include "tests/conformance/suite.h"
#include "tests/support/conformance_data.h"

namespace muster::conformance {
namespace {

std::string Print(const std::vector<std::string>& list) {
  std::string text;
  for (const std::string& one : list) text += (text.empty() ? "" : ",") + one;
  return "{" + text + "}";
}

// What the suite says of valid paths beyond their being valid.
void JudgePath(const Case& one, const Answer& answer, Ledger* paths, Ledger* policies) {
  if (one.path_len) {
    EXPECT_EQ(answer.path.size(), *one.path_len) << one.id;
  }
  if (one.path) {
    const bool same = answer.path == *one.path;
    paths->Judge(one.id, same ? "same path" : "another path", same);
  }
  if (one.policies) {
    policies->Judge(one.id, Print(answer.policies), answer.policies == *one.policies);
  }
}

class SuiteTest : public testing::TestWithParam<Suite> {};

TEST_P(SuiteTest, EveryCaseComesOutAsTheSuiteOrTheLedgerSays) {
  const Suite& suite = GetParam();
  const auto folder = test::ConformanceFolder(suite.folder);
  if (!folder) GTEST_SKIP() << test::NoConformanceData(suite.folder);
  const std::vector<Case> cases = suite.read(*folder);
  EXPECT_EQ(cases.size(), suite.cases);
  Ledger ledger(suite.name);
  Ledger paths(std::string(suite.name) + "_paths");
  Ledger policies(std::string(suite.name) + "_policies");
  for (const Case& one : cases) {
    const Answer answer = AskMuster(one.question);
    const bool agrees = Agrees(answer.outcome, one.expected);
    if (ledger.Judge(one.id, answer.outcome, agrees) == Ledger::Finding::kFails) {
      ADD_FAILURE() << one.id << ": expected " << one.expected << ", ours " << answer.outcome
                    << " [" << answer.detail << "] (" << one.note << ")";
    }
    if (agrees && answer.outcome == "valid") JudgePath(one, answer, &paths, &policies);
  }
  for (const Ledger* one : {&ledger, &paths, &policies}) {
    for (const std::string& problem : one->Problems()) ADD_FAILURE() << problem;
  }
  EXPECT_GT(ledger.agreeing(), 0u);
  std::cout << suite.name << ": " << cases.size() << " cases, " << ledger.agreeing() << " agree, "
            << ledger.ledgered() << " differ as the ledger says, " << ledger.failing() << " fail\n";
}

INSTANTIATE_TEST_SUITE_P(All, SuiteTest, testing::ValuesIn(Suites()),
                         [](const auto& test) { return std::string(test.param.name); });

TEST(SuitesTest, EveryLedgerBelongsToASuite) {
  std::set<std::string> names;
  for (const Suite& suite : Suites()) {
    for (const char* part : {"", "_paths", "_policies"}) {
      names.insert(std::string(suite.name) + part + ".json");
    }
  }
  for (const auto& entry : std::filesystem::directory_iterator(Ledger::DefaultFolder())) {
    EXPECT_TRUE(names.contains(entry.path().filename())) << entry.path();
  }
}

// Two cases of one name would share an entry of the ledger.
TEST(SuitesTest, CasesOfASuiteHaveNamesOfTheirOwn) {
  for (const Suite& suite : Suites()) {
    const auto folder = test::ConformanceFolder(suite.folder);
    if (!folder) GTEST_SKIP() << test::NoConformanceData(suite.folder);
    std::set<std::string> ids;
    for (const Case& one : suite.read(*folder)) {
      EXPECT_TRUE(ids.insert(one.id).second) << suite.name << " " << one.id;
    }
  }
}

// A refusal of a revoked device is because it is revoked.
TEST(SuitesTest, MatterRefusalsAreRevocations) {
  const auto folder = test::ConformanceFolder("matter");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("matter");
  for (const Case& one : ReadMatterRevoked(*folder)) {
    if (one.expected == "valid") continue;
    EXPECT_EQ(AskMuster(one.question).outcome, "revoked") << one.id;
  }
}

// Each is its own issuer.
TEST(SuitesTest, WellKnownRootsAreValidBelowThemselves) {
  const auto folder = test::ConformanceFolder("device");
  if (!folder) GTEST_SKIP() << test::NoConformanceData("device");
  for (const Case& one : ReadRoots(*folder)) {
    PathQuestion question;
    question.target = std::get<ParseQuestion>(one.question).octets;
    const auto root = Certificate::Parse(question.target);
    ASSERT_TRUE(root) << one.id;
    question.anchors = {question.target};
    question.at = (*root)->not_before();
    question.options.key_purpose.clear();
    question.options.algorithms.allow_sha1 = true;  // Self-signatures of old roots.
    question.options.algorithms.allow_irregular_serial = true;
    const Answer answer = AskMuster(question);
    EXPECT_EQ(answer.outcome, "valid") << one.id << " " << answer.detail;
  }
}

}  // namespace
}  // namespace muster::conformance
