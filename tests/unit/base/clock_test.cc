#include "base/clock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>

#include "base/interrupt.h"

namespace dwh {
namespace {

using std::chrono::microseconds;

TEST(Clock, FormatsUtc) {
  const WallTime time{microseconds(1'541'990'239'796'000)};
  EXPECT_EQ(FormatIso8601(time), "2018-11-12T02:37:19Z");
  EXPECT_EQ(FormatCompact(time), "20181112023719");
  EXPECT_EQ(FormatSqlTimestamp(time), "2018-11-12 02:37:19.796000");
}

TEST(Clock, FormatsFractionsAndTimesBefore1970) {
  EXPECT_EQ(FormatSqlTimestamp(WallTime{}), "1970-01-01 00:00:00.000000");
  EXPECT_EQ(FormatSqlTimestamp(WallTime{microseconds(7)}), "1970-01-01 00:00:00.000007");
  EXPECT_EQ(FormatSqlTimestamp(WallTime{microseconds(-1)}), "1969-12-31 23:59:59.999999");
  EXPECT_EQ(FormatIso8601(WallTime{microseconds(-1)}), "1969-12-31T23:59:59Z");
}

// In a process of its own, because an interrupt cannot be taken back.
TEST(ClockDeathTest, AnInterruptEndsASleep) {
  const auto sleep_interrupted = [] {
    InstallInterruptHandlers();
    std::raise(SIGTERM);
    RealClock().SleepFor(std::chrono::hours(1));
    _exit(0);
  };
  EXPECT_EXIT(sleep_interrupted(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace dwh
