#include "cli/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <string>

#include "base/error.h"
#include "base/interrupt.h"
#include "terminal.h"

namespace dwh {
namespace {

class ConsoleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
  }
  TestTerminal terminal_;
};

TEST_F(ConsoleTest, LinesPushTheStatusDown) {
  Console console(terminal_.side(), terminal_.side());
  EXPECT_TRUE(console.is_terminal());
  EXPECT_EQ(console.Width(), 60U);
  console.WriteLine("one");
  console.SetStatus("half");
  console.SetStatus("half");
  console.WriteLine("two");
  console.SetStatus("");
  console.WriteLine("three");
  EXPECT_EQ(terminal_.Read(), "one\n\r\x1b[Khalf\r\x1b[Ktwo\nhalf\r\x1b[Kthree\n");
}

TEST_F(ConsoleTest, ElsewhereThereAreOnlyLines) {
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe(ends.data()), 0);
  const UniqueFd out(ends[0]);
  const UniqueFd in(ends[1]);
  Console console(in.get(), terminal_.side());
  console.AllowColor(true);
  console.SetStatus("half");
  console.WriteLine(console.Styled(Console::Style::kError, "error:"));
  EXPECT_EQ(console.Ask("Sure?"), std::nullopt);
  std::array<char, 100> text{};
  const ssize_t got = read(out.get(), text.data(), text.size());
  ASSERT_GT(got, 0);
  EXPECT_EQ(std::string(text.data(), static_cast<size_t>(got)), "error:\n");
}

TEST_F(ConsoleTest, ColoursOnlyWhereTheyAreWanted) {
  const auto styled = [&](bool allowed) {
    Console console(terminal_.side(), terminal_.side());
    console.AllowColor(allowed);
    return console.Styled(Console::Style::kError, "x");
  };
  EXPECT_EQ(styled(true), "\x1b[1;31mx\x1b[0m");
  EXPECT_EQ(styled(false), "x");
  setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(styled(true), "x");
  setenv("NO_COLOR", "", 1);
  EXPECT_NE(styled(true), "x");
  setenv("TERM", "dumb", 1);
  EXPECT_EQ(styled(true), "x");
}

TEST_F(ConsoleTest, AsksOnATerminal) {
  Console console(terminal_.side(), terminal_.side());
  terminal_.Type("dwh-1\nnext\n");
  EXPECT_EQ(console.Ask("Name?"), "dwh-1");
  EXPECT_EQ(console.Ask("Again?"), "next");
  EXPECT_EQ(terminal_.Read(), "Name? Again? ");
  terminal_.Type("\x04");  // end of input
  EXPECT_EQ(console.Ask("More?"), std::nullopt);
}

TEST_F(ConsoleTest, AnInterruptEndsAQuestion) {
  const auto ask = [&] {
    InstallInterruptHandlers();
    std::raise(SIGINT);
    Console console(terminal_.side(), terminal_.side());
    try {
      console.Ask("Name?");
    } catch (const Error& error) {
      _exit(error.kind() == ErrorKind::kInterrupted ? 0 : 1);
    }
    _exit(2);
  };
  EXPECT_EXIT(ask(), ::testing::ExitedWithCode(0), "");
}

TEST(Printable, ShowsControlCharacters) {
  EXPECT_EQ(Printable("a\x1b[2J\tb\n\r\x7F\xC3\xA4"), "a\\x1B[2J\tb\n\\x0D\\x7F\xC3\xA4");
}

}  // namespace
}  // namespace dwh
