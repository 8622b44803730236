// In place of lib/base/real_clock.cc: whoever sleeps finds the time gone at once, so that a program
// that waits for minutes can be tested as it is.
#include <atomic>

#include "base/clock.h"

namespace dwh {
namespace {

class QuickClock : public Clock {
 public:
  WallTime Now() override { return std::chrono::system_clock::now() + slept_.load(); }
  SteadyTime Steady() override { return std::chrono::steady_clock::now() + slept_.load(); }
  void SleepFor(std::chrono::milliseconds duration) override { slept_ = slept_.load() + duration; }

 private:
  std::atomic<std::chrono::milliseconds> slept_{};
};

}  // namespace

Clock& RealClock() {
  static QuickClock clock;
  return clock;
}

}  // namespace dwh
