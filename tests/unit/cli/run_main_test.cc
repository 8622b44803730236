#include "cli/run_main.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <functional>
#include <iostream>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"

namespace dwh {
namespace {

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

constexpr int kCaught = -1;
constexpr int kClosed = -2;

/// Runs a program in a process of its own, as it would run from a shell. `out_fd` may take the
/// place of the file that catches standard output.
Outcome RunTool(const std::vector<const char*>& words, const std::function<int()>& body,
                int out_fd = kCaught) {
  std::FILE* const out = std::tmpfile();
  std::FILE* const err = std::tmpfile();
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    dup2(fileno(err), STDERR_FILENO);
    if (out_fd == kClosed) {
      close(STDOUT_FILENO);
    } else {
      dup2(out_fd == kCaught ? fileno(out) : out_fd, STDOUT_FILENO);
    }
    std::vector<const char*> argv = words;
    argv.insert(argv.begin(), "tool");
    Args args("tool", "Does things.", {});
    _exit(RunMain(args, static_cast<int>(argv.size()), argv.data(), body));
  }
  int status = 0;
  waitpid(child, &status, 0);
  const auto content = [](std::FILE* file) {
    std::string text = ReadFile("/proc/self/fd/" + std::to_string(fileno(file)));
    std::fclose(file);
    return text;
  };
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content(out), content(err)};
}

TEST(RunMain, ResultsGoToStandardOutputAndMessagesToStandardError) {
  const Outcome outcome = RunTool({}, [] {
    std::cout << "cout ";
    std::printf("stdio");
    LogDebug("Hidden.");
    LogInfo("Plain.");
    LogWarning("Careful\x1b[2J.");
    return 0;
  });
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "cout stdio");
  EXPECT_EQ(outcome.err, "Plain.\ntool: warning: Careful\\x1B[2J.\n");
}

TEST(RunMain, VerboseAndQuietSetTheLevel) {
  const auto body = [] {
    LogDebug("d");
    LogInfo("i");
    LogWarning("w");
    return 0;
  };
  EXPECT_EQ(RunTool({"--verbose"}, body).err, "d\ni\ntool: warning: w\n");
  EXPECT_EQ(RunTool({"--quiet"}, body).err, "tool: warning: w\n");
}

TEST(RunMain, WhatIsThrownBecomesMessageHintAndStatus) {
  const std::vector<std::pair<ErrorKind, int>> kinds = {
      {ErrorKind::kFailed, 1},   {ErrorKind::kUsage, 2},   {ErrorKind::kUnavailable, 3},
      {ErrorKind::kRejected, 4}, {ErrorKind::kLocked, 75}, {ErrorKind::kInterrupted, 130}};
  for (const auto& [kind, status] : kinds) {
    const Outcome outcome =
        RunTool({}, [kind = kind]() -> int { throw Error(kind, "it broke", "Mend it."); });
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.err, "tool: error: it broke\nhint: Mend it.\n");
  }
  EXPECT_EQ(RunTool({}, []() -> int { throw Error(ErrorKind::kFailed, "no hint"); }).err,
            "tool: error: no hint\n");
  const Outcome memory = RunTool({}, []() -> int { throw std::bad_alloc(); });
  EXPECT_EQ(memory.status, 1);
  EXPECT_EQ(memory.err, "tool: error: out of memory\n");
  const Outcome other = RunTool({}, []() -> int { throw std::runtime_error("odd"); });
  EXPECT_EQ(other.status, 1);
  EXPECT_EQ(other.err, "tool: error: odd\n");
}

TEST(RunMain, ASignalBecomesTheStatus) {
  for (const int signal : {SIGINT, SIGTERM}) {
    const Outcome outcome = RunTool({}, [signal] {
      std::raise(signal);
      ThrowIfInterrupted();
      return 0;
    });
    EXPECT_EQ(outcome.status, 128 + signal);
  }
}

TEST(RunMain, JsonMessagesAreOneObjectALine) {
  const Outcome outcome = RunTool({"--log-format", "json"}, []() -> int {
    LogWarning("say \"hi\"\n\xFF");
    throw Error(ErrorKind::kUnavailable, "gone", "Look.");
  });
  EXPECT_EQ(outcome.status, 3);
  const std::string time = R"(\{"time":"[-0-9]{10}T[:0-9]{8}Z",)";
  EXPECT_THAT(outcome.err,
              ::testing::MatchesRegex(
                  time +
                  R"("level":"warning","program":"tool","message":"say \\"hi\\"\\u000a.+"\})"
                  "\n" +
                  time +
                  R"("level":"error","program":"tool","message":"gone","hint":"Look\."\})"
                  "\n"));
}

TEST(RunMain, AWrongCommandLineRunsNothing) {
  const Outcome outcome = RunTool({"--verbos"}, [] {
    std::cout << "ran";
    return 0;
  });
  EXPECT_EQ(outcome.status, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "tool: error: unknown option '--verbos'; did you mean '--verbose'?\n"
            "hint: Run 'tool --help' for the options and examples.\n");
}

TEST(RunMain, HelpAndVersionAreResults) {
  const auto body = [] { return 9; };
  EXPECT_EQ(RunTool({"--version"}, body).out, "tool " DWH_VERSION "\n");
  const Outcome help = RunTool({"--help"}, body);
  EXPECT_EQ(help.status, 0);
  EXPECT_NE(help.out.find("Exit status:"), std::string::npos);
  EXPECT_EQ(help.err, "");
}

int PrintResult() {
  std::cout << "result\n";
  return 0;
}

TEST(RunMain, ResultsThatCannotBeWrittenAreAFailure) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  const Outcome outcome = RunTool({}, PrintResult, full.get());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "tool: error: cannot write to standard output: No space left on device\n");
  EXPECT_EQ(RunTool({"--help"}, PrintResult, full.get()).status, 1);
  // More than a buffer, so that the failure comes before the end.
  const auto print_much = [] {
    std::cout << std::string(100'000, 'x');
    return 0;
  };
  EXPECT_EQ(RunTool({}, print_much, full.get()).status, 1);
  const auto print_and_fail = [] {
    PrintResult();
    return 4;
  };
  EXPECT_EQ(RunTool({}, print_and_fail, full.get()).status, 4);
}

TEST(RunMain, AClosedStandardOutputIsNotGivenToAnotherFile) {
  const auto open_and_print = [] {
    const UniqueFd file(open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (file.get() <= STDERR_FILENO) return 9;
    return PrintResult();
  };
  const Outcome outcome = RunTool({}, open_and_print, kClosed);
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "tool: error: cannot write to standard output: Bad file descriptor\n");
}

TEST(RunMain, AReaderThatWentAwayIsAFailureNotASignal) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  close(ends[0]);
  const UniqueFd writable(ends[1]);
  const Outcome outcome = RunTool({}, PrintResult, writable.get());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(outcome.err, "tool: error: cannot write to standard output: Broken pipe\n");
}

}  // namespace
}  // namespace dwh
