#include "warehouse/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "warehouse/report_files.h"

namespace dwh {
namespace {

using ::testing::HasSubstr;

std::vector<Question> Questions() {
  return {ParseQuestion("a.sql", "top_songs",
                        "-- overview: limit=5\n-- param: limit number 10\nSELECT 1"),
          ParseQuestion("b.sql", "hours", "SELECT 2"),
          ParseQuestion("c.sql", "lapsed", "-- param: days number 7\nSELECT 3")};
}

std::string PlanRefusal(const std::vector<std::string>& names,
                        const std::map<std::string, std::string>& settings) {
  try {
    PlanReport(Questions(), names, false, settings);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    return error.what();
  }
  return "nothing was thrown";
}

TEST(PlanReport, TakesTheNamedOnesInTheirOrder) {
  const std::vector<Inquiry> plan = PlanReport(Questions(), {"lapsed", "top_songs"}, false, {});
  ASSERT_EQ(plan.size(), 2U);
  EXPECT_EQ(plan[0].question.name, "lapsed");
  EXPECT_EQ(plan[1].question.name, "top_songs");
  EXPECT_TRUE(plan[1].settings.empty()) << "what holds in the overview holds there only";
}

TEST(PlanReport, TheOverviewHasSettingsOfItsOwnThatGiveWay) {
  const std::vector<Inquiry> plan = PlanReport(Questions(), {}, false, {});
  ASSERT_EQ(plan.size(), 1U);
  EXPECT_EQ(plan[0].settings.at("limit"), "5");
  EXPECT_EQ(PlanReport(Questions(), {}, false, {{"limit", "9"}})[0].settings.at("limit"), "9");
  EXPECT_EQ(PlanReport(Questions(), {}, true, {}).size(), 3U);
}

TEST(PlanReport, NamesTheNearest) {
  EXPECT_EQ(PlanRefusal({"top_song"}, {}),
            "unknown question 'top_song'; did you mean 'top_songs'?");
  EXPECT_EQ(PlanRefusal({"zzzzzzzzz"}, {}), "unknown question 'zzzzzzzzz'");
  EXPECT_EQ(PlanRefusal({"lapsed"}, {{"dayz", "1"}}),
            "nothing that is asked has a parameter 'dayz'; did you mean 'days'?");
  EXPECT_THAT(PlanRefusal({"hours"}, {{"limit", "1"}}), HasSubstr("no"
                                                                  "thing that is asked"));
}

TEST(ReportFiles, CsvQuotesWhatRfc4180Says) {
  DataTable table;
  table.columns = {{"a,b"}, {"n", true}};
  table.rows = {{"say \"hi\"", "1.5"}, {"two\nlines", std::nullopt}, {" plain; ", "2"}};
  EXPECT_EQ(ToCsv(table),
            "\"a,b\",n\r\n"
            "\"say \"\"hi\"\"\",1.5\r\n"
            "\"two\nlines\",\r\n"
            " plain; ,2\r\n");
  table.columns = {{"a"}};
  table.rows = {{std::nullopt}};
  EXPECT_EQ(ToCsv(table), "a\r\n\"\"\r\n") << "a row stays a row";
}

TEST(ReportFiles, JsonKeepsNumbersAsTheyAreWritten) {
  Answer answer;
  answer.question.name = "q";
  answer.table.columns = {{"text"}, {"n", true}};
  answer.table.rows = {
      {"12", "6820"}, {"\xFFx", "92.5"}, {std::nullopt, "NaN"}, {"", std::nullopt}};
  EXPECT_EQ(ToJson({answer}),
            "{\n  \"q\": [\n"
            "    {\n      \"text\": \"12\",\n      \"n\": 6820\n    },\n"
            "    {\n      \"text\": \"\xEF\xBF\xBDx\",\n      \"n\": 92.5\n    },\n"
            "    {\n      \"text\": null,\n      \"n\": \"NaN\"\n    },\n"
            "    {\n      \"text\": \"\",\n      \"n\": null\n    }\n  ]\n}\n");
  EXPECT_EQ(ToJson({}), "{}\n");
}

}  // namespace
}  // namespace dwh
