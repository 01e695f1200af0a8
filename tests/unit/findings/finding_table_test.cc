#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <regex>
#include <string>

#include "engine/findings/finding_id.h"

namespace muster {
namespace {

TEST(FindingTable, IdsAreStableWordsAndTextsAreSentences) {
  const std::regex kebab("[a-z0-9]+(-[a-z0-9]+)*");
  for (const FindingInfo& info : AllFindings()) {
    const std::string id(info.id);
    EXPECT_TRUE(std::regex_match(id, kebab)) << id;
    EXPECT_EQ(FindFinding(info.id), &info);
    EXPECT_FALSE(info.title.empty() || info.title.ends_with('.')) << id;
    EXPECT_TRUE(info.explanation.ends_with('.')) << id;
    EXPECT_TRUE(info.remedy.ends_with('.')) << id;
  }
  EXPECT_EQ(AllFindings().size(), findings::kFindingCount);
  EXPECT_EQ(FindFinding("no-such-finding"), nullptr);
  EXPECT_EQ(FindFinding(""), nullptr);
  EXPECT_EQ(FindFinding("zzz"), nullptr);
  EXPECT_EQ(findings::InfoOf(findings::FindingId::kRsaRoca).id, "rsa-roca");
}

TEST(FindingTable, SeveritiesAreReadAsTheyAreWritten) {
  for (const Severity severity : {Severity::kInfo, Severity::kWarning, Severity::kError}) {
    EXPECT_EQ(ParseSeverity(NameOf(severity)), severity);
  }
  EXPECT_EQ(ParseSeverity("fatal"), std::nullopt);
}

// The README's table is this one, row for row.
TEST(FindingTable, IsInTheReadme) {
  std::ifstream file(MUSTER_SOURCE_DIR "/README.md", std::ios::binary);
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  std::string rows = "| finding | severity | what it is |\n|---|---|---|\n";
  for (const FindingInfo& info : AllFindings()) {
    rows += "| `" + std::string(info.id) + "` | " + std::string(NameOf(info.severity)) + " | " +
            std::string(info.title) + " |\n";
  }
  EXPECT_THAT(readme, testing::HasSubstr("\n" + rows + "\n")) << "the table should read:\n" << rows;
}

}  // namespace
}  // namespace muster
