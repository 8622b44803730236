#include "base/log.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace dwh {
namespace {

TEST(Log, HandsOnMessagesFromTheLevelUp) {
  std::vector<std::pair<LogLevel, std::string>> messages;
  SetLogSink([&](LogLevel level, std::string_view text) { messages.emplace_back(level, text); },
             LogLevel::kInfo);
  LogDebug("one");
  LogInfo("two");
  LogWarning("three");
  Log(LogLevel::kError, "four");
  SetLogSink(nullptr, LogLevel::kDebug);
  LogWarning("five");
  EXPECT_EQ(messages, (std::vector<std::pair<LogLevel, std::string>>{{LogLevel::kInfo, "two"},
                                                                     {LogLevel::kWarning, "three"},
                                                                     {LogLevel::kError, "four"}}));
}

TEST(Log, HeldMessagesArePassedOnInTheEndOrTaken) {
  std::vector<std::string> passed;
  SetLogSink([&](LogLevel, std::string_view text) { passed.emplace_back(text); },
             LogLevel::kWarning);
  {
    HeldLog held;
    LogInfo("one");
    LogWarning("two");
    EXPECT_EQ(passed.size(), 0U);
  }
  EXPECT_EQ(passed, std::vector<std::string>{"two"});
  {
    HeldLog held;
    LogDebug("three");
    LogInfo("four");
    LogWarning("five");
    const std::vector<HeldLog::Message> taken = held.Take();
    ASSERT_EQ(taken.size(), 2U);
    EXPECT_EQ(taken[0].text, "four");
    EXPECT_EQ(taken[1].level, LogLevel::kWarning);
    LogWarning("six");
  }
  EXPECT_EQ(passed, (std::vector<std::string>{"two", "six"}));
  SetLogSink(nullptr, LogLevel::kInfo);
}

}  // namespace
}  // namespace dwh
