#pragma once

#include <chrono>
#include <functional>

#include "base/clock.h"

namespace dwh {

/// How far apart to try, and for how long.
struct Rhythm {
  std::chrono::seconds pause;
  std::chrono::minutes patience;
};

/// One of several tries.
struct Try {
  int number;                         ///< From 1 on.
  std::chrono::milliseconds elapsed;  ///< Since the first.
  bool last;                          ///< The patience is over: there will be no other.
};

/// Calls `attempt` until it returns true. In the last try it must do so or throw. Throws what
/// `attempt` throws, and Error(kInterrupted).
void KeepTrying(Clock& clock, const Rhythm& rhythm, const std::function<bool(const Try&)>& attempt);

}  // namespace dwh
