#include "ingest/json_text.h"

#include <gtest/gtest.h>

namespace dwh {
namespace {

/// Facts, section 2: the numbers of code 1220.
TEST(JsonText, DiagnoseUtf8) {
  struct Row {
    std::string_view text;
    size_t length;
    int error;
  };
  for (const auto& [text, length, error] : std::initializer_list<Row>{
           {"\x80", 1, 3},
           {"\xBF\x80", 1, 3},
           {"\xFE", 1, 3},
           {"\xFF\x80", 1, 3},
           {"\xFC\x84\x80\x80\x80\x80", 6, 1},
           {"\xF8\x88\x80\x80\x80", 5, 1},
           {"\xF8\"", 1, 1},
           {"\xC3", 1, 2},
           {"\xE2\x82", 2, 2},
           {"\xF0\x9F\x98", 3, 2},
           {"\xE2\x82\"", 2, 2},
           {"\xE2\x82x", 2, 4},
           {"\xC3\xC3", 1, 4},
           {"\xED\xA0\x80", 3, 5},
           {"\xED\xBF\xBF", 3, 5},
           {"\xF4\x90\x80\x80", 4, 8},
           {"\xF7\xBF\xBF\xBF", 4, 8},
           {"\xC0\x80", 2, 9},
           {"\xC1\xBF", 2, 9},
           {"\xE0\x80\x80", 3, 9},
           {"\xF0\x80\x80\x80", 4, 9},
       }) {
    const BadUtf8 bad = DiagnoseUtf8(text);
    EXPECT_EQ(bad.length, length) << DescribeBadUtf8(text, 0);
    EXPECT_EQ(bad.error, error) << DescribeBadUtf8(text, 0);
  }
  EXPECT_EQ(DescribeBadUtf8("\xED\xA0\x80", 5), "ed a0 80 (error 5)");
}

TEST(JsonText, Unescape) {
  struct Row {
    std::string_view body;
    std::string_view expected;
  };
  for (const auto& [body, expected] : std::initializer_list<Row>{
           {"", ""},
           {"plain é", "plain é"},
           {R"(\"\\\/\b\f\n\r\t)", "\"\\/\b\f\n\r\t"},
           {R"(\u0041\u00e9\u00E9\u20ac)", "Aéé€"},
           {R"(\ud83d\ude00!)", "😀!"},
           {R"(\uD83D\uDE00)", "😀"},
           {R"(\uffff\ufdd0\u0019)", "\xEF\xBF\xBF\xEF\xB7\x90\x19"},
           {R"(\\u0000)", R"(\u0000)"},
       }) {
    std::string out = ">";
    std::string problem;
    EXPECT_EQ(UnescapeJson(body, std::nullopt, out, problem), UnescapeStatus::kOk) << body;
    EXPECT_EQ(out, ">" + std::string(expected)) << body;
  }
  for (const std::string_view body :
       {"\\", "\\x", "\\u", "\\u12", "\\u12g4", "\\U0041", "a\\'", "\\ud83d\\u12"}) {
    std::string out;
    std::string problem;
    EXPECT_EQ(UnescapeJson(body, '?', out, problem), UnescapeStatus::kBadEscape) << body;
  }
}

TEST(JsonText, UnescapeWhatIsNoCharacter) {
  struct Row {
    std::string_view body;
    std::string_view problem;
    std::string_view replaced;
  };
  for (const auto& [body, problem, replaced] : std::initializer_list<Row>{
           {R"(a\ud83d)", "ed a0 bd (error 5)", "a^^^"},
           {R"(\ude00\ud83d)", "ed b8 80 (error 5)", "^^^^^^"},
           {R"(\ud83d\u0041)", "ed a0 bd (error 5)", "^^^A"},
           {R"(\ud83d\n)", "ed a0 bd (error 5)", "^^^\n"},
           {R"(\ud83d\ud83d\ude00)", "ed a0 bd (error 5)", "^^^😀"},
           {R"(x\u0000y)", "00 (error 9)", "x^y"},
       }) {
    std::string out;
    std::string told;
    EXPECT_EQ(UnescapeJson(body, std::nullopt, out, told), UnescapeStatus::kBadText) << body;
    EXPECT_EQ(told, problem) << body;
    out.clear();
    told.clear();
    EXPECT_EQ(UnescapeJson(body, '^', out, told), UnescapeStatus::kOk) << body;
    EXPECT_EQ(out, replaced) << body;
  }
}

TEST(JsonText, IsJsonNumber) {
  for (const std::string_view number : {"0", "-0", "10", "1.5", "-0.0", "1e5", "1E+05", "0e-1"}) {
    EXPECT_TRUE(IsJsonNumber(number)) << number;
  }
  for (const std::string_view text : {"", "-", "+1", "01", "-01", ".5", "5.", "1e", "1e+", "1.e5",
                                      "0x1", "1 ", "NaN", "--1", "1.5.2", "1a"}) {
    EXPECT_FALSE(IsJsonNumber(text)) << text;
  }
}

TEST(JsonText, EndOfJsonString) {
  EXPECT_EQ(EndOfJsonString(R"("")", 0), 2U);
  EXPECT_EQ(EndOfJsonString(R"(["a\"b\\","c"])", 1), 9U);
}

TEST(JsonText, AppendCompactJson) {
  struct Row {
    std::string_view json;
    std::string_view expected;
  };
  for (const auto& [json, expected] : std::initializer_list<Row>{
           {"{ }", "{}"},
           {R"({"id":1 , "name":  "Renaldo"})", R"({"id": 1,"name": "Renaldo"})"},
           {"[ \"nisi\",\r\n\t\"culpa\" ]", R"(["nisi","culpa"])"},
           {R"({"a : b":" c,\" d: "})", R"({"a : b": " c,\" d: "})"},
           {R"(["\\", 1.50])", R"(["\\",1.50])"},
       }) {
    std::string out;
    AppendCompactJson(json, out);
    EXPECT_EQ(out, expected);
  }
}

}  // namespace
}  // namespace dwh
