#include "cli/console.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "base/interrupt.h"
#include "base/text.h"

namespace dwh {
namespace {

// ECMA-48 control sequences, which every terminal but TERM=dumb knows.
constexpr std::string_view kEraseLine = "\r\x1b[K";
constexpr std::string_view kReset = "\x1b[0m";

bool IsSet(const char* variable) {
  const char* const value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

bool IsDumbTerminal() {
  const char* const term = std::getenv("TERM");
  return term != nullptr && std::string_view(term) == "dumb";
}

}  // namespace

Console::Console(int fd, int input_fd)
    : fd_(fd),
      input_fd_(input_fd),
      terminal_(isatty(fd) == 1),
      has_status_line_(terminal_ && !IsDumbTerminal()) {}

size_t Console::Width() const {
  winsize size{};
  if (ioctl(fd_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

void Console::AllowColor(bool allowed) {
  // https://no-color.org
  color_ = allowed && has_status_line_ && !IsSet("NO_COLOR");
}

std::string Console::Styled(Style style, std::string_view text) const {
  if (!color_ || style == Style::kPlain) return std::string(text);
  const std::string_view start = style == Style::kError     ? "\x1b[1;31m"
                                 : style == Style::kWarning ? "\x1b[33m"
                                                            : "\x1b[36m";
  return StrCat(start, text, kReset);
}

void Console::WriteLine(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (status_.empty()) return Write(StrCat(line, "\n"));
  Write(StrCat(kEraseLine, line, "\n", status_));
}

void Console::SetStatus(std::string_view status) {
  if (!has_status_line_) return;
  const std::lock_guard lock(mutex_);
  if (status == status_) return;
  status_ = status;
  Write(StrCat(kEraseLine, status_));
}

std::optional<std::string> Console::Ask(std::string_view question) {
  if (!terminal_ || isatty(input_fd_) != 1) return std::nullopt;
  const std::lock_guard lock(mutex_);
  Write(StrCat(question, " "));
  std::string answer;
  while (true) {
    std::array<pollfd, 2> waiting{{{input_fd_, POLLIN, 0}, {InterruptFd(), POLLIN, 0}}};
    poll(waiting.data(), waiting.size(), -1);
    ThrowIfInterrupted();
    char c = 0;
    const ssize_t got = read(input_fd_, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    if (c == '\n') return answer;
    answer += c;
  }
}

void Console::Write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t written = write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
}

Console& StderrConsole() {
  static Console console(STDERR_FILENO, STDIN_FILENO);
  return console;
}

std::string Printable(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string printable;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte >= 0x20 && byte != 0x7F) || c == '\n' || c == '\t') {
      printable += c;
    } else {
      printable.append("\\x") += kHexDigits[byte >> 4U];
      printable += kHexDigits[byte & 15U];
    }
  }
  return printable;
}

std::optional<std::string> AskAtTerminal(const std::string& question) {
  return StderrConsole().Ask(question);
}

}  // namespace dwh
