#include "ingest/row_encoder.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace dwh {
namespace {

using Kind = JsonValue::Kind;

JsonValue String(std::string_view text) { return {Kind::kString, text, text}; }
JsonValue Number(std::string_view text) { return {Kind::kNumber, text, text}; }

Column Of(ColumnType type, int length = 0, int scale = 0) {
  Column column;
  column.name = "c";
  column.type = type;
  column.length = length;
  column.scale = scale;
  return column;
}

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string shown;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    shown += {kDigits[value >> 4U], kDigits[value & 15U]};
  }
  return shown;
}

/// The row in hex without its count of fields, or the error.
std::string Encode(const Column& column, const JsonValue& value, const CopyOptions& options = {}) {
  const RowEncoder encoder({column}, options);
  std::string out = "before";
  if (const auto error = encoder.Append({value}, out)) {
    EXPECT_EQ(out, "before");
    EXPECT_EQ(error->first, 0U);
    return std::to_string(static_cast<int>(error->second.code)) + " " + error->second.reason;
  }
  EXPECT_EQ(Hex(out.substr(6, 2)), "0001");
  return Hex(out.substr(8));
}

TEST(RowEncoder, BinaryFormOfEachType) {
  struct Row {
    Column column;
    JsonValue value;
    std::string_view expected;
  };
  for (const auto& [column, value, expected] : std::initializer_list<Row>{
           {Of(ColumnType::kSmallInt), Number("-2"), "00000002fffe"},
           {Of(ColumnType::kInteger), Number("258"), "0000000400000102"},
           {Of(ColumnType::kBigInt), Number("1541105830796"), "0000000800000166d110cb8c"},
           {Of(ColumnType::kReal), Number("1.5"), "000000043fc00000"},
           {Of(ColumnType::kDouble), Number("-2"), "00000008c000000000000000"},
           {Of(ColumnType::kDecimal, 6, 2), Number("1.5"),
            "0000000c00020000000000020001"
            "1388"},
           {Of(ColumnType::kBoolean), String("yes"), "0000000101"},
           {Of(ColumnType::kBoolean), {Kind::kFalse, "false", "false"}, "0000000100"},
           {Of(ColumnType::kVarchar, 3), String("abc"), "00000003616263"},
           {Of(ColumnType::kVarchar, 3), String(""), "00000000"},
           {Of(ColumnType::kChar, 3), String("a"), "0000000161"},
           {Of(ColumnType::kDate), String("2000-01-02"), "0000000400000001"},
           {Of(ColumnType::kTimestamp), String("2000-01-01 00:00:01"), "0000000800000000000f4240"},
           {Of(ColumnType::kTimestampTz), String("2000-01-01 01:00:01+01"),
            "0000000800000000000f4240"},
           {Of(ColumnType::kSuper), Number("12"), "00000003013132"},
           {Of(ColumnType::kSuper), {Kind::kNull, "null", "null"}, "00000005016e756c6c"},
           {Of(ColumnType::kSuper), {}, "ffffffff"},
           {Of(ColumnType::kInteger), {}, "ffffffff"},
           {Of(ColumnType::kInteger), String("  "), "ffffffff"},
           {Of(ColumnType::kVarchar, 9), {Kind::kNull, "null", "null"}, "ffffffff"},
       }) {
    EXPECT_EQ(Encode(column, value), expected) << TypeName(column.type);
  }
}

TEST(RowEncoder, RowsFollowOneAnotherAndABadOneLeavesNoTrace) {
  const RowEncoder encoder({Of(ColumnType::kInteger), Of(ColumnType::kVarchar, 2)}, {});
  std::string out;
  EXPECT_EQ(encoder.Append({Number("1"), String("a")}, out), std::nullopt);
  const std::string first = out;
  const auto error = encoder.Append({Number("2"), String("abc")}, out);
  ASSERT_TRUE(error.has_value());
  EXPECT_EQ(error->first, 1U);
  EXPECT_EQ(error->second.code, LoadErrorCode::kOutOfRange);
  EXPECT_EQ(out, first);
  EXPECT_EQ(encoder.Append({Number("1"), String("a")}, out), std::nullopt);
  EXPECT_EQ(out, first + first);
}

TEST(RowEncoder, BlanksAndEmptyStringsInTheDocumentedOrder) {
  CopyOptions options;
  const Column column = Of(ColumnType::kVarchar, 3);
  EXPECT_EQ(Encode(column, String("ab     ")), "1204 String length exceeds DDL length");
  options.trim_blanks = true;
  EXPECT_EQ(Encode(column, String("ab     "), options), "000000026162");
  EXPECT_EQ(Encode(column, String("       "), options), "00000000");
  options.empty_as_null = true;
  EXPECT_EQ(Encode(column, String("       "), options), "ffffffff");
  options = {};
  options.blanks_as_null = true;
  EXPECT_EQ(Encode(column, String("       "), options), "ffffffff");
  EXPECT_EQ(Encode(column, String(""), options), "00000000");
  options = {};
  options.truncate_columns = true;
  EXPECT_EQ(Encode(column, String("aéé"), options), "0000000361c3a9");
}

TEST(RowEncoder, BadTextIsReplacedInVarcharOnly) {
  const JsonValue bad = {Kind::kBadText, "ed a0 80 (error 5)", R"("a\ud800\n")"};
  const std::string told =
      "1220 String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: "
      "ed a0 80 (error 5)";
  CopyOptions options;
  EXPECT_EQ(Encode(Of(ColumnType::kVarchar, 9), bad, options), told);
  options.accept_invalid_chars = true;
  options.replacement_char = '^';
  EXPECT_EQ(Encode(Of(ColumnType::kVarchar, 9), bad, options), "00000005615e5e5e0a");
  EXPECT_EQ(Encode(Of(ColumnType::kChar, 9), bad, options), told);
  EXPECT_EQ(Encode(Of(ColumnType::kSuper), bad, options), told);
  EXPECT_EQ(Encode(Of(ColumnType::kInteger), bad, options), told);
  const JsonValue nested = {Kind::kBadText, "ff (error 3)", R"({"a" : "^"})"};
  EXPECT_EQ(Encode(Of(ColumnType::kVarchar, 20), nested, options),
            "0000000a" + Hex(R"({"a": "^"})"));
}

TEST(RowEncoder, NotNull) {
  Column column = Of(ColumnType::kDate);
  column.not_null = true;
  const std::string missing = "1213 Missing data for not-null field";
  EXPECT_EQ(Encode(column, {}), missing);
  EXPECT_EQ(Encode(column, String("")), missing);
  CopyOptions options;
  options.accept_any_date = true;
  EXPECT_EQ(Encode(column, String("x"), options), missing);
}

TEST(RowEncoder, RefusesFormatsItDoesNotKnow) {
  CopyOptions options;
  options.timeformat = "EPOCHSECS";
  ExpectError(
      ErrorKind::kUsage, [&] { RowEncoder({}, options); }, "TIMEFORMAT 'EPOCHSECS'", "");
  options = {};
  options.dateformat = "epochsecs";
  ExpectError(
      ErrorKind::kUsage, [&] { RowEncoder({}, options); }, "DATEFORMAT 'epochsecs'", "");
}

}  // namespace
}  // namespace dwh
