#include "pg/sql_script.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

std::vector<std::string> Split(std::string_view script, const SqlVariables& variables = {}) {
  std::vector<std::string> texts;
  for (const SqlStatement& s : SplitSqlScript(script, "f.sql", variables)) texts.push_back(s.text);
  return texts;
}

Error Refusal(std::string_view script, const SqlVariables& variables = {}) {
  try {
    SplitSqlScript(script, "f.sql", variables);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error;
  }
  return {ErrorKind::kFailed, "accepted"};
}

using List = std::vector<std::string>;

TEST(SqlScript, SplitsAtSemicolonsThatAreSql) {
  EXPECT_EQ(Split(""), List{});
  EXPECT_EQ(Split(" ;; -- x\n;"), List{});
  EXPECT_EQ(Split("a; b"), (List{"a", "b"}));
  EXPECT_EQ(Split("a ';' \";\" $$;$$ /*;*/ b -- ;\n;c;"), (List{"a ';' \";\" $$;$$ /*;*/ b", "c"}));
  EXPECT_EQ(Split("\xEF\xBB\xBFselect 1;"), List{"select 1"});
}

TEST(SqlScript, KeepsFileAndLine) {
  const auto statements = SplitSqlScript("-- head\n\na;\n  /* x\n */ b\n  c;", "f.sql", {});
  ASSERT_EQ(statements.size(), 2U);
  EXPECT_EQ(statements[0].line, 3);
  EXPECT_EQ(statements[1].line, 5);
  EXPECT_EQ(statements[1].text, "b\n  c");
  EXPECT_EQ(statements[1].file, "f.sql");
}

TEST(SqlScript, FillsInVariables) {
  const SqlVariables variables = {{"n", "42"}, {"s", "it's \\ :n"}, {"id", "a\"b"}};
  EXPECT_EQ(Split("x :n+:n", variables), List{"x 42+42"});
  EXPECT_EQ(Split("x :'s'", variables), List{"x 'it''s \\\\ :n'"});
  EXPECT_EQ(Split("x :\"id\".t", variables), List{"x \"a\"\"b\".t"});
  EXPECT_EQ(Split("':n' \":n\" $$:n$$ /*:n*/ -- :n\n a::n", variables),
            List{"':n' \":n\" $$:n$$ /*:n*/ -- :n\n a::n"});
}

TEST(SqlScript, AValueNeverEndsAStatement) {
  EXPECT_EQ(Split("a :'x'; b", {{"x", "'; drop table t; --"}}),
            (List{"a '''; drop table t; --'", "b"}));
}

TEST(SqlScript, RefusesUnsetVariablesWithTheNearest) {
  const Error error = Refusal("a;\nb :'star_shema'", {{"star_schema", "star"}});
  EXPECT_STREQ(error.what(), "f.sql:2: variable 'star_shema' is not set");
  EXPECT_EQ(error.hint(), "Did you mean :star_schema?");
  EXPECT_EQ(Refusal(":x").hint(), "Set here: none.");
}

TEST(SqlScript, RefusesNulBytesInValues) {
  EXPECT_STREQ(Refusal("a :x", {{"x", std::string("b\0c", 3)}}).what(),
               "f.sql:1: the value of variable 'x' holds a NUL byte");
}

TEST(SqlScript, FindsForgottenParentheses) {
  EXPECT_STREQ(Refusal("a (\n(b)\n;\nc").what(), "f.sql:1: '(' is not closed in its statement");
  EXPECT_STREQ(Refusal("a;\n b )").what(), "f.sql:2: ')' without '('");
}

TEST(SqlScript, RefusesPsqlCommands) {
  EXPECT_STREQ(Refusal("a;\n\\copy t from x").what(), "f.sql:2: psql command '\\copy'");
}

}  // namespace
}  // namespace dwh
