#include "warehouse/report_question.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Question Parse(const std::string& script) { return ParseQuestion("q.sql", "q", script); }

/// The message and hint of the Error(kUsage) that `act` throws.
template <typename Act>
std::string Refusal(Act act) {
  try {
    act();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return std::string(error.what()) + " / " + error.hint();
  }
  return "nothing was thrown";
}

std::string ParseRefusal(const std::string& script) {
  return Refusal([&] { Parse(script); });
}

TEST(Question, ReadsTheWholeHeader) {
  const Question question = Parse(
      "-- title: Most played: songs\r\n"
      "-- section: Music\n"
      "-- answers: One line\n"
      "--   and another.\n"
      "-- A comment like any other: it is no header, nor is this.\n"
      "--   This does not go on with it.\n"
      "-- chart: bars title plays more\n"
      "-- overview: limit=5 day=2018-11-01\n"
      "-- param: limit number 10 How many songs\n"
      "-- param: day date '' Which day\n"
      "-- param: who text Anna\n"
      "SELECT 1\n"
      "-- title: not the header any more\n");
  EXPECT_EQ(question.title, "Most played: songs");
  EXPECT_EQ(question.section, "Music");
  EXPECT_EQ(question.answers, "One line and another.");
  EXPECT_EQ(question.chart.kind, "bars");
  EXPECT_THAT(question.chart.columns, ElementsAre("title", "plays", "more"));
  const std::map<std::string, std::string> overview = {{"limit", "5"}, {"day", "2018-11-01"}};
  EXPECT_EQ(question.overview, overview);
  ASSERT_EQ(question.params.size(), 3U);
  EXPECT_EQ(question.params[0].description, "How many songs");
  EXPECT_EQ(question.params[1].value, "");
  EXPECT_EQ(question.params[2].value, "Anna");
}

TEST(Question, NeedsNoHeader) {
  const Question question = Parse("SELECT 1");
  EXPECT_EQ(question.title, "q");
  EXPECT_EQ(question.section, "More questions");
  EXPECT_EQ(question.chart.kind, "table");
  EXPECT_FALSE(question.overview);
}

TEST(Question, RefusesAHeaderThatCannotBeMeantSo) {
  EXPECT_THAT(ParseRefusal("-- tittle: X\nSELECT 1"),
              HasSubstr("q.sql:1: unknown key 'tittle' in the header / Did you mean title?"));
  EXPECT_THAT(ParseRefusal("-- title: X\n-- chart: bar a b\nSELECT 1"),
              HasSubstr("q.sql:2: unknown kind of chart 'bar' / Did you mean bars?"));
  EXPECT_THAT(ParseRefusal("-- chart: heatmap a b\nSELECT 1"),
              HasSubstr("chart heatmap with 2 columns / It takes 3 to 3."));
  EXPECT_THAT(ParseRefusal("-- overview: soon\nSELECT 1"), HasSubstr("'soon' in overview"));
  EXPECT_THAT(ParseRefusal("-- param: n nummer 1\nSELECT 1"), HasSubstr("Did you mean number?"));
  EXPECT_THAT(ParseRefusal("-- param: 1n number 1\nSELECT 1"), HasSubstr("no name of a parameter"));
  EXPECT_THAT(ParseRefusal("-- param: n number ten\nSELECT 1"),
              HasSubstr("default 'ten' of parameter n is not a whole number"));
  EXPECT_THAT(ParseRefusal("-- param: d date 2018-02-30\nSELECT 1"),
              HasSubstr("is not a day such as 2018-11-30"));
}

TEST(Question, TextsMustStandInQuotes) {
  const std::string header = "-- param: t text x\n-- param: n number 1\n";
  EXPECT_THAT(ParseRefusal(header + "SELECT :n, :t"),
              HasSubstr("q.sql:3: :t is not quoted / Write :'t'."));
  EXPECT_EQ(ParseRefusal(header + "SELECT :n, :'n', :'t', ':t'"), "nothing was thrown");
}

TEST(BindQuestion, FillsInDefaultsSettingsAndVariables) {
  const Question question = Parse(
      "-- param: n number 10\n-- param: t text x\nSELECT :'t' FROM :\"star_schema\".songs LIMIT "
      ":n;");
  EXPECT_EQ(BindQuestion(question, {}, {{"star_schema", "star"}}).text,
            "SELECT 'x' FROM \"star\".songs LIMIT 10");
  const SqlStatement bound =
      BindQuestion(question, {{"t", "O'Brien\\; DROP TABLE x; --"}, {"n", "3"}, {"other", "1"}},
                   {{"star_schema", "s\"t"}});
  EXPECT_EQ(bound.text, R"(SELECT 'O''Brien\\; DROP TABLE x; --' FROM "s""t".songs LIMIT 3)");
  EXPECT_EQ(bound.line, 3);
}

TEST(BindQuestion, RefusesValuesThatDoNotFit) {
  const Question question =
      Parse("-- param: n number 10\n-- param: d date ''\nSELECT :'d' LIMIT :n");
  for (const std::string value :
       {"", "-1", "1.5", "1; DROP TABLE x", "1e3", "99999999999999999999"}) {
    EXPECT_THAT(Refusal([&] {
                  BindQuestion(question, {{"n", value}}, {});
                }),
                HasSubstr("parameter n of q: '" + value + "' is not a whole number"));
  }
  for (const std::string value : {"2018-11", "2018-02-29", "yesterday", "2018-11-30 12:00"}) {
    EXPECT_THAT(Refusal([&] {
                  BindQuestion(question, {{"d", value}}, {});
                }),
                HasSubstr("is not a day"));
  }
  EXPECT_EQ(BindQuestion(question, {{"d", "2020-02-29"}}, {}).text, "SELECT '2020-02-29' LIMIT 10");
}

TEST(BindQuestion, AQuestionIsOneSelect) {
  EXPECT_THAT(Refusal([] { BindQuestion(Parse("SELECT 1; SELECT 2"), {}, {}); }),
              HasSubstr("2 statements in a question"));
  EXPECT_THAT(Refusal([] { BindQuestion(Parse("-- nothing\n"), {}, {}); }),
              HasSubstr("0 statements"));
  EXPECT_THAT(Refusal([] { BindQuestion(Parse("\nDELETE FROM t"), {}, {}); }),
              HasSubstr("q.sql:2: not a SELECT"));
  EXPECT_EQ(BindQuestion(Parse("with a AS (SELECT 1) SELECT * FROM a"), {}, {}).line, 1);
}

}  // namespace
}  // namespace dwh
