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

}  // namespace
}  // namespace dwh
