#include "warehouse/run_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "../../support/fake_clock.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::chrono::minutes kTwoHoursFive{125};

/// A file system without flock, and a machine whose processes the test makes up.
class RunLockTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "run_lock_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    path_ = fs::path(name) / "etl.lock";
    owner_file_ = path_.string() + ".owner";
  }
  void TearDown() override { fs::remove_all(path_.parent_path()); }

  LockMachine Machine() {
    const auto no_flock = [this](int, int) {
      errno = error_;
      return -1;
    };
    return {no_flock, "host1", [this](pid_t pid) { return pid == getpid() ? "ours" : other_; }};
  }

  /// What it says of the owner when it refuses; "" if the lock was ours.
  std::string Refusal() {
    try {
      const RunLock lock(path_, "/srv/dwh.cfg", clock_, Machine());
      EXPECT_TRUE(fs::exists(owner_file_));
      return "";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kLocked) << error.what();
      return StrCat(error.what(), "\n", error.hint());
    }
  }

  void LeaveOwner(const std::string& host, const std::string& process) {
    WriteFileAtomic(owner_file_,
                    StrCat("pid 4711\nhost ", host, "\nuser eve\nsince ", FormatIso8601(clock_.now),
                           "\nconfig /srv/dwh.cfg\nprocess ", process, "\n"),
                    0644);
  }

  fs::path path_;
  fs::path owner_file_;
  FakeClock clock_;
  std::string other_ = "boot/77";  ///< What the process 4711 is now.
  int error_ = ENOLCK;
};

TEST_F(RunLockTest, WithoutFlockAFileIsTheLockAndGoesWithIt) {
  for (const int error : {ENOLCK, ENOSYS, EOPNOTSUPP}) {
    error_ = error;
    EXPECT_EQ(Refusal(), "");
    EXPECT_FALSE(fs::exists(owner_file_));
  }
}

TEST_F(RunLockTest, OtherFailuresOfFlockAreTold) {
  error_ = EIO;
  try {
    const RunLock lock(path_, "/srv/dwh.cfg", clock_, Machine());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFailed);
    EXPECT_THAT(error.what(), HasSubstr("Input/output error"));
  }
}

TEST_F(RunLockTest, TakesOverFromTheDeadOfThisMachine) {
  LeaveOwner("host1", "boot/77");
  other_ = "";
  EXPECT_EQ(Refusal(), "") << "the process is gone";
  LeaveOwner("host1", "boot/77");
  other_ = "boot/99";
  EXPECT_EQ(Refusal(), "") << "another process has its number";
}

TEST_F(RunLockTest, TheLivingKeepTheirLockAndTheMessageNamesThem) {
  LeaveOwner("host1", "boot/77");
  clock_.now += kTwoHoursFive;
  EXPECT_THAT(Refusal(),
              AllOf(HasSubstr("pid 4711 of user eve on host host1 with /srv/dwh.cfg"),
                    HasSubstr("held for 2 h 05 min"), HasSubstr("since 2015-08-30T12:36:00Z")));
  EXPECT_TRUE(fs::exists(owner_file_));
}

TEST_F(RunLockTest, NothingIsTakenFromAnotherMachine) {
  LeaveOwner("host2", "boot/77");
  other_ = "";  // here, which says nothing of there
  EXPECT_THAT(Refusal(), AllOf(HasSubstr("on host host2"), HasSubstr(owner_file_.string()),
                               HasSubstr("by hand")));
  EXPECT_TRUE(fs::exists(owner_file_));
}

TEST_F(RunLockTest, OneOfTwoAtOnceWins) {
  const RunLock first(path_, "/srv/dwh.cfg", clock_, Machine());
  EXPECT_THAT(Refusal(), HasSubstr(StrCat("pid ", getpid())));
  EXPECT_TRUE(fs::exists(owner_file_)) << "the loser leaves it alone";
}

TEST_F(RunLockTest, TheKernelsLockNeedsNoOtherFile) {
  const LockMachine real = LockMachine::This();
  const RunLock first(path_, "/srv/dwh.cfg", clock_, real);
  EXPECT_FALSE(fs::exists(owner_file_));
  EXPECT_THROW(RunLock(path_, "/srv/dwh.cfg", clock_, real), Error);
  EXPECT_THAT(ReadFile(path_), HasSubstr(StrCat("pid ", getpid(), "\nhost ", real.host)));
}

TEST(LockMachine, TellsProcessesApart) {
  const LockMachine real = LockMachine::This();
  EXPECT_THAT(real.identity(getpid()), Not(""));
  EXPECT_EQ(real.identity(getpid()), real.identity(getpid()));
  EXPECT_NE(real.identity(getpid()), real.identity(1));
  constexpr pid_t kNobody = 1 << 30;
  EXPECT_EQ(real.identity(kNobody), "");
}

}  // namespace
}  // namespace dwh
