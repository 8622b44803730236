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

TEST(Process, DropsToAnAccountForGood) {
  Command command = Shell("id -u; id -G; cat /dev/stdin");
  command.input = "word";
  command.account = FindAccount(geteuid());
  ASSERT_TRUE(command.account);
  if (geteuid() == 0) {
    command.account = Account{"made up", 12345, 23456, {23456, 34567}};
    EXPECT_EQ(RunProcess(command).output, "12345\n23456 34567\nword");
  } else {
    // Only root may become someone else.
    command.account->uid = 0;
    EXPECT_THROW(RunProcess(command), Error);
  }
}

TEST(Process, ActAsTakesRightsAwayAndGivesThemBack) {
  const uid_t before = geteuid();
  if (before == 0) {
    const Account account{"made up", 12345, 23456, {23456}};
    {
      const ActAs outer(account);
      EXPECT_EQ(geteuid(), 12345U);
      EXPECT_EQ(getegid(), 23456U);
      EXPECT_EQ(open("/etc/shadow", O_RDONLY | O_CLOEXEC), -1);
      const ActAs inner(account);
    }
  } else {
    const ActAs nothing(std::nullopt);
  }
  EXPECT_EQ(geteuid(), before);
}

TEST(Process, InheritsNoOpenFiles) {
  const UniqueFd fd(open("/dev/null", O_RDONLY));  // without O_CLOEXEC, as a careless caller's
  ASSERT_TRUE(fd);
  const std::string path = "/proc/self/fd/" + std::to_string(fd.get());
  EXPECT_EQ(RunProcess(Shell("test -e " + path + " && echo open")).output, "");
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
