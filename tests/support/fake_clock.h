#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "base/clock.h"

namespace dwh {

/// Time that passes only while someone sleeps, or when a test sets `now`.
class FakeClock : public Clock {
 public:
  WallTime Now() override { return now; }
  SteadyTime Steady() override { return SteadyTime(now.time_since_epoch()); }
  void SleepFor(std::chrono::milliseconds duration) override {
    sleeps.push_back(duration);
    now += duration;
    if (during_sleep) during_sleep();
  }
  /// Since the beginning.
  std::chrono::milliseconds passed() const {
    return std::chrono::duration_cast<std::chrono::milliseconds>(now - kStart);
  }

  static constexpr WallTime kStart{std::chrono::seconds(1440938160)};  // 30 Aug 2015 12:36:00 GMT
  WallTime now = kStart;
  std::vector<std::chrono::milliseconds> sleeps;
  std::function<void()> during_sleep;
};

}  // namespace dwh
