#include "cli/progress_bar.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "../../support/fake_clock.h"
#include "base/log.h"
#include "terminal.h"

namespace dwh {
namespace {

using std::chrono::milliseconds;

class ProgressTest : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TERM", "xterm", 1);
    SetLogSink([this](LogLevel, std::string_view text) { log_.emplace_back(text); },
               LogLevel::kInfo);
  }
  void TearDown() override { SetLogSink(nullptr, LogLevel::kInfo); }

  std::unique_ptr<ProgressSink> MakeSink(const CommonOptions& options, Console& console) {
    return MakeProgressSink(options, console, clock_);
  }

  FakeClock clock_;
  TestTerminal terminal_;
  Console on_terminal_{terminal_.side(), terminal_.side()};
  UniqueFd nowhere_{open("/dev/null", O_WRONLY | O_CLOEXEC)};
  Console elsewhere_{nowhere_.get(), nowhere_.get()};
  std::vector<std::string> log_;
};

const std::string kErase = "\r\x1b[K";

TEST_F(ProgressTest, DrawsABarAtMostFiveTimesASecond) {
  const auto sink = MakeSink({}, on_terminal_);
  sink->Begin("songs");
  EXPECT_EQ(terminal_.Read(), kErase + "songs");
  for (int64_t i = 1; i <= 1000; ++i) {
    clock_.SleepFor(milliseconds(1));
    sink->Update({i, i * 100, 0});
  }
  int drawn = 0;
  const std::string text = terminal_.Read();
  for (size_t at = text.find(kErase); at != std::string::npos; at = text.find(kErase, at + 1)) {
    ++drawn;
  }
  EXPECT_EQ(drawn, 5);
  EXPECT_TRUE(text.ends_with(kErase + "songs  1,000 rows  100 kB  100 kB/s")) << text;
  sink->End();
  EXPECT_EQ(terminal_.Read(), kErase);
  EXPECT_TRUE(log_.empty());
}

TEST_F(ProgressTest, ShowsShareRateAndTimeLeftWithinTheWidth) {
  const auto sink = MakeSink({}, on_terminal_);
  sink->Begin("ev");
  clock_.SleepFor(milliseconds(2000));
  sink->Update({50, 1000, 4000});
  EXPECT_TRUE(terminal_.Read().ends_with(
      kErase + "ev  25%  50 rows  1.0 kB of 4.0 kB  500 bytes/s  6 s left"));
  clock_.SleepFor(milliseconds(200));
  sink->Update({1, 10, 10});
  EXPECT_EQ(terminal_.Read(),
            kErase + "ev  100%  1 row  10 bytes of 10 bytes  4 bytes/s  0 s left");
}

TEST_F(ProgressTest, CutsWhatIsTooLong) {
  const auto sink = MakeSink({}, on_terminal_);
  sink->Begin(std::string(40, 's'));
  clock_.SleepFor(milliseconds(500));
  sink->Update({1'000'000, 482'000'000, 0});
  EXPECT_TRUE(terminal_.Read().ends_with(kErase + std::string(40, 's') + "  1,000,000 rows  4"));
}

TEST_F(ProgressTest, TheBarGrowsWithTheShare) {
  const auto sink = MakeSink({}, on_terminal_);
  sink->Begin("s");
  clock_.SleepFor(milliseconds(500));  // too early for a rate
  sink->Update({9, 50, 100});
  EXPECT_TRUE(terminal_.Read().ends_with(
      kErase + "s  [=========         ]  50%  9 rows  50 bytes of 100 bytes"));
}

TEST_F(ProgressTest, ElsewhereSaysALineEveryTenSeconds) {
  const auto sink = MakeSink({}, elsewhere_);
  sink->Begin("events");
  for (int64_t i = 1; i <= 25; ++i) {
    clock_.SleepFor(milliseconds(1000));
    sink->Update({i * 1000, i * 1'000'000, 50'000'000});
  }
  sink->End();
  EXPECT_EQ(log_, (std::vector<std::string>{
                      "events: 20%, 10,000 rows, 10 MB of 50 MB, 1.0 MB/s, 40 s left",
                      "events: 40%, 20,000 rows, 20 MB of 50 MB, 1.0 MB/s, 30 s left"}));
}

TEST_F(ProgressTest, OptionsDecide) {
  CommonOptions options;
  const auto shown = [&] {
    terminal_.Read();  // what the sink before left
    const auto sink = MakeSink(options, on_terminal_);
    sink->Begin("s");
    return !terminal_.Read().empty();
  };
  EXPECT_TRUE(shown());
  options.quiet = true;
  EXPECT_FALSE(shown());
  options.progress = ProgressMode::kOn;
  EXPECT_TRUE(shown());
  options.log_format = LogFormat::kJson;
  EXPECT_FALSE(shown());
  options = {};
  options.progress = ProgressMode::kOff;
  EXPECT_FALSE(shown());
}

}  // namespace
}  // namespace dwh
