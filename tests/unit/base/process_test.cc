#include "base/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"

namespace dwh {
namespace {

Command Shell(const std::string& script) { return {{"/bin/sh", "-c", script}, {}, "/", {}, ""}; }

TEST(Process, CapturesBothOutputsAndTheStatus) {
  const ProcessResult result = RunProcess(Shell("echo out; echo err >&2; exit 7"));
  EXPECT_EQ(result.output, "out\nerr\n");
  EXPECT_EQ(result.status, 7);
  EXPECT_EQ(RunProcess(Shell("kill -9 $$")).status, 128 + SIGKILL);
}

TEST(Process, KeepsErrorsApart) {
  Command command =
      Shell("echo out; echo err >&2; exec >&-; head -c 1000000 /dev/zero >&2; exit 7");
  command.errors_apart = true;
  const ProcessResult result = RunProcess(command);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors.substr(0, 4), "err\n");
  EXPECT_EQ(result.errors.size(), 1000004U);
  EXPECT_EQ(result.status, 7);
}

TEST(Process, ReadsMoreThanAPipeHolds) {
  EXPECT_EQ(RunProcess(Shell("head -c 1000000 /dev/zero")).output.size(), 1000000U);
}

TEST(Process, PassesArgumentsAsTheyAre) {
  const Command command{{"/usr/bin/printf", "%s|", "$HOME", "a b", "'\"\\", ""}, {}, "/", {}, ""};
  EXPECT_EQ(RunProcess(command).output, "$HOME|a b|'\"\\||");
}

TEST(Process, GivesOnlyTheEnvironmentAskedFor) {
  ASSERT_EQ(setenv("DWH_TEST_SECRET", "leaked", 1), 0);
  const Command command{{"/usr/bin/env"}, {{"ONE", "1"}, {"TWO", "b=c"}}, "/", {}, ""};
  EXPECT_EQ(RunProcess(command).output, "ONE=1\nTWO=b=c\n");
  unsetenv("DWH_TEST_SECRET");
}

TEST(Process, RunsInTheFolderWithPrivateUmask) {
  Command command = Shell("pwd; umask");
  command.folder = "/usr";
  EXPECT_EQ(RunProcess(command).output, "/usr\n0077\n");
}

TEST(Process, InputCanBeReadAndOpenedByName) {
  Command command = Shell("cat");
  command.input = "secret\n";
  EXPECT_EQ(RunProcess(command).output, "secret\n");
  command.argv = {"/bin/cat", "/dev/stdin"};
  EXPECT_EQ(RunProcess(command).output, "secret\n");
  command.input = "";
  EXPECT_EQ(RunProcess(command).output, "");
}

/// What `action` returned, or the message of the Error it threw.
template <typename Action>
std::string Outcome(const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    return error.what();
  }
}

const Account kStranger{"stranger", 12345, 23456, {23456, 34567}};

TEST(Process, DropsToAnAccountForGood) {
  Command command = Shell("id -u; id -G; cat /dev/stdin");
  command.input = "word";
  command.account = kStranger;
  EXPECT_EQ(Outcome([&] { return RunProcess(command).output; }),
            geteuid() == 0 ? "12345\n23456 34567\nword"
                           : "cannot start /bin/sh: Operation not permitted");
}

TEST(Process, ActAsTakesRightsAwayAndGivesThemBack) {
  const uid_t before = geteuid();
  const auto act = [] {
    const ActAs outer(kStranger);
    const ActAs inner(kStranger);
    const UniqueFd secret(open("/etc/shadow", O_RDONLY | O_CLOEXEC));
    return std::to_string(geteuid()) + " " + std::to_string(getegid()) + (secret ? " reads" : "");
  };
  EXPECT_EQ(Outcome(act), before == 0 ? "12345 23456"
                                      : "cannot act as account stranger: Operation not permitted");
  EXPECT_EQ(geteuid(), before);
  const ActAs nobody_else(std::nullopt);
  EXPECT_EQ(geteuid(), before);
}

TEST(Process, InheritsNoOpenFiles) {
  const UniqueFd fd(open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as a careless caller's
  ASSERT_TRUE(fd);
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  EXPECT_EQ(RunProcess(Shell("test -e " + path + " && echo open")).output, "");
}

TEST(Process, EndsAProgramAndItsOwnWhenThePatienceIsOver) {
  Command command = Shell("echo begun; sleep 1000 & sleep 1000");
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  command.patience = std::chrono::milliseconds(1);
  // Would last 1000 s if either sleep lived on and held the pipe.
  const ProcessResult result = RunProcess(command);
  EXPECT_TRUE(result.ended_by_us);
  EXPECT_EQ(result.status, 128 + SIGKILL);
  command.argv.back() = "echo done";
  command.patience = std::chrono::hours(1);
  EXPECT_FALSE(RunProcess(command).ended_by_us);
}

TEST(Process, SaysWhatCannotBeStarted) {
  try {
    RunProcess({{"/no/such/program"}, {}, "/", {}, ""});
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot start /no/such/program: No such file or directory");
  }
}

TEST(Process, PassesAnInterruptOnAndWaits) {
  std::string folder = (std::filesystem::temp_directory_path() / "dwh_process.XXXXXX").string();
  ASSERT_NE(mkdtemp(folder.data()), nullptr);
  SetInterruptForTest(0);
  InstallInterruptHandlers();
  Command command = Shell(
      "trap 'touch passed_on; exit' INT; kill -TERM $PPID; "
      "for i in $(seq 1000); do sleep 0.01; done");
  command.environment = {{"PATH", "/usr/bin:/bin"}};
  command.folder = folder;
  try {
    RunProcess(command);
    ADD_FAILURE() << "the interrupt was not told";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  SetInterruptForTest(0);
  EXPECT_TRUE(std::filesystem::exists(folder + "/passed_on"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace dwh
