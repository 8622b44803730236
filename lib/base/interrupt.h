#pragma once

#include <chrono>

namespace dwh {

/// SIGINT, SIGTERM and the end of a time limit as a state that long work looks at. cli/run_main
/// installs the handlers; until then nothing ever interrupts. All functions may be called from any
/// thread.

/// Makes the signals set the state below. Call once, before threads start. A second SIGINT or
/// SIGTERM ends the process at once.
void InstallInterruptHandlers();

/// The signal that arrived, or 0. SIGALRM means that a TimeLimit is over.
int InterruptSignal();

/// Throws Error(kInterrupted) if a signal has arrived.
void ThrowIfInterrupted();

/// A descriptor that becomes readable when a signal arrives and stays so: for poll(). -1 if no
/// handlers are installed, which poll() ignores.
int InterruptFd();

/// Waits until the time is over or a signal arrives; true if a signal has arrived.
bool WaitForInterrupt(std::chrono::milliseconds timeout);

/// Interrupts the work, as a signal does, when the time is over before this object is gone; the
/// destructor makes the state calm again. SIGINT and SIGTERM that arrive first are told instead.
/// One object at a time.
class TimeLimit {
 public:
  /// 0: no limit. Throws Error(kFailed).
  explicit TimeLimit(std::chrono::milliseconds limit);
  ~TimeLimit();
  TimeLimit(const TimeLimit&) = delete;
  TimeLimit& operator=(const TimeLimit&) = delete;

  /// Whether it has interrupted the work.
  static bool IsOver();
  /// If it has, the state is calm for half a minute more, in which the end can be written down.
  static void GiveGrace();
};

/// Sets the state as if `signal` had arrived, or clears it with 0. For tests.
void SetInterruptForTest(int signal);

}  // namespace dwh
