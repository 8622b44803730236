#pragma once

#include <fcntl.h>
#include <pty.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string>

#include "base/file.h"

namespace dwh {

/// A terminal of 60 columns for tests: what a program writes to side() comes out of Read(), and
/// what Type() gets is its input. Nothing is echoed.
class TestTerminal {
 public:
  TestTerminal() {
    int controller = -1;
    int side = -1;
    const winsize size{24, 60, 0, 0};
    if (openpty(&controller, &side, nullptr, nullptr, &size) != 0) {
      throw std::runtime_error("no pseudo-terminal");
    }
    controller_ = UniqueFd(controller);
    side_ = UniqueFd(side);
    termios mode{};
    tcgetattr(side, &mode);
    mode.c_oflag &= ~static_cast<tcflag_t>(OPOST);
    mode.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(side, TCSANOW, &mode);
    fcntl(controller, F_SETFL, O_NONBLOCK);
  }

  int side() const { return side_.get(); }

  /// All that has been written since the last call.
  std::string Read() const {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t got = 1; got > 0;) {
      got = read(controller_.get(), buffer.data(), buffer.size());
      if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
    }
    return text;
  }

  void Type(const std::string& text) const {
    if (write(controller_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("cannot type");
    }
  }

 private:
  UniqueFd controller_;
  UniqueFd side_;
};

}  // namespace dwh
