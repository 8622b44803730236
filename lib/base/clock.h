#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace dwh {

using WallTime = std::chrono::system_clock::time_point;
using SteadyTime = std::chrono::steady_clock::time_point;

/// Time as a seam: code that waits or stamps takes a Clock, so tests need not sleep.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime Now() = 0;
  virtual SteadyTime Steady() = 0;
  /// Returns early, without throwing, when an interrupt arrives (see interrupt.h).
  virtual void SleepFor(std::chrono::milliseconds duration) = 0;
};

/// The machine's clock. One object for the whole process.
Clock& RealClock();

/// "2018-11-12T02:37:19Z".
std::string FormatIso8601(WallTime time);
/// "20181112023719", UTC: as in the names of result files.
std::string FormatCompact(WallTime time);
/// "2018-11-12 02:37:19.796000", UTC: a SQL timestamp literal's text.
std::string FormatSqlTimestamp(WallTime time);

/// "2018-11-12T02:37:19Z", also with a fraction, with an offset ("+01:00", "+0100", "UTC"), or with
/// none, which means UTC. nullopt for anything else. Times beyond what the clock can count, some
/// 290 years from 1970, become its first or last one: "9999-12-31T23:59:59Z" is never.
std::optional<WallTime> ParseIso8601(std::string_view text);
/// An HTTP header's date: "Mon, 12 Nov 2018 02:37:19 GMT". nullopt for anything else.
std::optional<WallTime> ParseHttpDate(std::string_view text);

}  // namespace dwh
