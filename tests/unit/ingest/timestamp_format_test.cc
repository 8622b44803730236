#include "ingest/timestamp_format.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "expect_error.h"

namespace dwh {
namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kHour = 3'600 * kSecond;
constexpr int64_t kUnixOf2000 = 946'684'800;

/// The oracle: the C library's calendar, which the code under test does not use.
int64_t Micros(int year, int month, int day, int hour = 0, int minute = 0, int second = 0,
               int micros = 0) {
  std::tm tm{};
  tm.tm_year = year - 1900;
  tm.tm_mon = month - 1;
  tm.tm_mday = day;
  tm.tm_hour = hour;
  tm.tm_min = minute;
  tm.tm_sec = second;
  return (int64_t{timegm(&tm)} - kUnixOf2000) * kSecond + micros;
}

int32_t Days(int year, int month, int day) {
  return static_cast<int32_t>(Micros(year, month, day) / (86'400 * kSecond));
}

template <typename... Args>
std::string Format(const char* format, Args... args) {
  std::array<char, 128> text{};
  const int length = std::snprintf(text.data(), text.size(), format, args...);
  return {text.data(), static_cast<size_t>(length)};
}

struct Case {
  std::string format;
  std::string text;
  std::optional<int64_t> expected;
};

void ExpectAll(const std::vector<Case>& cases, bool with_zone) {
  for (const Case& c : cases) {
    EXPECT_EQ(TimestampFormat(c.format).Parse(c.text, with_zone), c.expected)
        << "'" << c.text << "' as '" << c.format << "'";
  }
}

void ExpectRefused(const std::string& format, const std::vector<std::string>& texts) {
  const TimestampFormat compiled(format);
  for (const std::string& text : texts) {
    EXPECT_EQ(compiled.Parse(text, true), std::nullopt) << "'" << text << "' as '" << format << "'";
  }
}

TEST(TimestampFormat, DefaultFormat) {
  ExpectAll(
      {
          {"", "2018-11-01 20:57:10", Micros(2018, 11, 1, 20, 57, 10)},
          {"", "2018-11-01 20:57:10.796", Micros(2018, 11, 1, 20, 57, 10, 796'000)},
          {"", "2018-11-01 20:57:10.123456999", Micros(2018, 11, 1, 20, 57, 10, 123'456)},
          {"", "2018-1-2 3:4:5", Micros(2018, 1, 2, 3, 4, 5)},
          {"", "  2018-11-01 20:57:10 ", Micros(2018, 11, 1, 20, 57, 10)},
          {"", "0001-01-01 00:00:00", Micros(1, 1, 1)},
          {"", "9999-12-31 23:59:59.999999", Micros(9999, 12, 31, 23, 59, 59, 999'999)},
          {"", "2000-02-29 00:00:00", Micros(2000, 2, 29)},
          {"", "2018-11-01 20:57:10-08", Micros(2018, 11, 1, 20, 57, 10)},
      },
      false);
  ExpectAll(
      {
          {"", "2018-11-01 20:57:10", Micros(2018, 11, 1, 20, 57, 10)},
          {"", "2018-11-01 20:57:10-08", Micros(2018, 11, 2, 4, 57, 10)},
          {"", "2018-11-01 20:57:10-8:00", Micros(2018, 11, 2, 4, 57, 10)},
          {"", "2018-11-01 20:57:10.5+0530", Micros(2018, 11, 1, 15, 27, 10, 500'000)},
          {"", "2018-11-01 00:00:00+15:59", Micros(2018, 10, 31, 8, 1, 0)},
      },
      true);
}

TEST(TimestampFormat, DefaultFormatRefuses) {
  ExpectRefused("", {"",
                     " ",
                     "2018-11-01",
                     "2018-11-01T20:57:10",
                     "2018-11-01 20:57",
                     "2018-11-01 20:57:10 x",
                     "2018-11-01 20:57:10Z",
                     "2018-11-01 20:57:10+16",
                     "2018-11-01 20:57:10+05:60",
                     "2018-11-01 20:57:10+",
                     "2018-11-01 20:57:10+530",
                     "2018-11-01 20:57:10.",
                     "2018/11/01 20:57:10",
                     "18-11-01 20:57:10",
                     "02018-11-01 20:57:10",
                     "2018-13-01 00:00:00",
                     "2018-00-01 00:00:00",
                     "2018-11-00 00:00:00",
                     "2018-11-31 00:00:00",
                     "2018-02-29 00:00:00",
                     "1900-02-29 00:00:00",
                     "0000-01-01 00:00:00",
                     "2018-11-01 24:00:00",
                     "2018-11-01 23:60:00",
                     "2018-11-01 23:59:60",
                     "-018-11-01 00:00:00",
                     "1541105830796",
                     "2018-11-01 BC",
                     std::string("2018-11-01 20:57:10\0", 20)});
}

TEST(TimestampFormat, Patterns) {
  const int64_t evening = Micros(2003, 3, 31, 18, 45, 5);
  ExpectAll(
      {
          {"MM.DD.YYYY HH:MI:SS", "03.31.2003 18:45:05", evening},
          {"MM.DD.YYYY HH:MI:SS", "03.31.2003 18:45:05.123456", evening + 123'456},
          {"yyyy-mm-ddThh24:mi:ssZ", "2003-03-31T18:45:05.1Z", evening + 100'000},
          {"MON DD, YYYY HH12:MI:SS AM", "March 31, 2003 06:45:05 PM", evening},
          {"MON DD, YYYY HH:MI:SS PM", "mar 31, 2003 6:45:05 pm", evening},
          {"DD-MON-YY HH:MI:SS", "31-MAR-03 18:45:05", evening},
          {"PM HH12:MI:SS DD/MM/YY", "P.M. 06:45:05 31/03/03", evening},
          {"HH12:MI A.M. YYYY MM DD", "12:30 am 2003 03 31", Micros(2003, 3, 31, 0, 30)},
          {"HH12:MI AM YYYY MM DD", "12:30 PM 2003 03 31", Micros(2003, 3, 31, 12, 30)},
          {"HH12:MI YYYY MM DD", "12:30 2003 03 31", Micros(2003, 3, 31, 0, 30)},
          {"YYYYMMDDHHMISS", "20030331184505", evening},
          {"YYYYMMDDHHMISS", "20030331184505.25", evening + 250'000},
          {"YYYY-MM-DD", "2003-03-31", Micros(2003, 3, 31)},
          {"YY/MM/DD", "69/12/31", Micros(2069, 12, 31)},
          {"YY/MM/DD", "70/01/01", Micros(1970, 1, 1)},
      },
      true);
}

TEST(TimestampFormat, PatternsRefuse) {
  ExpectRefused("YYYY-MM-DD HH12:MI AM", {"2003-03-31 13:00 PM", "2003-03-31 0:00 AM",
                                          "2003-03-31 1:00", "2003-03-31 1:00 AMX"});
  ExpectRefused("YYYY-MM-DD HH:MI AM", {"2003-03-31 13:00 PM"});
  ExpectRefused("YYYYMMDD", {"2003331", "200303311", "2003-03-31"});
  ExpectRefused("MON DD YYYY", {"Marc 31 2003", "31 2003", "Foo 31 2003", "03 31 2003"});
  ExpectRefused("YYYY-MM-DD", {"2003-03-31 10:00:00", "2003-03-31-08"});
}

TEST(TimestampFormat, UnknownPatternsAreUsageErrors) {
  for (const std::string format :
       {"AUTO", "EPOCHSECS", "Epochmillisecs", "YYYY-MM-DD HH:MI:SS TZ", "YYYY-MM-DD HH:MI:SSOF",
        "YYYY-MM-DD HH:MI:SS.MS", "YYYY-MM-DD HH:MI:SS.US", "YYYY", "YYYY-MM", "MM-DD", "HH:MI:SS",
        "YYYY-MM-DD YY", "YYYY-MM-MON-DD", "YYYY-MM-DD HH24 HH12", "MONTH DD YYYY", "YYYY-DDD",
        "DAY YYYY-MM-DD", "YYYY-MM-DD 00"}) {
    ExpectError(
        ErrorKind::kUsage, [&] { TimestampFormat{format}; }, "TIMEFORMAT '" + format + "' ", "");
    ExpectError(
        ErrorKind::kUsage, [&] { DateFormat{format}; }, "DATEFORMAT '" + format + "' ", "");
  }
}

TEST(TimestampFormat, AutoFormats) {
  const int64_t day = Micros(1996, 1, 8);
  const int64_t moment = Micros(1996, 1, 8, 4, 8, 9);
  const int64_t dec17 = Micros(1997, 12, 17, 7, 37, 16);
  ExpectAll(
      {
          // AWS's own examples.
          {"auto", "2019-02-11T05:09:12.195Z", Micros(2019, 2, 11, 5, 9, 12, 195'000)},
          {"auto", "J2451187", Micros(1999, 1, 8)},
          {"auto", "J2345678 04:05:06.789", Micros(1710, 2, 23, 4, 5, 6, 789'000)},
          {"auto", "19960108 040809", moment},
          {"auto", "960108 040809", moment},
          {"auto", "1996.008", day},
          {"auto", "1996-01-08 04:05:06.789", Micros(1996, 1, 8, 4, 5, 6, 789'000)},
          {"auto", "17 Dec 07:37:16 1997 PST", dec17},
          {"auto", "12/17/1997 07:37:16.00 PST", dec17},
          {"auto", "1997-12-17 07:37:16-08", dec17},
          {"auto", "12.17.1997 07:37:16.00 PST", dec17},
          // Dates in their other forms.
          {"auto", "19960108", day},
          {"auto", "960108", day},
          {"auto", "1996/1/8", day},
          {"auto", "1996.01.08", day},
          {"auto", "01-08-1996", day},
          {"auto", "1/8/96", day},
          {"auto", "01/08/69", Micros(2069, 1, 8)},
          {"auto", "8-Jan-1996", day},
          {"auto", "08-JAN-96", day},
          {"auto", "Jan-08-96", day},
          {"auto", "1996-jan-08", day},
          {"auto", "January 8, 1996", day},
          {"auto", "8 Jan 1996", day},
          {"auto", "1996 Jan 8", day},
          {"auto", "1996.366", Micros(1996, 12, 31)},
          {"auto", "J1721426", Micros(1, 1, 1)},
          {"auto", "J5373484", Micros(9999, 12, 31)},
          // Times.
          {"auto", "1996-01-08 04:08", Micros(1996, 1, 8, 4, 8)},
          {"auto", "1996-01-08 4:08:09 AM", moment},
          {"auto", "1996-01-08 4:08:09pm", moment + 12 * kHour},
          {"auto", "1996-01-08 12:00 AM", day},
          {"auto", "1996-01-08 12:00 PM", day + 12 * kHour},
          {"auto", "19960108T040809", moment},
          {"auto", "19960108T0408", Micros(1996, 1, 8, 4, 8)},
          {"auto", "1996-01-08 040809.5", moment + 500'000},
          {"auto", "1996-01-08T04:08:09.1234567", moment + 123'456},
      },
      false);
}

TEST(TimestampFormat, AutoZones) {
  const int64_t noon = Micros(2018, 7, 1, 12);
  ExpectAll(
      {
          {"auto", "2018-07-01T12:00:00Z", noon},
          {"auto", "2018-07-01 12:00:00 utc", noon},
          {"auto", "2018-07-01 12:00:00 +00", noon},
          {"auto", "2018-07-01T14:00:00+02:00", noon},
          {"auto", "2018-07-01 17:30:00+0530", noon},
          {"auto", "20180701T080000-04", noon},
          {"auto", "2018-07-01 2:00 PM CEST", noon},
          {"auto", "1 Jul 04:00:00 2018 PST", noon},
          {"auto", "07/01/2018 21:00:00.00 JST", noon},
          {"auto", "2018-07-01 12:00", noon},
      },
      true);
}

TEST(TimestampFormat, AutoRefuses) {
  ExpectRefused("auto", {"",
                         "1541105830796",
                         "1541105830",
                         "1541105830796.0",
                         "20181101205710",
                         "2018",
                         "1996.000",
                         "1997.366",
                         "0000.001",
                         "J",
                         "J1721425",
                         "J5373485",
                         "J24511870",
                         "13/01/2018",
                         "31.12.1997",
                         "2018-11",
                         "2018-11-1-1",
                         "2018-11/01",
                         "8-1996-Jan",
                         "1996-08-Jan",
                         "Jan Feb 1996",
                         "Jan 8",
                         "Janu 8, 1996",
                         "Jan-08-95 BC",
                         "2018-11-01T",
                         "2018-11-01Z",
                         "2018-11-01 +02",
                         "T10:00:00",
                         "10:00:00",
                         "2018-11-01 10",
                         "2018-11-01 10:0",
                         "2018-11-01 10:00:0",
                         "2018-11-01 10:00:000",
                         "2018-11-01 10:00 11:00",
                         "2018-11-01 24:00:00",
                         "2018-11-01 23:59:60",
                         "2018-11-01 13:00 PM",
                         "2018-11-01 10:00 AM PM",
                         "2018-11-01 10:00 Z Z",
                         "2018-11-01 10:00PM-08",
                         "10:00111118",
                         "10:00Z 1 1 2018 2",
                         "10:00Z1 1 2018",
                         "Jan8 2018",
                         "2018-11-01 10:00 WEST",
                         "2018-11-01 10:00 Z+01",
                         "2018-11-01 10:00 US/Pacific",
                         "2018-11-01 10:00 XYZ",
                         "2018-02-30 10:00",
                         "2018-11-01 2018-11-01",
                         "J2451187 2018-11-01",
                         "2018-11-01 J2451187",
                         "now",
                         "infinity",
                         "epoch",
                         "\xc3\xa4"});
}

TEST(TimestampFormat, EpochMilliseconds) {
  const int64_t moment = Micros(2018, 11, 1, 20, 57, 10, 796'000);
  const std::string zeros(40, '0');
  ExpectAll(
      {
          {"epochmillisecs", "1541105830796", moment},
          {"epochmillisecs", " 1541105830796 ", moment},
          {"epochmillisecs", "1541105830796.0", moment},
          {"epochmillisecs", "1541105830796.123999", moment + 123},
          {"epochmillisecs", "1.541105830796e12", moment},
          {"epochmillisecs", "1.541105830796E+12", moment},
          {"epochmillisecs", "15411058307960000e-4", moment},
          {"epochmillisecs", "1541105830796." + zeros, moment},
          {"epochmillisecs", zeros + "1541105830796", moment},
          {"epochmillisecs", "1541105830796" + zeros + "e-40", moment},
          {"epochmillisecs", "0." + zeros + "1541105830796e53", moment},
          {"epochmillisecs", "0", Micros(1970, 1, 1)},
          {"epochmillisecs", "-0", Micros(1970, 1, 1)},
          {"epochmillisecs", "0e999999999999", Micros(1970, 1, 1)},
          {"epochmillisecs", "1e-999999999999", Micros(1970, 1, 1)},
          {"epochmillisecs", "-1", Micros(1969, 12, 31, 23, 59, 59, 999'000)},
          {"epochmillisecs", "0.001", Micros(1970, 1, 1, 0, 0, 0, 1)},
          {"epochsecs", "1541105830", moment - 796'000},
          {"epochsecs", "1541105830.796", moment},
          {"epochsecs", "1.541105830796e9", moment},
          {"epochsecs", "0.0000019", Micros(1970, 1, 1, 0, 0, 0, 1)},
          // The ends of PostgreSQL's range, and one step beyond.
          {"epochsecs", "-210866803200", Micros(-4713, 11, 24)},
          {"epochsecs", "-210866803200.000001", std::nullopt},
          {"epochmillisecs", "9224318015999999.999", Micros(294276, 12, 31, 23, 59, 59, 999'999)},
          {"epochmillisecs", "9224318016000000", std::nullopt},
          {"epochmillisecs", "9999999999999999", std::nullopt},
          {"epochmillisecs", "99999999999999999999999999", std::nullopt},
          {"epochmillisecs", "-9999999999999999", std::nullopt},
          {"epochsecs", "9223372036854775807", std::nullopt},
          {"epochmillisecs", "1e999999999999", std::nullopt},
          {"epochmillisecs", "18446744073709552", std::nullopt},
      },
      true);
  for (const std::string format : {"epochsecs", "epochmillisecs"}) {
    ExpectRefused(format, {"", "-", "+1", "1.", ".5", "1e", "1e+", "e5", "1 2", "0x10", "1,5",
                           "2018-11-01 00:00:00", "NaN", "infinity", "--1", "154110583079a",
                           "1541105830796x", "1.2.3", "1e5e5"});
  }
}

TEST(TimestampFormat, EpochMillisecondsAgreeWithIntegerArithmetic) {
  std::mt19937_64 random(1);
  const TimestampFormat millis("epochmillisecs");
  const TimestampFormat seconds("epochsecs");
  std::uniform_int_distribution<int64_t> any(-210'866'803'200'000, 9'224'318'015'999'999);
  std::uniform_int_distribution<int64_t> usual(1'000'000'000'000, 9'999'999'999'999);
  for (int i = 0; i < 200'000; ++i) {
    const int64_t ms = i % 2 == 0 ? any(random) : usual(random);
    const int64_t expected = (ms - kUnixOf2000 * 1000) * 1000;
    ASSERT_EQ(millis.Parse(std::to_string(ms), false), expected) << ms;
    ASSERT_EQ(seconds.Parse(std::to_string(ms) + "e-3", false), expected) << ms;
  }
}

TEST(TimestampFormat, EveryWayToWriteAMomentGivesTheMomentOfTheCLibrary) {
  std::mt19937_64 random(2);
  const auto pick = [&random](int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random);
  };
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const TimestampFormat standard("");
  const TimestampFormat automatic("auto");
  const TimestampFormat packed("YYYYMMDDHHMISS");
  const TimestampFormat spoken("MON DD, YYYY HH12:MI:SS PM");
  for (int i = 0; i < 100'000; ++i) {
    const int y = pick(1, 9999);
    const int mo = pick(1, 12);
    const int d = pick(1, 31);
    const int h = pick(0, 23);
    const int mi = pick(0, 59);
    const int s = pick(0, 59);
    const int us = pick(0, 999'999);
    const char* name = kMonths.at(static_cast<size_t>(mo - 1));
    const char* half = h < 12 ? "AM" : "PM";
    const int h12 = h % 12 == 0 ? 12 : h % 12;
    // The C library carries a day that the month does not have into the next month.
    const int64_t exact = Micros(y, mo, d, h, mi, s, us);
    const bool real = Days(y, mo, d) < Days(mo == 12 ? y + 1 : y, mo == 12 ? 1 : mo + 1, 1);
    const std::optional<int64_t> expected = real ? std::optional(exact) : std::nullopt;

    const auto check = [&](const TimestampFormat& format, const std::string& text) {
      ASSERT_EQ(format.Parse(text, true), expected) << text;
    };
    check(standard, Format("%04d-%02d-%02d %02d:%02d:%02d.%06d", y, mo, d, h, mi, s, us));
    check(packed, Format("%04d%02d%02d%02d%02d%02d.%06d", y, mo, d, h, mi, s, us));
    check(spoken, Format("%s %d, %04d %d:%d:%d.%06d %s", name, d, y, h12, mi, s, us, half));
    check(automatic, Format("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", y, mo, d, h, mi, s, us));
    check(automatic, Format("%04d%02d%02d %02d%02d%02d.%06d", y, mo, d, h, mi, s, us));
    check(automatic, Format("%02d/%02d/%04d %d:%02d:%02d.%06d %s", mo, d, y, h12, mi, s, us, half));
    check(automatic, Format("%d %s %02d:%02d:%02d.%06d %04d GMT", d, name, h, mi, s, us, y));
    check(automatic, Format("%s-%02d-%04d %02d:%02d:%02d.%06d", name, d, y, h, mi, s, us));
  }
}

TEST(TimestampFormat, ShownAndKind) {
  EXPECT_EQ(TimestampFormat("").shown(), "YYYY-MM-DD HH24:MI:SS");
  EXPECT_EQ(TimestampFormat("MM/DD/YYYY").shown(), "MM/DD/YYYY");
  EXPECT_EQ(TimestampFormat("epochmillisecs").shown(), "epochmillisecs");
  EXPECT_TRUE(TimestampFormat("epochmillisecs").is_epoch());
  EXPECT_TRUE(TimestampFormat("epochsecs").is_epoch());
  EXPECT_FALSE(TimestampFormat("auto").is_epoch());
  EXPECT_FALSE(TimestampFormat("").is_epoch());
  EXPECT_EQ(DateFormat("").shown(), "YYYY-MM-DD");
  EXPECT_EQ(DateFormat("auto").shown(), "auto");
}

TEST(DateFormat, Table) {
  struct Row {
    std::string format;
    std::string text;
    std::optional<int32_t> expected;
  };
  const std::vector<Row> rows = {
      {"", "2000-01-01", 0},
      {"", "1999-12-31", -1},
      {"", "2018-11-01 20:57:10", Days(2018, 11, 1)},
      {"", "2018-11-01T20:57:10Z", Days(2018, 11, 1)},
      {"", "2018-11-01x", std::nullopt},
      {"", "2018-11-01 x", std::nullopt},
      {"", "2018-11-011", std::nullopt},
      {"", "2018-02-29", std::nullopt},
      {"", "", std::nullopt},
      {"", "20181101", std::nullopt},
      {"MM/DD/YYYY", "03/31/2003", Days(2003, 3, 31)},
      {"MON DD, YYYY", "March 31, 2003", Days(2003, 3, 31)},
      {"MON-DD-YYYY", "Jan-01-1999", Days(1999, 1, 1)},
      {"DDMMYY", "310399", Days(1999, 3, 31)},
      {"YYYY-MM-DD HH:MI:SS", "2018-11-01 20:57:10", Days(2018, 11, 1)},
      {"auto", "20181101", Days(2018, 11, 1)},
      {"auto", "2018-11-01T20:57:10+14:00", Days(2018, 11, 1)},
      {"auto", "J2451545", 0},
      {"auto", "1541105830796", std::nullopt},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(DateFormat(row.format).Parse(row.text), row.expected)
        << "'" << row.text << "' as '" << row.format << "'";
  }
}

/// The days of one year against a count; gives the first day of the next year.
int32_t WalkYear(int year, int32_t new_year) {
  const DateFormat standard("");
  const DateFormat automatic("auto");
  const int february = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
  const std::array<int, 12> lengths = {31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int32_t next = new_year;
  for (int month = 1; month <= 12; ++month) {
    const int length = lengths.at(static_cast<size_t>(month - 1));
    std::string text = Format("%04d-%02d-00", year, month);
    for (int day = 0; day <= length + 1; ++day) {
      text[8] = static_cast<char>('0' + day / 10);
      text[9] = static_cast<char>('0' + day % 10);
      const bool real = day >= 1 && day <= length;
      EXPECT_EQ(standard.Parse(text), real ? std::optional(next++) : std::nullopt) << text;
    }
  }
  const int days = next - new_year;
  EXPECT_EQ(automatic.Parse(Format("%04d.%03d", year, days)), next - 1);
  EXPECT_EQ(automatic.Parse(Format("%04d.%03d", year, days + 1)), std::nullopt);
  return next;
}

// Walks every day there is, counting, so that a slip of any leap year shows.
TEST(DateFormat, EveryDayOfEveryYear) {
  int32_t new_year = -730'119;  // 0001-01-01 is J1721426 and 2000-01-01 is J2451545.
  for (int year = 1; year <= 9999; ++year) {
    new_year = WalkYear(year, new_year);
    if (HasFailure()) return;
  }
}

// Whatever the bytes, the answer is a value or none, never a crash or a value outside the range.
TEST(TimestampFormat, AnyBytesAreAnsweredInRange) {
  std::mt19937_64 random(3);
  constexpr std::string_view kAlphabet = "0123456789999--::..  /+TZJeEAPMandecU,";
  const std::vector<TimestampFormat> formats = {
      TimestampFormat(""), TimestampFormat("auto"), TimestampFormat("epochsecs"),
      TimestampFormat("epochmillisecs"), TimestampFormat("DDMONYY HH12MISSPM")};
  for (int i = 0; i < 300'000; ++i) {
    std::string text(random() % 24, ' ');
    for (char& c : text) {
      const uint64_t bits = random();
      c = bits % 32 == 0 ? static_cast<char>(bits >> 8U)
                         : kAlphabet[(bits >> 8U) % kAlphabet.size()];
    }
    for (const TimestampFormat& format : formats) {
      const std::optional<int64_t> value = format.Parse(text, true);
      if (!value) continue;
      ASSERT_GE(*value, -211'813'488'000'000'000) << text;
      ASSERT_LT(*value, 9'223'371'331'200'000'000) << text;
    }
  }
}

}  // namespace
}  // namespace dwh
