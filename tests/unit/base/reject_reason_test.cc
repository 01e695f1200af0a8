#include "muster/reject_reason.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace muster {
namespace {

TEST(RejectReasonTest, NumbersAndNamesAreUnique) {
  std::set<std::uint16_t> numbers;
  std::set<std::string_view> names;
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_TRUE(numbers.insert(info.number).second) << info.name;
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
  }
  EXPECT_GT(numbers.size(), 60u);
}

TEST(RejectReasonTest, EveryReasonHasItsRow) {
  for (const ReasonInfo& info : AllReasons()) {
    EXPECT_EQ(&InfoOf(info.reason), &info);
    EXPECT_EQ(static_cast<std::uint16_t>(info.reason), info.number);
    EXPECT_EQ(NameOf(info.reason), info.name);
    EXPECT_EQ(FindReason(info.name), info.reason);
  }
}

TEST(RejectReasonTest, EveryReasonSaysWhatHappenedAndWhatToDo) {
  for (const ReasonInfo& info : AllReasons()) {
    for (const std::string_view text : {info.sentence, info.remedy}) {
      ASSERT_FALSE(text.empty()) << info.name;
      EXPECT_EQ(text.back(), '.') << info.name;
    }
    for (const char c : info.name) {
      EXPECT_TRUE((c >= 'a' && c <= 'z') || c == '-') << info.name;
    }
  }
}

TEST(RejectReasonTest, NumbersThatAreAContractStay) {
  EXPECT_EQ(static_cast<int>(RejectReason::kNone), 0);
  EXPECT_EQ(static_cast<int>(RejectReason::kMalformedCertificate), 103);
  EXPECT_EQ(static_cast<int>(RejectReason::kBadSignature), 301);
  EXPECT_EQ(static_cast<int>(RejectReason::kMalformedRegistrationId), 404);
  EXPECT_EQ(static_cast<int>(RejectReason::kNotRolledUpToVerified), 501);
  EXPECT_EQ(FindReason("not-rolled-up-to-verified"), RejectReason::kNotRolledUpToVerified);
}

TEST(RejectReasonTest, UnknownOnesFailClosed) {
  EXPECT_EQ(InfoOf(static_cast<RejectReason>(9999)).reason, RejectReason::kNotEvaluated);
  EXPECT_EQ(InfoOf(static_cast<RejectReason>(3)).reason, RejectReason::kNotEvaluated);
  EXPECT_FALSE(FindReason("Expired"));
  EXPECT_FALSE(FindReason(""));
}

}  // namespace
}  // namespace muster
