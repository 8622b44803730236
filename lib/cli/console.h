#pragma once

#include <cstddef>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace dwh {

/// Standard error as a person sees it: whole lines and, on a terminal, one status line below them
/// that every new line pushes down. All functions may be called from any thread. A console that
/// cannot be written is silent: there is nowhere left to say so.
class Console {
 public:
  enum class Style { kPlain, kError, kWarning, kHint };

  /// Owns neither descriptor.
  Console(int fd, int input_fd);

  bool is_terminal() const { return terminal_; }
  /// Columns of the terminal now; 80 if unknown.
  size_t Width() const;

  /// Colour is used only if allowed here, on a terminal, without $NO_COLOR and not on TERM=dumb.
  void AllowColor(bool allowed);
  /// `text` in the colour of `style`, or as it is without colour.
  std::string Styled(Style style, std::string_view text) const;

  /// Writes the line and a newline. Control characters from outside, which could move the cursor,
  /// must have gone through Printable() before.
  void WriteLine(std::string_view line);
  /// Shows the status line, or removes it if empty. Does nothing where there is no terminal.
  void SetStatus(std::string_view status);
  /// Asks on this console and reads one line of input, without its newline. Nothing is
  /// asked and nullopt returned if either is not a terminal, nullopt at end of input. Throws
  /// Error(kInterrupted).
  std::optional<std::string> Ask(std::string_view question);

 private:
  void Write(std::string_view bytes) const;

  int fd_;
  int input_fd_;
  bool terminal_;
  bool has_status_line_;
  bool color_ = false;
  std::mutex mutex_;
  std::string status_;
};

/// The console of this process: standard error, and standard input for answers.
Console& StderrConsole();

/// Ask() of the standard error's console, for those who want a function.
std::optional<std::string> AskAtTerminal(const std::string& question);

/// `text` with control characters other than newline and tab shown as "\x1B", so that it cannot
/// drive the terminal.
std::string Printable(std::string_view text);

}  // namespace dwh
