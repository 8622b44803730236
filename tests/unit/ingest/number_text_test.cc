#include "ingest/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace dwh {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

std::string Told(const std::optional<FieldError>& error) {
  return std::to_string(static_cast<int>(error->code)) + " " + error->reason;
}

std::string Integer(std::string_view text, bool whole, int64_t min = kMin, int64_t max = kMax) {
  int64_t number = 0;
  const std::optional<FieldError> error = ParseInteger(text, whole, min, max, "Long", number);
  return error ? Told(error) : std::to_string(number);
}

TEST(NumberText, Integers) {
  struct Row {
    std::string_view text;
    std::string expected;
  };
  for (const auto& [text, expected] : std::initializer_list<Row>{
           {"0", "0"},
           {"-12", "-12"},
           {"+12", "12"},
           {"007", "7"},
           {"9223372036854775807", "9223372036854775807"},
           {"-9223372036854775808", "-9223372036854775808"},
           {"9223372036854775808", "1222 Overflow, Column type: Long"},
           {"99999999999999999999", "1222 Overflow, Column type: Long"},
           {"a", "1207 Invalid digit, Value 'a', Pos 0, Type: Long"},
           {"-a", "1207 Invalid digit, Value 'a', Pos 1, Type: Long"},
           {"+-1", "1207 Invalid digit, Value '-', Pos 1, Type: Long"},
           {"1€", "1207 Invalid digit, Value '€', Pos 1, Type: Long"},
           {"-", "1207 Invalid digit, Value '', Pos 1, Type: Long"},
           {"", "1207 Invalid digit, Value '', Pos 0, Type: Long"},
       }) {
    EXPECT_EQ(Integer(text, true), expected) << text;
    EXPECT_EQ(Integer(text, false), expected) << text;
  }
  EXPECT_EQ(Integer("32768", true, -32768, 32767), "1222 Overflow, Column type: Long");
  EXPECT_EQ(Integer("-32768.0", true, -32768, 32767), "-32768");
}

TEST(NumberText, WholeNumbers) {
  struct Row {
    std::string_view text;
    std::string expected;
  };
  for (const auto& [text, expected] : std::initializer_list<Row>{
           {"1540344794796.0", "1540344794796"},
           {"1.2e1", "12"},
           {"-1.50E+2", "-150"},
           {"0e21", "0"},
           {"-0.0E+50", "0"},
           {"1200e-2", "12"},
           {"0.0", "0"},
           {"-0.000e5", "0"},
           {"9223372036854775807.0", "9223372036854775807"},
           {"9223372036854775808.0", "1222 Overflow, Column type: Long"},
           {"1e19", "1222 Overflow, Column type: Long"},
           {"1e99999999999999999999", "1222 Overflow, Column type: Long"},
           {"1.5", "1207 Invalid digit, Value '.', Pos 1, Type: Long"},
           {"15e-1", "1207 Invalid digit, Value 'e', Pos 2, Type: Long"},
           {"1e-99999999999999999999", "1207 Invalid digit, Value 'e', Pos 1, Type: Long"},
           {"1e+-1", "1207 Invalid digit, Value 'e', Pos 1, Type: Long"},
       }) {
    EXPECT_EQ(Integer(text, true), expected) << text;
  }
  EXPECT_EQ(Integer("12.0", false), "1207 Invalid digit, Value '.', Pos 2, Type: Long");
}

/// The value in PostgreSQL's binary form, written out: sign, groups of four digits from `weight`
/// down, and the scale.
std::string Decimal(std::string_view text, int precision, int scale, bool round = false) {
  std::string out;
  if (const auto error = AppendDecimal(text, precision, scale, round, out)) return Told(error);
  const auto word = [&out](size_t index) {
    return static_cast<int16_t>(static_cast<unsigned char>(out[2 * index]) << 8 |
                                static_cast<unsigned char>(out[2 * index + 1]));
  };
  EXPECT_EQ(out.size(), 8 + 2 * static_cast<size_t>(word(0)));
  std::string shown = word(2) == 0x4000 ? "-" : "+";
  for (size_t i = 4; i < out.size() / 2; ++i) shown += std::to_string(word(i)) + " ";
  return shown + "w" + std::to_string(word(1)) + " s" + std::to_string(word(3));
}

