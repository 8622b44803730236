#include "pg/sql_tokens.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

using Kind = SqlTokenKind;

std::vector<std::string> Texts(std::string_view sql) {
  std::vector<std::string> texts;
  for (const SqlToken& token : TokenizeSql(sql, "f.sql", 1)) texts.emplace_back(token.text);
  return texts;
}

Kind OnlyKind(std::string_view sql) {
  const auto tokens = TokenizeSql(sql, "f.sql", 1);
  EXPECT_EQ(tokens.size(), 1U) << sql;
  EXPECT_EQ(tokens.front().text, sql);
  return tokens.front().kind;
}

std::string Message(std::string_view sql) {
  try {
    TokenizeSql(sql, "f.sql", 10);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_NE(error.hint(), "");
    return error.what();
  }
  return "accepted";
}

TEST(SqlTokens, KnowsEveryKind) {
  const std::vector<std::pair<Kind, std::vector<std::string>>> kinds = {
      {Kind::kWord, {"songs", "_a1$b", "#temp", "caf\xC3\xA9"}},
      {Kind::kNumber, {"1", ".5", "1.", "1.5e-3", "2E10"}},
      {Kind::kString, {"''", "'it''s'", "'--x/*'", "'a\nb'", R"('l\'auto')", R"('\\')"}},
      {Kind::kPrefixedString, {R"(E'a\'b')", "e''", "x'1F'", "B'01'", "N'a'"}},
      {Kind::kDollarString, {"$$a'b$$", "$t$ $$ ; $t$"}},
      {Kind::kVariable, {":name", ":'na me'", ":\"name\"", ":1"}},
      {Kind::kSymbol, {"::", ":=", ":", "||", "<>", "->>", "(", "."}},
      {Kind::kQuoted, {R"("a""b\")"}},
      {Kind::kParameter, {"$12"}},
  };
  for (const auto& [kind, texts] : kinds) {
    for (const std::string& text : texts) EXPECT_EQ(OnlyKind(text), kind) << text;
  }
}

TEST(SqlTokens, ParsesWhatStandsTogether) {
  using List = std::vector<std::string>;
  EXPECT_EQ(Texts("a::int"), (List{"a", "::", "int"}));
  EXPECT_EQ(Texts("a=-1"), (List{"a", "=", "-", "1"}));
  EXPECT_EQ(Texts("a@-1"), (List{"a", "@-", "1"}));
  EXPECT_EQ(Texts("a+--b\n c"), (List{"a", "+", "c"}));
  EXPECT_EQ(Texts("a*/* x /* y */ z */b"), (List{"a", "*", "b"}));
  EXPECT_EQ(Texts("a#b, #c, d # e"), (List{"a", "#", "b", ",", "#c", ",", "d", "#", "e"}));
  EXPECT_EQ(Texts("s.t(1,2);"), (List{"s", ".", "t", "(", "1", ",", "2", ")", ";"}));
  EXPECT_EQ(Texts("1e 1.e5"), (List{"1", "e", "1.e5"}));
  EXPECT_EQ(Texts(" -- only a comment"), List{});
}

TEST(SqlTokens, CountsLinesAndOffsets) {
  const auto tokens = TokenizeSql("a -- x\n/* \n */ 'b\nc' d", "f.sql", 5);
  ASSERT_EQ(tokens.size(), 3U);
  EXPECT_EQ(tokens[0].line, 5);
  EXPECT_EQ(tokens[1].line, 7);
  EXPECT_EQ(tokens[1].offset, 15U);
  EXPECT_EQ(tokens[2].line, 8);
}

TEST(SqlTokens, SaysWhereWhatIsNotClosedBegins) {
  EXPECT_EQ(Message("a\n'b\nc"), "f.sql:11: the quote ' is not closed");
  EXPECT_EQ(Message("a\n'b\\'"), "f.sql:11: the quote ' is not closed");
  EXPECT_EQ(Message("\"b"), "f.sql:10: the quote \" is not closed");
  EXPECT_EQ(Message("\n/* /* */ \n"), "f.sql:11: this comment is not closed");
  EXPECT_EQ(Message("$t$ $$"), "f.sql:10: the dollar quote $t$ is not closed");
  EXPECT_EQ(Message("$a b"), "f.sql:10: '$' begins neither a parameter nor a dollar quote");
}

TEST(SqlTokens, RefusesWhatIsNoSql) {
  EXPECT_EQ(Message("\n\\copy t from x"), "f.sql:11: psql command '\\copy'");
  EXPECT_EQ(Message(std::string_view("a\0b", 3)), "f.sql:10: byte 0 is not SQL");
  EXPECT_EQ(Message("\x01"), "f.sql:10: byte 1 is not SQL");
}

TEST(SqlTokens, QuotesLiteralsInRedshiftsForm) {
  EXPECT_EQ(QuoteSqlLiteral("it's"), "'it''s'");
  EXPECT_EQ(QuoteSqlLiteral("a\\b"), "'a\\\\b'");
  for (const auto* text : {"", "'", "\\", "\\'", "'; drop table t; --", "a\nb", "$$", "\\\\''"}) {
    EXPECT_EQ(OnlyKind(QuoteSqlLiteral(text)), Kind::kString) << text;
  }
}

}  // namespace
}  // namespace dwh
