#include "cli/answer_text.h"

#include <gtest/gtest.h>

#include "cli/text_table.h"

namespace dwh {
namespace {

DataTable Songs() {
  DataTable table;
  table.columns = {{"title"}, {"song_id", true}, {"first_year", true}, {"plays", true}};
  table.rows = {{"東京 東京 東京", "1234", "1999", "12000"},
                {"e\xCC\x81t\xC3\xA9", "5", std::nullopt, "6000"},
                {"none", "6", "0", "0"}};
  return table;
}

TEST(AnswerText, PlainIsAlignedByWhatIsSeen) {
  EXPECT_EQ(RenderAnswer(Songs(), {}),
            "title           song id  first year   plays\n"
            "--------------  -------  ----------  ------\n"
            "東京 東京 東京     1234        1999  12,000\n"
            "e\xCC\x81t\xC3\xA9                   5           -   6,000\n"
            "none                  6           0       0\n");
}

TEST(AnswerText, BarsAndCutTextsOnATerminal) {
  AnswerStyle style;
  style.width = 60;
  style.bar = 3;
  EXPECT_EQ(RenderAnswer(Songs(), style),
            "title          song id  first year   plays\n"
            "-------------  -------  ----------  ------\n"
            "東京 東京 東…     1234        1999  12,000  ################\n"
            "e\xCC\x81t\xC3\xA9                  5           -   6,000  ########\n"
            "none                 6           0       0\n");
  style.blocks = true;
  DataTable table = Songs();
  table.rows[1][3] = "6100";  // 8.13 of 16 columns: eight whole ones and an eighth
  const std::string text = RenderAnswer(table, style);
  EXPECT_NE(text.find("6,100  ████████▏\n"), std::string::npos) << text;
}

TEST(AnswerText, FiguresStandUpright) {
  DataTable table;
  table.columns = {{"plays", true}, {"first_day"}};
  table.rows = {{"6820", "2018-11-01"}};
  AnswerStyle style;
  style.upright = true;
  EXPECT_EQ(RenderAnswer(table, style), "plays           6,820\nfirst day  2018-11-01\n");
}

TEST(AnswerText, NoRows) {
  DataTable table = Songs();
  table.rows.clear();
  EXPECT_EQ(RenderAnswer(table, {}), "(no rows)\n");
}

TEST(AnswerText, GroupsDigitsOfPlainNumbersOnly) {
  EXPECT_EQ(GroupDigits("999"), "999");
  EXPECT_EQ(GroupDigits("1000"), "1,000");
  EXPECT_EQ(GroupDigits("-1234567.25"), "-1,234,567.25");
  EXPECT_EQ(GroupDigits("1e30"), "1e30");
  EXPECT_EQ(GroupDigits("NaN"), "NaN");
}

TEST(CutToWidth, NeverSplitsACharacterNorGoesBeyond) {
  EXPECT_EQ(CutToWidth("abc", 3), "abc");
  EXPECT_EQ(CutToWidth("abcd", 3), "ab\xE2\x80\xA6");
  // A wide character that would need one column too many is left out whole.
  EXPECT_EQ(CutToWidth("\xE6\x9D\xB1\xE4\xBA\xAC", 3), "\xE6\x9D\xB1\xE2\x80\xA6");
  EXPECT_EQ(DisplayWidth(CutToWidth("a\xE6\x9D\xB1\xE4\xBA\xAC", 3)), 2U);
  EXPECT_EQ(CutToWidth("abcd", 1), "\xE2\x80\xA6");
}

}  // namespace
}  // namespace dwh