TEST(NumberText, Decimals) {
  struct Row {
    std::string_view text;
    int precision;
    int scale;
    std::string cut;
    std::string rounded;
  };
  const std::string overflow = "1222 Overflow, Column type: Decimal";
  for (const auto& [text, precision, scale, cut, rounded] : std::initializer_list<Row>{
           {"0", 18, 0, "+w0 s0", "+w0 s0"},
           {"-0.000", 9, 2, "+w0 s2", "+w0 s2"},
           {"243.5", 18, 0, "+243 w0 s0", "+244 w0 s0"},
           {"-243.5", 18, 0, "-243 w0 s0", "-244 w0 s0"},
           {"12345678.9", 10, 1, "+1234 5678 9000 w1 s1", "+1234 5678 9000 w1 s1"},
           {"20000", 9, 0, "+2 w1 s0", "+2 w1 s0"},
           {"0.00012345", 20, 8, "+1 2345 w-1 s8", "+1 2345 w-1 s8"},
           {"0.00001", 20, 5, "+1000 w-2 s5", "+1000 w-2 s5"},
           {"0.05", 5, 1, "+w0 s1", "+1000 w-1 s1"},
           {"0.04", 5, 1, "+w0 s1", "+w0 s1"},
           {"0.0004", 5, 1, "+w0 s1", "+w0 s1"},
           {"99.99", 4, 1, "+99 9000 w0 s1", "+100 w0 s1"},
           {"99.95", 3, 1, "+99 9000 w0 s1", overflow},
           {"-0.5", 1, 0, "+w0 s0", "-1 w0 s0"},
           {"1e37", 38, 0, "+10 w9 s0", "+10 w9 s0"},
           {"1e38", 38, 0, overflow, overflow},
           {"1.5e-3", 6, 3, "+10 w-1 s3", "+20 w-1 s3"},
           {"+.5", 6, 3, "+5000 w-1 s3", "+5000 w-1 s3"},
           {"5.", 6, 3, "+5 w0 s3", "+5 w0 s3"},
           {"1e-999999999999", 6, 3, "+w0 s3", "+w0 s3"},
           {"1e999999999999", 6, 3, overflow, overflow},
       }) {
    EXPECT_EQ(Decimal(text, precision, scale), cut) << text;
    EXPECT_EQ(Decimal(text, precision, scale, true), rounded) << text;
  }
  for (const auto& [text, told] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"", "'', Pos 0"},
           {".", "'.', Pos 0"},
           {"-", "'', Pos 1"},
           {"1,5", "',', Pos 1"},
           {"1e", "'e', Pos 1"},
           {"1e5x", "'x', Pos 3"},
           {"NaN", "'N', Pos 0"},
       }) {
    EXPECT_EQ(Decimal(text, 9, 2), "1209 Invalid digit, Value " + told + ", Type: Decimal") << text;
  }
}

TEST(NumberText, Doubles) {
  struct Row {
    std::string_view text;
    double expected;
  };
  for (const auto& [text, expected] : std::initializer_list<Row>{
           {"0", 0},
           {"-2.5e-3", -0.0025},
           {"+1.5", 1.5},
           {"269.58322", 269.58322},
           {"1.7976931348623157e308", 1.7976931348623157e308},
           {"5e-324", 5e-324},
           {"1e-400", 0},
       }) {
    double number = -1;
    EXPECT_EQ(ParseDouble(text, "Double", number), std::nullopt) << text;
    EXPECT_EQ(number, expected) << text;
  }
  for (const auto& [text, told] : std::initializer_list<std::pair<std::string_view, std::string>>{
           {"1e309", "1222 Overflow, Column type: Real"},
           {"inf", "1208 Invalid digit, Value 'i', Pos 0, Type: Real"},
           {"-nan", "1208 Invalid digit, Value 'n', Pos 1, Type: Real"},
           {"+-1", "1208 Invalid digit, Value '-', Pos 1, Type: Real"},
           {"1.5f", "1208 Invalid digit, Value 'f', Pos 3, Type: Real"},
           {"", "1208 Invalid digit, Value '', Pos 0, Type: Real"},
       }) {
    double number = 0;
    EXPECT_EQ(Told(ParseDouble(text, "Real", number)), told) << text;
  }
}

}  // namespace
}  // namespace dwh
