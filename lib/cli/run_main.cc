#include "cli/run_main.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <string>

#include "base/clock.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/console.h"

namespace dwh {
namespace {

std::string_view LevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      break;
  }
  return "error";
}

/// Writes what people or machines are told about the run.
class Reporter {
 public:
  Reporter(const Args& args, Console& console) : args_(args), console_(console) {}

  void Message(LogLevel level, std::string_view message, std::string_view hint = "") {
    if (args_.common().log_format == LogFormat::kJson) {
      const std::string hint_member = hint.empty() ? "" : StrCat(",\"hint\":", JsonQuote(hint));
      console_.WriteLine(StrCat("{\"time\":", JsonQuote(FormatIso8601(RealClock().Now())),
                                ",\"level\":", JsonQuote(LevelName(level)),
                                ",\"program\":", JsonQuote(args_.program()),
                                ",\"message\":", JsonQuote(message), hint_member, "}"));
      return;
    }
    console_.WriteLine(StrCat(Prefix(level), Printable(message)));
    if (hint.empty()) return;
    console_.WriteLine(
        StrCat(console_.Styled(Console::Style::kHint, "hint:"), " ", Printable(hint)));
  }

 private:
  std::string Prefix(LogLevel level) const {
    if (level < LogLevel::kWarning) return "";
    const auto style =
        level == LogLevel::kWarning ? Console::Style::kWarning : Console::Style::kError;
    return StrCat(args_.program(), ": ", console_.Styled(style, StrCat(LevelName(level), ":")),
                  " ");
  }

  const Args& args_;
  Console& console_;
};

/// A descriptor 0, 1 or 2 that the caller closed would be given to the next file opened, and
/// results or messages written into it. The wrong way round, so that using it is still an error.
void OccupyStandardDescriptors() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    const int opened = open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    if (opened >= 0 && opened != fd) close(opened);
  }
}

/// Throws if anything of the results did not reach standard output.
void FlushResults() {
  errno = 0;
  std::cout.flush();
  const bool failed = std::fflush(stdout) != 0 || std::ferror(stdout) != 0 || !std::cout;
  if (!failed) return;
  throw Error(ErrorKind::kFailed, StrCat("cannot write to standard output",
                                         errno == 0 ? std::string() : ": " + ErrnoText(errno)));
}

LogLevel LowestLevel(const CommonOptions& options) {
  if (options.quiet) return LogLevel::kWarning;
  return options.verbose ? LogLevel::kDebug : LogLevel::kInfo;
}

int ParseAndRun(Args& args, int argc, const char* const* argv, Reporter& reporter,
                const std::function<int()>& body) {
  const std::string text = args.Parse(argc, argv);
  if (!text.empty()) {
    std::cout << text;
    return 0;
  }
  StderrConsole().AllowColor(!args.common().no_color);
  SetLogSink(
      [&reporter](LogLevel level, std::string_view message) { reporter.Message(level, message); },
      LowestLevel(args.common()));
  InstallInterruptHandlers();
  return body();
}

/// Runs `step` and turns what it throws into a message and an exit status.
int Guard(Reporter& reporter, const std::function<int()>& step) {
  try {
    return step();
  } catch (const Error& error) {
    reporter.Message(LogLevel::kError, error.what(), error.hint());
    return ExitStatus(error.kind());
  } catch (const std::bad_alloc&) {
    reporter.Message(LogLevel::kError, "out of memory");
  } catch (const std::exception& error) {
    reporter.Message(LogLevel::kError, error.what());
  }
  return ExitStatus(ErrorKind::kFailed);
}

}  // namespace

int ExitStatus(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kFailed:
      return 1;
    case ErrorKind::kUsage:
      return 2;
    case ErrorKind::kUnavailable:
      return 3;
    case ErrorKind::kRejected:
      return 4;
    case ErrorKind::kLocked:
      return 75;
    case ErrorKind::kInterrupted:
      break;
  }
  const int signal = InterruptSignal();
  return 128 + (signal == 0 ? SIGINT : signal);
}

int RunMain(Args& args, int argc, const char* const* argv, const std::function<int()>& body) {
  OccupyStandardDescriptors();
  // A reader that goes away shows as a failed write, which says more.
  std::signal(SIGPIPE, SIG_IGN);
  StderrConsole().AllowColor(true);
  Reporter reporter(args, StderrConsole());
  int status = Guard(reporter, [&] { return ParseAndRun(args, argc, argv, reporter, body); });
  StderrConsole().SetStatus("");
  const int flushed = Guard(reporter, [] {
    FlushResults();
    return 0;
  });
  SetLogSink(nullptr, LogLevel::kInfo);
  return status != 0 ? status : flushed;
}

}  // namespace dwh
