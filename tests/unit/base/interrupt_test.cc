#include "base/interrupt.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <csignal>

#include "base/error.h"

namespace dwh {
namespace {

TEST(Interrupt, ThrowsOnceASignalHasArrived) {
  SetInterruptForTest(0);
  EXPECT_NO_THROW(ThrowIfInterrupted());
  for (const int signal : {SIGINT, SIGTERM}) {
    SetInterruptForTest(signal);
    EXPECT_EQ(InterruptSignal(), signal);
    try {
      ThrowIfInterrupted();
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
      EXPECT_STREQ(error.what(), signal == SIGTERM ? "terminated" : "interrupted");
    }
  }
  SetInterruptForTest(0);
}

// In a process of its own: a descriptor that has become readable stays so.
TEST(InterruptDeathTest, ASignalMakesTheDescriptorReadableAndASecondEndsTheProcess) {
  const auto interrupt_twice = [] {
    InstallInterruptHandlers();
    pollfd waiter{InterruptFd(), POLLIN, 0};
    if (poll(&waiter, 1, 0) != 0) _exit(10);
    std::raise(SIGINT);
    for (int i = 0; i < 2; ++i) {
      if (poll(&waiter, 1, 0) != 1) _exit(11);
    }
    if (!WaitForInterrupt(std::chrono::hours(1))) _exit(12);
    std::raise(SIGTERM);
    _exit(13);
  };
  EXPECT_EXIT(interrupt_twice(), ::testing::ExitedWithCode(128 + SIGTERM), "");
}

// These wait for the kernel, however long it takes; in processes of their own for the same reason.
TEST(InterruptDeathTest, ATimeLimitInterruptsAndItsEndMakesAllCalmAgain) {
  const auto run_out_of_time = [] {
    InstallInterruptHandlers();
    {
      const TimeLimit limit(std::chrono::milliseconds(1));
      if (!WaitForInterrupt(std::chrono::hours(1)) || InterruptSignal() != SIGALRM) _exit(10);
      try {
        ThrowIfInterrupted();
        _exit(11);
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::kInterrupted) _exit(12);
      }
      TimeLimit::GiveGrace();
      if (InterruptSignal() != 0 || !TimeLimit::IsOver()) _exit(16);
    }
    pollfd waiter{InterruptFd(), POLLIN, 0};
    if (InterruptSignal() != 0 || poll(&waiter, 1, 0) != 0) _exit(13);
    if (!TimeLimit::IsOver()) _exit(17);
    std::raise(SIGALRM);  // nobody's now
    if (InterruptSignal() != 0) _exit(14);
    std::raise(SIGTERM);  // the first of its kind
    _exit(InterruptSignal() == SIGTERM ? 0 : 15);
  };
  EXPECT_EXIT(run_out_of_time(), ::testing::ExitedWithCode(0), "");
}

TEST(InterruptDeathTest, ASignalComesBeforeTheTimeLimitThatFollowsIt) {
  const auto stop_by_hand = [] {
    InstallInterruptHandlers();
    {
      const TimeLimit limit(std::chrono::hours(1));
      std::raise(SIGINT);
      std::raise(SIGALRM);
    }
    _exit(InterruptSignal() == SIGINT && !TimeLimit::IsOver() ? 0 : 10);
  };
  EXPECT_EXIT(stop_by_hand(), ::testing::ExitedWithCode(0), "");
}

TEST(Interrupt, NoTimeLimitIsNone) {
  SetInterruptForTest(0);
  const TimeLimit limit(std::chrono::milliseconds(0));
  EXPECT_EQ(InterruptSignal(), 0);
}

}  // namespace
}  // namespace dwh
