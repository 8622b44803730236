#pragma once

#include <chrono>

namespace dwh {

/// SIGINT and SIGTERM as a state that long work looks at. cli/run_main installs the handlers; until
/// then nothing ever interrupts. All functions may be called from any thread.

/// Makes the signals set the state below. Call once, before threads start. A second signal of
/// either kind ends the process at once.
void InstallInterruptHandlers();

/// The signal that arrived, or 0.
int InterruptSignal();

/// Throws Error(kInterrupted) if a signal has arrived.
void ThrowIfInterrupted();

/// A descriptor that becomes readable when a signal arrives and stays so: for poll(). -1 if no
/// handlers are installed, which poll() ignores.
int InterruptFd();

/// Waits until the time is over or a signal arrives; true if a signal has arrived.
bool WaitForInterrupt(std::chrono::milliseconds timeout);

/// Sets the state as if `signal` had arrived, or clears it with 0. For tests.
void SetInterruptForTest(int signal);

}  // namespace dwh
