#include "base/interrupt.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <optional>
#include <thread>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

std::atomic<int> g_signal{0};
std::atomic<bool> g_limited{false};  // a TimeLimit is there, so SIGALRM is its
std::array<int, 2> g_pipe{-1, -1};   // written once, before any thread starts

extern "C" void OnSignal(int signal) {
  if (signal == SIGALRM && !g_limited) return;
  int none = 0;
  if (!g_signal.compare_exchange_strong(none, signal)) {
    if (signal == SIGALRM) return;
    _exit(128 + signal);
  }
  // Nothing can be done here if the pipe is full, and full means readable, which is all we need.
  [[maybe_unused]] const ssize_t ignored = write(g_pipe[1], "!", 1);
}

/// Of the time limit; only the thread that made it uses these.
std::optional<timer_t> g_timer;
std::atomic<bool> g_limit_over{false};

void StartTimer(std::chrono::milliseconds limit) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(limit);
  const std::chrono::nanoseconds rest = limit - seconds;
  itimerspec when{};
  when.it_value = {seconds.count(), rest.count()};
  timer_settime(*g_timer, 0, &when, nullptr);
}

/// Undoes the interrupt of a time limit, and no other.
void CalmDown() {
  int ours = SIGALRM;
  if (!g_signal.compare_exchange_strong(ours, 0)) return;
  g_limit_over = true;
  char byte = 0;
  while (InterruptFd() >= 0 && read(InterruptFd(), &byte, 1) == 1) continue;
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
  sigaction(SIGALRM, &action, nullptr);
}

int InterruptSignal() { return g_signal.load(); }

void ThrowIfInterrupted() {
  const int signal = InterruptSignal();
  if (signal == 0) return;
  throw Error(ErrorKind::kInterrupted, signal == SIGALRM   ? "the time limit is over"
                                       : signal == SIGTERM ? "terminated"
                                                           : "interrupted");
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

TimeLimit::TimeLimit(std::chrono::milliseconds limit) {
  g_limit_over = false;
  if (limit.count() == 0) return;
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGALRM;
  timer_t timer{};
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0) {
    throw Error(ErrorKind::kFailed, StrCat("cannot set a time limit: ", ErrnoText(errno)));
  }
  g_timer = timer;
  g_limited = true;
  StartTimer(limit);
}

TimeLimit::~TimeLimit() {
  if (g_timer) timer_delete(*g_timer);
  g_timer.reset();
  g_limited = false;
  CalmDown();
}

bool TimeLimit::IsOver() { return g_limit_over || InterruptSignal() == SIGALRM; }

void TimeLimit::GiveGrace() {
  constexpr std::chrono::seconds kGrace{30};
  if (!g_timer || InterruptSignal() != SIGALRM) return;
  CalmDown();
  StartTimer(kGrace);
}

void SetInterruptForTest(int signal) { g_signal = signal; }

}  // namespace dwh
