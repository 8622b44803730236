// In a file of its own, so that a program of the tests can be linked with another clock.
#include "base/clock.h"
#include "base/interrupt.h"

namespace dwh {
namespace {

class SystemClock : public Clock {
 public:
  WallTime Now() override { return std::chrono::system_clock::now(); }
  SteadyTime Steady() override { return std::chrono::steady_clock::now(); }
  void SleepFor(std::chrono::milliseconds duration) override { WaitForInterrupt(duration); }
};

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

}  // namespace dwh
