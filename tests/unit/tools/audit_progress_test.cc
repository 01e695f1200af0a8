#include "tools/muster/audit_progress.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

using Seconds = std::chrono::duration<double>;

TEST(DurationText, RoundsToWhatAPersonWants) {
  EXPECT_EQ(DurationText(std::chrono::seconds(-3)), "0 s");
  EXPECT_EQ(DurationText(std::chrono::seconds(59)), "59 s");
  EXPECT_EQ(DurationText(std::chrono::seconds(60)), "1 min");
  EXPECT_EQ(DurationText(std::chrono::seconds(150)), "3 min");
  EXPECT_EQ(DurationText(std::chrono::hours(1)), "1 h 0 min");
  EXPECT_EQ(DurationText(std::chrono::minutes(200)), "3 h 20 min");
}

TEST(ProgressText, EstimatesWhatIsLeftFromOctets) {
  // A quarter in ten seconds: thirty more.
  EXPECT_EQ(ProgressText(1'000, 3, {{250, 1'000}}, Seconds(10)),
            " 25 %  1,000 records, 3 did not pass, 100 a second, 30 s left");
  EXPECT_EQ(ProgressText(1'000, 0, {{1'000, 1'000}}, Seconds(10)),
            "100 %  1,000 records, 0 did not pass, 100 a second, 0 s left");
}

TEST(ProgressText, ARateIsOfWhatThisRunRead) {
  // It went on from a half: a quarter in ten seconds, and a quarter left.
  EXPECT_EQ(ProgressText(1'000, 3, {{750, 1'000}}, Seconds(10), 500),
            " 75 %  1,000 records, 3 did not pass, 100 a second, 10 s left");
}

TEST(ProgressText, SaysNoTimeThatItCannotKnow) {
  // Of a pipe the size is not known, at the start the rate is not.
  EXPECT_EQ(ProgressText(512, 0, std::nullopt, Seconds(10)),
            "512 records, 0 did not pass, 51 a second");
  EXPECT_EQ(ProgressText(512, 0, {{1, 1'000}}, Seconds(0.5)),
            "  0 %  512 records, 0 did not pass, 1,024 a second");
  EXPECT_EQ(ProgressText(512, 0, {{0, 1'000}}, Seconds(10)),
            "  0 %  512 records, 0 did not pass, 51 a second");
}

}  // namespace
}  // namespace muster::cli
