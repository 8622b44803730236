#include "cli/text_table.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace dwh {
namespace {

TEST(TextTable, AlignsByDisplayWidth) {
  TextTable table({{"table"}, {"rows", TextTable::Align::kRight}});
  table.AddRow({"staging_events", "8,056"});
  table.AddRow({"Bj\xC3\xB6rk", "1"});
  table.AddRow({"\xE6\x9D\xB1\xE4\xBA\xAC", "22"});  // two wide characters
  table.AddRow({"e\xCC\x81t\xC3\xA9"});              // a combining accent
  EXPECT_EQ(table.Render(),
            "table            rows\n"
            "--------------  -----\n"
            "staging_events  8,056\n"
            "Bj\xC3\xB6rk               1\n"
            "\xE6\x9D\xB1\xE4\xBA\xAC               22\n"
            "e\xCC\x81t\xC3\xA9\n");
}

TEST(TextTable, ShowsWhatATerminalWouldObey) {
  TextTable table({{"song"}, {"x"}});
  table.AddRow({"Enough\x19s\n\x1b[2J", "\xFF\xC2\x80"});
  EXPECT_EQ(table.Render(),
            "song                    x\n"
            "----------------------  ------------\n"
            "Enough\\x19s\\x0A\\x1B[2J  \\xFF\\xC2\\x80\n");
}

TEST(TextTable, AnEmptyTableHasItsTitles) {
  EXPECT_EQ(TextTable({{"a"}, {"b"}}).Render(), "a  b\n-  -\n");
}

TEST(TextTable, MoreCellsThanColumnsAreABug) {
  TextTable table({{"a"}});
  EXPECT_THROW(table.AddRow({"1", "2"}), std::logic_error);
}

TEST(DisplayWidth, CountsColumns) {
  EXPECT_EQ(DisplayWidth(""), 0U);
  EXPECT_EQ(DisplayWidth("abc"), 3U);
  EXPECT_EQ(DisplayWidth("\xE2\x82\xAC"), 1U);
  EXPECT_EQ(DisplayWidth("\xF0\x9F\x98\x80"), 2U);
}

}  // namespace
}  // namespace dwh
