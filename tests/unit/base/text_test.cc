#include "base/text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dwh {
namespace {

using std::chrono::milliseconds;

TEST(Text, CaseAndTrimTouchAsciiOnly) {
  EXPECT_EQ(ToLower("AbZ\xC3\x84 1"), "abz\xC3\x84 1");
  EXPECT_EQ(ToUpper("AbZ\xC3\xA4 1"), "ABZ\xC3\xA4 1");
  EXPECT_EQ(Trim(" \t\r\n\f\va b\v"), "a b");
  EXPECT_EQ(Trim(" \n "), "");
  EXPECT_EQ(Trim("\xC2\xA0x"), "\xC2\xA0x");
}

TEST(Text, SplitAndJoinAreInverse) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> cases = {
      {"", {""}}, {"a", {"a"}}, {"a,b", {"a", "b"}}, {",a,,", {"", "a", "", ""}}};
  for (const auto& [text, parts] : cases) {
    EXPECT_EQ(Split(text, ','), parts);
    EXPECT_EQ(Join(parts, ","), text);
  }
}

TEST(Text, NearestMatchForgivesSlipsOnly) {
  const std::vector<std::string> verbs = {"create", "delete", "status", "pause", "resume"};
  EXPECT_EQ(NearestMatch("staus", verbs), "status");
  EXPECT_EQ(NearestMatch("STATUS", verbs), "status");
  EXPECT_EQ(NearestMatch("creat", verbs), "create");
  EXPECT_EQ(NearestMatch("explode", verbs), "");
  EXPECT_EQ(NearestMatch("", verbs), "");
  EXPECT_EQ(NearestMatch("x", {}), "");
}

TEST(Text, FormatsNumbersForPeople) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(-1234567), "-1,234,567");
  EXPECT_EQ(FormatCount(std::numeric_limits<int64_t>::min()), "-9,223,372,036,854,775,808");
  EXPECT_EQ(FormatBytes(1), "1 byte");
  EXPECT_EQ(FormatBytes(999), "999 bytes");
  EXPECT_EQ(FormatBytes(1000), "1.0 kB");
  EXPECT_EQ(FormatBytes(999'499), "999 kB");
  EXPECT_EQ(FormatBytes(999'500), "1.0 MB");
  EXPECT_EQ(FormatBytes(482'000'000), "482 MB");
  EXPECT_EQ(FormatBytes(1'400'000'000), "1.4 GB");
  EXPECT_EQ(FormatDuration(milliseconds(840)), "0.84 s");
  EXPECT_EQ(FormatDuration(milliseconds(12'340)), "12.3 s");
  EXPECT_EQ(FormatDuration(milliseconds(247'000)), "4 min 07 s");
  EXPECT_EQ(FormatDuration(milliseconds(7'380'000)), "2 h 03 min");
}

TEST(Text, ValidUtf8PrefixFollowsRfc3629) {
  for (const std::string_view good :
       {"", "abc", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(ValidUtf8Prefix(good), good.size());
    EXPECT_EQ(ValidUtf8Prefix(std::string(good) + "\x80"), good.size());
  }
  for (const std::string_view bad :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82",
        "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF"}) {
    EXPECT_EQ(ValidUtf8Prefix(bad), 0U);
    EXPECT_EQ(ValidUtf8Prefix("ab" + std::string(bad)), 2U);
  }
}

TEST(Text, TruncateUtf8NeverSplitsACharacter) {
  const std::string text = "a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80";  // 1, 2, 3 and 4 bytes
  const std::vector<size_t> kept = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (size_t max = 0; max < kept.size(); ++max) {
    EXPECT_EQ(TruncateUtf8(text, max).size(), kept[max]) << max;
  }
}

TEST(Text, JsonQuoteEscapesWhatJsonCannotHold) {
  EXPECT_EQ(JsonQuote("a\"b\\c/"), R"("a\"b\\c/")");
  EXPECT_EQ(JsonQuote(std::string_view("\0\n\x1F\x7F", 4)), "\"\\u0000\\u000a\\u001f\x7F\"");
  EXPECT_EQ(JsonQuote("\xC3\xA4\xFF\xE2\x82"), "\"\xC3\xA4\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(JsonQuote(""), "\"\"");
}

}  // namespace
}  // namespace dwh
