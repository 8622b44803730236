#include "warehouse/wait.h"

#include "base/interrupt.h"

namespace dwh {

void KeepTrying(Clock& clock, const Rhythm& rhythm,
                const std::function<bool(const Try&)>& attempt) {
  const SteadyTime start = clock.Steady();
  for (int number = 1;; ++number) {
    const auto elapsed =
        std::chrono::duration_cast<std::chrono::milliseconds>(clock.Steady() - start);
    const bool last = elapsed >= rhythm.patience;
    if (attempt({.number = number, .elapsed = elapsed, .last = last}) || last) return;
    clock.SleepFor(rhythm.pause);
    ThrowIfInterrupted();
  }
}

}  // namespace dwh
