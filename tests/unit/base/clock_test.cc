#include "base/clock.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>

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

TEST(Clock, ReadsIso8601) {
  const WallTime time{std::chrono::seconds(1'541'990'239)};
  for (const char* text :
       {"2018-11-12T02:37:19Z", "2018-11-12T02:37:19", "2018-11-12T02:37:19UTC",
        "2018-11-12 02:37:19z", "2018-11-12T03:37:19+01:00", "2018-11-11T21:07:19-0530"}) {
    EXPECT_EQ(ParseIso8601(text), time) << text;
  }
  EXPECT_EQ(ParseIso8601("2018-11-12T02:37:19.796Z"), time + microseconds(796'000));
  EXPECT_EQ(ParseIso8601("2018-11-12T02:37:19.1234567890Z"), time + microseconds(123'456));
  EXPECT_EQ(ParseIso8601("1969-12-31T23:59:59Z"), WallTime{std::chrono::seconds(-1)});
  for (const char* text :
       {"", "2018", "2018-11-12", "2018-02-29T00:00:00Z", "2018-13-01T00:00:00Z",
        "2018-11-12T24:00:00Z", "2018-11-12T02:60:00Z", "2018-11-12T02:37:19.Z",
        "2018-11-12T02:37:19Zx", "2018-11-12T02:37:19+1", "+018-11-12T02:37:19Z", "1541990239"}) {
    EXPECT_EQ(ParseIso8601(text), std::nullopt) << text;
  }
}

TEST(Clock, TimesThatItCannotCountAreItsEnds) {
  for (const char* text : {"2999-01-01T00:00:00Z", "9999-12-31T23:59:59-05:00"}) {
    EXPECT_EQ(ParseIso8601(text), WallTime::max()) << text;
  }
  EXPECT_EQ(ParseIso8601("0001-01-01T00:00:00Z"), WallTime::min());
  EXPECT_LT(ParseIso8601("2262-04-10T23:59:59Z"), WallTime::max());
}

TEST(Clock, ReadsHttpDates) {
  EXPECT_EQ(ParseHttpDate("Mon, 12 Nov 2018 02:37:19 GMT"),
            WallTime{std::chrono::seconds(1'541'990'239)});
  for (const char* text : {"", "Mon, 12 Nov 2018", "12 Nov 2018 02:37:19 GMT",
                           "Mon, 31 Nov 2018 02:37:19 GMT", "Mon, 12 ov D 2018 02:37:19 GMT",
                           "Mon, 12 Nov 2018 02:37:19 CET", "Monday, 12-Nov-18 02:37:19 GMT"}) {
    EXPECT_EQ(ParseHttpDate(text), std::nullopt) << text;
  }
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
