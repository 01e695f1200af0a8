// A ledger fails in both directions: for a disagreement that it does not have, and for an entry
// that no longer disagrees.

#include "tests/conformance/ledger.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace muster::conformance {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using Finding = Ledger::Finding;

class LedgerTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ =
        std::filesystem::path(testing::TempDir()) / ("muster-ledger-" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Ledger With(const std::string& entries) {
    std::ofstream(folder_ / "suite.json") << "[" << entries << "]";
    return Ledger("suite", folder_);
  }

  std::filesystem::path folder_;
};

constexpr const char* kOneEntry = R"({"case": "a", "ours": "expired", "reason": "policy"})";

TEST_F(LedgerTest, ADisagreementThatIsNotThereFails) {
  Ledger ledger("suite", folder_);  // There is no file.
  EXPECT_EQ(ledger.Judge("a", "valid", true), Finding::kAgrees);
  EXPECT_EQ(ledger.Judge("b", "expired", false), Finding::kFails);
  EXPECT_EQ(ledger.agreeing(), 1u);
  EXPECT_EQ(ledger.failing(), 1u);
  EXPECT_THAT(ledger.Problems(), ElementsAre(HasSubstr("suite b: ours is expired")));
}

TEST_F(LedgerTest, ADisagreementThatIsThereIsLedgered) {
  Ledger ledger = With(kOneEntry);
  EXPECT_EQ(ledger.Judge("a", "expired", false), Finding::kLedgered);
  EXPECT_EQ(ledger.ledgered(), 1u);
  EXPECT_THAT(ledger.Problems(), IsEmpty());
}

TEST_F(LedgerTest, AnEntryThatNoLongerDisagreesFails) {
  Ledger ledger = With(kOneEntry);
  EXPECT_EQ(ledger.Judge("a", "valid", true), Finding::kFails);
  EXPECT_EQ(ledger.agreeing(), 0u);
  EXPECT_THAT(ledger.Problems(), ElementsAre(HasSubstr("suite a: agrees (valid)")));
}

TEST_F(LedgerTest, AnEntryThatDisagreesInAnotherWayFails) {
  Ledger ledger = With(kOneEntry);
  EXPECT_EQ(ledger.Judge("a", "bad-signature", false), Finding::kFails);
  EXPECT_THAT(ledger.Problems(), ElementsAre(HasSubstr("the ledger says expired")));
}

TEST_F(LedgerTest, AnEntryWhoseCaseIsGoneFails) {
  Ledger ledger = With(kOneEntry);
  EXPECT_EQ(ledger.Judge("b", "valid", true), Finding::kAgrees);
  EXPECT_EQ(ledger.failing(), 0u);
  EXPECT_THAT(ledger.Problems(), ElementsAre(HasSubstr("suite a: in the ledger, not in the")));
}

TEST_F(LedgerTest, APatternStandsForItsCountOfCases) {
  const std::string entries =
      R"({"case": "x/*", "count": 2, "ours": "expired", "reason": "policy"})";
  Ledger exact = With(entries);
  EXPECT_EQ(exact.Judge("x/1", "expired", false), Finding::kLedgered);
  EXPECT_EQ(exact.Judge("x/2", "valid", true), Finding::kAgrees);
  EXPECT_EQ(exact.Judge("x/3", "expired", false), Finding::kLedgered);
  EXPECT_THAT(exact.Problems(), IsEmpty());

  Ledger fewer = With(entries);
  EXPECT_EQ(fewer.Judge("x/1", "expired", false), Finding::kLedgered);
  EXPECT_EQ(fewer.Judge("x/3", "valid", true), Finding::kAgrees);
  EXPECT_THAT(fewer.Problems(), ElementsAre(HasSubstr("x/*: 1 cases are expired")));

  Ledger others = With(entries);
  EXPECT_EQ(others.Judge("x/1", "revoked", false), Finding::kFails);
  EXPECT_EQ(others.Judge("y/1", "expired", false), Finding::kFails);
}

TEST_F(LedgerTest, AMalformedLedgerIsAnError) {
  EXPECT_THROW(With(R"({"case": "a", "ours": "expired", "reason": ""})"), std::runtime_error);
  EXPECT_THROW(With(R"({"case": "a", "ours": "expired"})"), std::exception);
  EXPECT_THROW(With(R"({"case": "a*", "ours": "expired", "reason": "policy"})"), std::exception);
  EXPECT_THROW(With(std::string(kOneEntry) + "," + kOneEntry), std::runtime_error);
}

}  // namespace
}  // namespace muster::conformance
