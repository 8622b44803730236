#include "base/clock.h"

#include <array>
#include <ctime>

#include "base/interrupt.h"

namespace dwh {
namespace {

class SystemClock : public Clock {
 public:
  WallTime Now() override { return std::chrono::system_clock::now(); }
  SteadyTime Steady() override { return std::chrono::steady_clock::now(); }
  void SleepFor(std::chrono::milliseconds duration) override { WaitForInterrupt(duration); }
};

std::string Format(WallTime time, const char* format) {
  const std::time_t seconds =
      std::chrono::system_clock::to_time_t(std::chrono::floor<std::chrono::seconds>(time));
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t length = std::strftime(text.data(), text.size(), format, &parts);
  return {text.data(), length};
}

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

std::string FormatIso8601(WallTime time) { return Format(time, "%Y-%m-%dT%H:%M:%SZ"); }

std::string FormatCompact(WallTime time) { return Format(time, "%Y%m%d%H%M%S"); }

std::string FormatSqlTimestamp(WallTime time) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(time - whole).count();
  const std::string digits = std::to_string(micros);
  return Format(time, "%Y-%m-%d %H:%M:%S.") + std::string(6 - digits.size(), '0') + digits;
}

}  // namespace dwh
