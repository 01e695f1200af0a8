#include "muster/time.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

using std::chrono::seconds;

TEST(Rfc3339Test, ReadsTimesOffsetsFractionsAndDates) {
  constexpr std::pair<const char*, std::int64_t> kCases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-03-01", 1772323200},
      {"2026-03-01T12:00:00Z", 1772366400},
      {"2026-03-01t12:00:00z", 1772366400},
      {"2026-03-01 12:00:00Z", 1772366400},
      {"2026-03-01T13:00:00+01:00", 1772366400},
      {"2026-03-01T06:30:00-05:30", 1772366400},
      {"2026-03-01T12:00:00.999999Z", 1772366400},
      {"2024-02-29", 1709164800},
      {"1950-01-01T00:00:00Z", -631152000},
      {"9999-12-31T23:59:59Z", 253402300799},
  };
  for (const auto& [text, wanted] : kCases) {
    const auto time = ParseRfc3339(text);
    ASSERT_TRUE(time) << text;
    EXPECT_EQ(time->time_since_epoch().count(), wanted) << text;
  }
}

TEST(Rfc3339Test, RefusesEverythingElse) {
  for (const char* bad : {"",
                          "2026",
                          "2026-3-1",
                          "2026-13-01",
                          "2026-03/01",
                          "2026/03-01",
                          "2026-03-32",
                          "2026-00-01",
                          "2026-02-30",
                          "2023-02-29",
                          "2026-03-01T",
                          "2026-03-01T12:00Z",
                          "2026-03-01T12:00:00",
                          "2026-03-01T24:00:00Z",
                          "2026-03-01T12:60:00Z",
                          "2026-03-01T12:00:60Z",
                          "2026-03-01T12:00:00.Z",
                          "2026-03-01T12:00:00.5",
                          "2026-03-01T12:00:00./Z",
                          "2026-03-01T12-00:00Z",
                          "2026-03-01T12:00-00Z",
                          "2026-03-01T12:00:00+01-00",
                          "2026-03-01T12:00:00+1:00",
                          "2026-03-01T12:00:00+24:00",
                          "2026-03-01T12:00:00+00:60",
                          "2026-03-01T12:00:00+0100",
                          "2026-03-01T12:00:00Zx",
                          "2026-03-01x12:00:00Z",
                          " 2026-03-01",
                          "now",
                          "1772366400",
                          "-026-03-01",
                          "2026-03-01T12:00:00 Z"}) {
    const auto time = ParseRfc3339(bad);
    ASSERT_FALSE(time) << bad;
    EXPECT_EQ(time.error().code, ErrorCode::kInvalidArgument);
    EXPECT_NE(time.error().message.find("2026-03-01T12:00:00Z"), std::string::npos)
        << "says what to write";
  }
}

TEST(Rfc3339Test, FormatsWhatItReads) {
  for (const char* text : {"1970-01-01T00:00:00Z", "1950-01-01T00:00:01Z", "2026-03-01T12:34:56Z",
                           "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"}) {
    EXPECT_EQ(FormatRfc3339(ParseRfc3339(text).value()), text);
  }
  EXPECT_EQ(FormatRfc3339(UnixTime{seconds{-1}}), "1969-12-31T23:59:59Z");
  EXPECT_EQ(FormatRfc3339(UnixTime{seconds{253402300800}}), "+10000-01-01T00:00:00Z");
  EXPECT_EQ(FormatRfc3339(UnixTime{seconds{-62198755200}}), "-0001-01-01T00:00:00Z");
}

}  // namespace
}  // namespace muster
