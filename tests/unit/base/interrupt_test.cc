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

}  // namespace
}  // namespace dwh
