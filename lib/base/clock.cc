#include "base/clock.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include "base/ascii.h"

namespace dwh {
namespace {

std::string Format(WallTime time, const char* format) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t length = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), length};
}

/// Takes `count` digits off the front of `text`; -1 if it does not begin with them.
int TakeNumber(std::string_view& text, size_t count) {
  if (text.size() < count || !std::all_of(text.begin(), text.begin() + count, IsDigit)) return -1;
  int number = 0;
  std::from_chars(text.data(), text.data() + count, number);
  text.remove_prefix(count);
  return number;
}

bool TakeAnyOf(std::string_view& text, std::string_view choices) {
  if (text.empty() || choices.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

/// "20:15:09" and what may follow it of a second, in microseconds of the day.
std::optional<std::chrono::microseconds> TakeTimeOfDay(std::string_view& text) {
  const int hour = TakeNumber(text, 2);
  if (hour < 0 || hour > 23 || !TakeAnyOf(text, ":")) return std::nullopt;
  const int minute = TakeNumber(text, 2);
  if (minute < 0 || minute > 59 || !TakeAnyOf(text, ":")) return std::nullopt;
  const int second = TakeNumber(text, 2);
  if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second
  std::chrono::microseconds time =
      std::chrono::hours(hour) + std::chrono::minutes(minute) + std::chrono::seconds(second);
  if (!TakeAnyOf(text, ".,")) return time;
  if (text.empty() || !IsDigit(text.front())) return std::nullopt;
  for (int unit = 100'000; !text.empty() && IsDigit(text.front()); unit /= 10) {
    time += std::chrono::microseconds(TakeNumber(text, 1) * unit);
  }
  return time;
}

/// The whole of `text` as an offset from UTC.
std::optional<std::chrono::minutes> ReadOffset(std::string_view text) {
  if (text.empty() || text == "Z" || text == "z" || text == "UTC") return std::chrono::minutes(0);
  const int sign = text.front() == '-' ? -1 : 1;
  if (!TakeAnyOf(text, "+-")) return std::nullopt;
  const int hours = TakeNumber(text, 2);
  TakeAnyOf(text, ":");
  const int minutes = TakeNumber(text, 2);
  if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || !text.empty()) return std::nullopt;
  return sign * (std::chrono::hours(hours) + std::chrono::minutes(minutes));
}

std::optional<std::chrono::sys_days> Day(int year, int month, int day) {
  if (year < 0 || month < 0 || day < 0) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date);
}

}  // namespace

std::string FormatIso8601(WallTime time) { return Format(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string FormatCompact(WallTime time) { return Format(time, "%Y%m%d%H%M%S"); }

std::string FormatSqlTimestamp(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  const std::string digits = std::to_string(micros);
  return Format(time, "%Y-%m-%d %H:%M:%S.") + std::string(6 - digits.size(), '0') + digits;
}

std::optional<WallTime> ParseIso8601(std::string_view text) {
  const int year = TakeNumber(text, 4);
  if (!TakeAnyOf(text, "-")) return std::nullopt;
  const int month = TakeNumber(text, 2);
  if (!TakeAnyOf(text, "-")) return std::nullopt;
  const auto day = Day(year, month, TakeNumber(text, 2));
  if (!day || !TakeAnyOf(text, "Tt ")) return std::nullopt;
  const auto time = TakeTimeOfDay(text);
  const auto offset = ReadOffset(text);
  if (!time || !offset) return std::nullopt;
  // The clock counts nanoseconds, which end in the year 2262.
  constexpr auto kLast = std::chrono::floor<std::chrono::days>(WallTime::max());
  constexpr auto kFirst = std::chrono::ceil<std::chrono::days>(WallTime::min());
  if (*day >= kLast) return WallTime::max();
  if (*day <= kFirst) return WallTime::min();
  return WallTime(*day + *time - *offset);
}

std::optional<WallTime> ParseHttpDate(std::string_view text) {
  constexpr std::string_view kMonths = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec ";
  const size_t comma = text.find(", ");
  if (comma == std::string_view::npos) return std::nullopt;
  text.remove_prefix(comma + 2);
  const int day = TakeNumber(text, 2);
  if (!TakeAnyOf(text, " ") || text.size() < 4) return std::nullopt;
  const size_t month = kMonths.find(text.substr(0, 4));  // with the blank behind it
  if (month == std::string_view::npos || month % 4 != 0) return std::nullopt;
  text.remove_prefix(4);
  const auto date = Day(TakeNumber(text, 4), static_cast<int>(month / 4) + 1, day);
  if (!date || !TakeAnyOf(text, " ")) return std::nullopt;
  const auto time = TakeTimeOfDay(text);
  if (!time || text != " GMT") return std::nullopt;
  return WallTime(*date + *time);
}

}  // namespace dwh
