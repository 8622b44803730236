#include "warehouse/column_advice.h"

#include <gmock/gmock.h>

namespace dwh {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

LoadError Text(const std::string& column, const std::string& type, int64_t length, int64_t bytes) {
  LoadError error;
  error.column = column;
  error.type = type;
  error.column_length = std::to_string(length);
  error.field_bytes = bytes;
  error.code = LoadErrorCode::kOutOfRange;
  return error;
}

LoadError Number(const std::string& type, const std::string& value) {
  LoadError error;
  error.column = "n";
  error.type = type;
  error.raw_field_value = value;
  error.code = LoadErrorCode::kOverflow;
  return error;
}

std::vector<std::string> Advice(const std::vector<LoadError>& errors,
                                EngineKind engine = EngineKind::kLocal) {
  NarrowColumns columns;
  for (const LoadError& error : errors) columns.Add(error);
  return AdviseOnColumns(engine, {"stage", "t", {}, columns.List()});
}

TEST(ColumnAdviceTest, RoundsUpToAPowerOfTwo) {
  const std::vector<std::pair<int64_t, std::string>> cases = {
      {17, "VARCHAR(32);"},        {32, "VARCHAR(32);"},         {33, "VARCHAR(64);"},
      {32768, "VARCHAR(32768);"},  {32769, "VARCHAR(65535);"},   {65535, "VARCHAR(65535);"},
      {65536, "TRUNCATECOLUMNS "}, {1 << 22, "TRUNCATECOLUMNS "}};
  for (const auto& [bytes, words] : cases) {
    EXPECT_THAT(Advice({Text("a", "varchar", 16, bytes)})[0], HasSubstr(words)) << bytes;
  }
}

TEST(ColumnAdviceTest, TheLongestOfAllCounts) {
  const auto lines = Advice({Text("a", "varchar", 16, 20), Text("a", "varchar", 16, 50),
                             Text("a", "varchar", 16, 30), Text("Odd 1", "varchar", 16, 17)});
  ASSERT_EQ(lines.size(), 3);
  EXPECT_EQ(lines[1],
            "column a: 3 records with more than 16 bytes, the longest 50; "
            "ALTER TABLE \"stage\".t ALTER COLUMN a TYPE VARCHAR(64);");
  EXPECT_THAT(lines[0], HasSubstr("ALTER COLUMN \"Odd 1\" TYPE"));
  EXPECT_THAT(lines[2], HasSubstr("etl --retry-rejects"));
}

TEST(ColumnAdviceTest, BigIntOnlyWhereItTakesThemAll) {
  EXPECT_THAT(Advice({Number("int4", "2147483648"), Number("int4", "-3e10")}),
              ElementsAre(HasSubstr("TYPE BIGINT;"), HasSubstr("ALTER")));
  EXPECT_THAT(Advice({Number("int2", "40000")})[0], HasSubstr("SMALLINT"));
  EXPECT_THAT(Advice({Number("int4", "2147483648"), Number("int4", "9223372036854775808")}),
              IsEmpty());
  EXPECT_THAT(Advice({Number("int8", "9223372036854775808")}), IsEmpty());
}

TEST(ColumnAdviceTest, RedshiftOnlyLengthensVarchar) {
  for (const LoadError& error : {Number("int4", "2147483648"), Text("c", "char", 2, 5)}) {
    const auto lines = Advice({error}, EngineKind::kRedshift);
    EXPECT_THAT(lines, ElementsAre(AllOf(HasSubstr("declare it "), Not(HasSubstr("ALTER"))),
                                   HasSubstr("create_tables --force")));
  }
  EXPECT_THAT(Advice({Text("a", "varchar", 16, 50)}, EngineKind::kServerless),
              ElementsAre(HasSubstr("TYPE VARCHAR(64);"), HasSubstr("outside of a transaction")));
}

TEST(ColumnAdviceTest, WhatIsKnownInPartIsAtLeast) {
  LoadError cut = Text("a", "varchar", 2048, 0);
  cut.raw_field_value = std::string(1024, 'x');
  const auto lines =
      AdviseOnColumns(EngineKind::kRedshift, {"stage", "t", {}, NarrowColumnsOf({cut})});
  EXPECT_THAT(lines[0], HasSubstr("at least 1 record with more than 2,048 bytes, the longest at "
                                  "least 2,049; "));
  EXPECT_THAT(lines[0], HasSubstr("VARCHAR(4096)"));
}

TEST(ColumnAdviceTest, OtherRejectsNeedNoColumn) {
  LoadError digit = Number("int4", "x");
  digit.code = LoadErrorCode::kBadDigit;
  EXPECT_THAT(Advice({LoadError{}, digit}), IsEmpty());
}

}  // namespace
}  // namespace dwh
