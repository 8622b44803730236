#include "base/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

#include "base/error.h"

namespace dwh {
namespace {

std::atomic<int> g_signal{0};
std::array<int, 2> g_pipe{-1, -1};  // written once, before any thread starts

extern "C" void OnSignal(int signal) {
  if (g_signal.exchange(signal) != 0) _exit(128 + signal);
  // Nothing can be done here if the pipe is full, and full means readable, which is all we need.
  [[maybe_unused]] const ssize_t ignored = write(g_pipe[1], "!", 1);
}

}  // namespace

void InstallInterruptHandlers() {
  if (pipe2(g_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
    throw Error(ErrorKind::kFailed, "cannot make a pipe for signals");
  }
  struct sigaction action {};
  action.sa_handler = OnSignal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int InterruptSignal() { return g_signal.load(); }

void ThrowIfInterrupted() {
  const int signal = InterruptSignal();
  if (signal == 0) return;
  throw Error(ErrorKind::kInterrupted, signal == SIGTERM ? "terminated" : "interrupted");
}

int InterruptFd() { return g_pipe[0]; }

bool WaitForInterrupt(std::chrono::milliseconds timeout) {
  if (InterruptFd() < 0) {
    std::this_thread::sleep_for(timeout);
    return InterruptSignal() != 0;
  }
  pollfd waiter{InterruptFd(), POLLIN, 0};
  poll(&waiter, 1, static_cast<int>(timeout.count()));
  return InterruptSignal() != 0;
}

void SetInterruptForTest(int signal) { g_signal = signal; }

}  // namespace dwh
