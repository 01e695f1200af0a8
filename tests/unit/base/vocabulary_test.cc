#include <gtest/gtest.h>

#include <set>
#include <string>

#include "engine/base/byte_view.h"
#include "engine/base/check.h"
#include "muster/enrollment.h"
#include "muster/options.h"
#include "muster/result.h"

namespace muster {
namespace {

TEST(VocabularyTest, ErrorCodesHaveDistinctStableNames) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(ErrorCode::kInternal); ++i) {
    const std::string_view name = ErrorCodeName(static_cast<ErrorCode>(i));
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
  EXPECT_EQ(ErrorCodeName(ErrorCode::kStaleETag), "stale-etag");
  EXPECT_EQ(ErrorCodeName(static_cast<ErrorCode>(200)), "unknown");
}

TEST(VocabularyTest, EnumerationsHaveTheNamesOfTheContract) {
  EXPECT_EQ(NameOf(LeafProfile::kRfc5280), "rfc5280");
  EXPECT_EQ(NameOf(LeafProfile::kDpsCompat), "dps-compat");
  EXPECT_EQ(NameOf(LinkSource::kPresented), "presented");
  EXPECT_EQ(NameOf(LinkSource::kRegistry), "registry");
  EXPECT_EQ(NameOf(EnrollmentKind::kNone), "none");
  EXPECT_EQ(NameOf(EnrollmentKind::kIndividual), "individual");
  EXPECT_EQ(NameOf(EnrollmentKind::kGroup), "group");
  EXPECT_EQ(NameOf(static_cast<LeafProfile>(9)), "unknown");
  EXPECT_EQ(NameOf(static_cast<LinkSource>(9)), "unknown");
  EXPECT_EQ(NameOf(static_cast<EnrollmentKind>(9)), "unknown");
}

TEST(RegistrationIdTest, KeepsLowerCaseSoThatCaseTwinsAreOne) {
  const auto id = RegistrationId::Parse("Dev-01.A_b:Z9");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->view(), "dev-01.a_b:z9");
  EXPECT_EQ(id, RegistrationId::Parse("DEV-01.a_B:z9"));
  EXPECT_NE(id, RegistrationId::Parse("dev-01.a_b:z8"));
  EXPECT_TRUE(RegistrationId().empty());
}

TEST(RegistrationIdTest, ChecksLengthCharactersAndTheLastOne) {
  EXPECT_TRUE(RegistrationId::Parse("a"));
  EXPECT_TRUE(RegistrationId::Parse("-"));
  EXPECT_TRUE(RegistrationId::Parse("a-"));
  EXPECT_TRUE(RegistrationId::Parse(std::string(128, 'x')));
  EXPECT_FALSE(RegistrationId::Parse(std::string(129, 'x')));
  EXPECT_FALSE(RegistrationId::Parse(std::string(300, 'x')));
  EXPECT_FALSE(RegistrationId::Parse(""));
  for (const char* bad : {"a.", "a_", "a:", "a b", " a", "a ", "a/b", "a@b", "a,b", "a\n",
                          "\xc3\xa9", "a*", "a+b", "a`", "a[", "a{", "a;"}) {
    EXPECT_FALSE(RegistrationId::Parse(bad)) << bad;
  }
  EXPECT_FALSE(RegistrationId::Parse(std::string_view("a\0b", 3)));
}

TEST(ByteViewTest, ComparesAndConverts) {
  EXPECT_TRUE(base::Equal({}, {}));
  EXPECT_TRUE(base::Equal(base::AsBytes("ab"), base::AsBytes("ab")));
  EXPECT_FALSE(base::Equal(base::AsBytes("ab"), base::AsBytes("ac")));
  EXPECT_FALSE(base::Equal(base::AsBytes("ab"), base::AsBytes("a")));
  EXPECT_EQ(base::AsText(base::AsBytes("xyz")), "xyz");
  EXPECT_EQ(base::ToBytes(base::AsBytes("a")), Bytes{'a'});
}

TEST(CheckDeathTest, AFailedCheckSaysWhereAndAborts) {
  MUSTER_CHECK(1 + 1 == 2);
  EXPECT_DEATH(MUSTER_CHECK(1 + 1 == 3), "vocabulary_test.cc:[0-9]+: check failed: 1 \\+ 1 == 3");
}

}  // namespace
}  // namespace muster
