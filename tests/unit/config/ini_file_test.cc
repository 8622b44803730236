#include "config/ini_file.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs KeysAndValues(const IniFile& file) {
  Pairs pairs;
  for (const IniEntry& entry : file.entries) pairs.emplace_back(entry.key, entry.value);
  return pairs;
}

/// The value of the only key, without a mistake.
std::string OnlyValue(std::string_view text) {
  const IniFile file = ParseIni(text);
  EXPECT_TRUE(file.mistakes.empty()) << text;
  EXPECT_EQ(file.entries.size(), 1U) << text;
  return file.entries.size() == 1 ? file.entries.front().value : "";
}

std::vector<std::string> Mistakes(std::string_view text) {
  std::vector<std::string> lines;
  for (const IniMistake& mistake : ParseIni(text).mistakes) {
    lines.push_back(StrCat(mistake.line, ": ", mistake.text));
  }
  return lines;
}

TEST(ParseIni, TellsSectionKeyValueAndLine) {
  const IniFile file =
      ParseIni("# first\n\n[AWS]\nKEY=abc\nSECRET : d=e\n\n[DWH]\n  engine = local\n");
  EXPECT_TRUE(file.mistakes.empty());
  ASSERT_EQ(file.sections.size(), 2U);
  EXPECT_EQ(file.sections[1].name, "DWH");
  EXPECT_EQ(file.sections[1].line, 7);
  EXPECT_EQ(KeysAndValues(file), (Pairs{{"KEY", "abc"}, {"SECRET", "d=e"}, {"engine", "local"}}));
  EXPECT_EQ(file.entries[2].section, "DWH");
  EXPECT_EQ(file.entries[2].line, 8);
}

TEST(ParseIni, KeepsValuesThatInihAloneCutsOrJoins) {
  for (const std::string value :
       {"a ;b", "a ; b", "a #b", ";a", "#a", "100%", "%(name)s", "=a", ":a", "a=b:c", "\"a", "a'",
        "'a' 'b", "a\tb", "\xC3\xA4 \xFF", "[x]"}) {
    EXPECT_EQ(OnlyValue(StrCat("[s]\nk=", value, "\n")), value);
    EXPECT_EQ(OnlyValue(StrCat("[s]\nk: ", value, "  \r\n")), value);
  }
}

TEST(ParseIni, TakesLinesOfAnyLength) {
  for (const size_t length : {190U, 199U, 200U, 201U, 399U, 400U, 401U, 1500U, 1'000'000U}) {
    const std::string value(length, 'x');
    EXPECT_EQ(OnlyValue(StrCat("[s]\nk=", value)), value);
    EXPECT_EQ(OnlyValue(StrCat("# ", value, "\n[s]\nk=v\n")), "v");
  }
}

TEST(ParseIni, RemovesOneMatchingPairOfQuotes) {
  const std::vector<std::pair<std::string, std::string>> cases = {{"''", ""},
                                                                  {"\"\"", ""},
                                                                  {"'a'", "a"},
                                                                  {"\"a\"", "a"},
                                                                  {"' a '", " a "},
                                                                  {"\"'a'\"", "'a'"},
                                                                  {"''a''", "'a'"},
                                                                  {"'a\"", "'a\""},
                                                                  {"'", "'"},
                                                                  {"'it's'", "it's"},
                                                                  {"a'b'", "a'b'"},
                                                                  {"\"a;#%b\"", "a;#%b"},
                                                                  {"'s3://b/p'", "s3://b/p"}};
  for (const auto& [written, meant] : cases) {
    EXPECT_EQ(OnlyValue(StrCat("[s]\nk=", written, "\n")), meant) << written;
  }
}

TEST(ParseIni, CommentsStandOnlyAtTheStartOfALine) {
  EXPECT_EQ(OnlyValue("[s]\n# k=1\n ; k=2\n\t#k=3\nk=4 ; x # y\n"), "4 ; x # y");
}

TEST(ParseIni, AllowsByteOrderMarkCarriageReturnsAndNoLastNewline) {
  const IniFile file = ParseIni("\xEF\xBB\xBF[s]\r\na=1\r\nb=\r\nc=3");
  EXPECT_TRUE(file.mistakes.empty());
  EXPECT_EQ(KeysAndValues(file), (Pairs{{"a", "1"}, {"b", ""}, {"c", "3"}}));
}

TEST(ParseIni, ALineIndentedDeeperThanItsKeyGoesOnWithTheValue) {
  EXPECT_EQ(OnlyValue("[s]\nk=a\n  b=c\n\t[d]\n"), "a\nb=c\n[d]");
  EXPECT_EQ(OnlyValue("[s]\nk=\n a\n # comment\n\n b\n\n"), "\na\n\nb");
  // Not deeper: keys of their own.
  EXPECT_EQ(KeysAndValues(ParseIni("[s]\n  a=1\n  b=2\n c=3\n")),
            (Pairs{{"a", "1"}, {"b", "2"}, {"c", "3"}}));
  // A header has no value that could go on.
  EXPECT_EQ(KeysAndValues(ParseIni("[s]\n   a=1\n[t]\n  b=2\n")), (Pairs{{"a", "1"}, {"b", "2"}}));
}

TEST(ParseIni, ReportsEachLineThatMeansNothing) {
  EXPECT_EQ(Mistakes("a=1\n[s]\nb\n[t\n=c\n[]\n[ ]\nd=1\n"),
            (std::vector<std::string>{
                "1: key 'a' before any [section]", "3: expected '[section]' or 'key = value'",
                "4: expected '[section]' or 'key = value'", "5: a value without a key",
                "6: a section without a name", "7: a section without a name",
                "8: key 'd' before any [section]"}));
  EXPECT_EQ(Mistakes(std::string_view("[s]\na=1\0002\n", 10)),
            (std::vector<std::string>{"2: holds a NUL byte"}));
}

TEST(ParseIni, ReportsARepeatedKeyAndTakesTheFirst) {
  const std::string text = "[s]\na=1\n[t]\na=2\n[S]\nA=3\n more\nb=4\n";
  EXPECT_EQ(Mistakes(text), (std::vector<std::string>{"6: key 'A' of [S] is already on line 2"}));
  EXPECT_EQ(KeysAndValues(ParseIni(text)), (Pairs{{"a", "1"}, {"a", "2"}, {"b", "4"}}));
}

TEST(SetIniValue, ReplacesInPlaceAndKeepsEveryOtherByte) {
  const std::string text = "; top\r\n[a]\r\n  k1 =  old  \r\n  k2='q'\r\n\r\n[b]\r\nk1:x";
  EXPECT_EQ(SetIniValue(text, "A", "K1", "new"),
            "; top\r\n[a]\r\n  k1 =  new  \r\n  k2='q'\r\n\r\n[b]\r\nk1:x");
  EXPECT_EQ(SetIniValue(text, "a", "k2", "it's"),
            "; top\r\n[a]\r\n  k1 =  old  \r\n  k2='it's'\r\n\r\n[b]\r\nk1:x");
  EXPECT_EQ(SetIniValue(text, "b", "k1", "y"),
            "; top\r\n[a]\r\n  k1 =  old  \r\n  k2='q'\r\n\r\n[b]\r\nk1:y");
}

TEST(SetIniValue, FillsAnEmptyValue) {
  EXPECT_EQ(SetIniValue("[a]\nHOST=\nb=1\n", "a", "host", "h"), "[a]\nHOST=h\nb=1\n");
  EXPECT_EQ(SetIniValue("[a]\nHOST =", "a", "host", "h"), "[a]\nHOST =h");
  EXPECT_EQ(SetIniValue("[a]\nARN=''\n", "a", "arn", "x"), "[a]\nARN='x'\n");
}

TEST(SetIniValue, DropsTheLinesThatWentOnWithTheOldValue) {
  EXPECT_EQ(SetIniValue("[a]\nk=1\n 2\n # kept\n 3\nb=4\n", "a", "k", "x"),
            "[a]\nk=x\n # kept\nb=4\n");
  EXPECT_EQ(SetIniValue("[a]\nk=1\n 2", "a", "k", "x"), "[a]\nk=x\n");
}

TEST(SetIniValue, AddsAKeyAtTheEndOfItsSection) {
  EXPECT_EQ(SetIniValue("[a]\nx=1\n\n# of b\n[b]\ny=2\n", "a", "k", "v"),
            "[a]\nx=1\nk=v\n\n# of b\n[b]\ny=2\n");
  EXPECT_EQ(SetIniValue("[a]\nx=1\n 2\n[b]\n", "a", "k", "v"), "[a]\nx=1\n 2\nk=v\n[b]\n");
  EXPECT_EQ(SetIniValue("[a]\n#k=\n[b]", "a", "k", "v"), "[a]\nk=v\n#k=\n[b]");
  EXPECT_EQ(SetIniValue("[a]\r\nx=1", "a", "k", "v"), "[a]\r\nx=1\r\nk=v\r\n");
  EXPECT_EQ(SetIniValue("[a]\n[b]\n[a]\nx=1\n", "a", "k", "v"), "[a]\n[b]\n[a]\nx=1\nk=v\n");
}

TEST(SetIniValue, AddsAMissingSectionAtTheEnd) {
  EXPECT_EQ(SetIniValue("", "a", "k", "v"), "[a]\nk=v\n");
  EXPECT_EQ(SetIniValue("\xEF\xBB\xBF", "a", "k", "v"), "\xEF\xBB\xBF[a]\nk=v\n");
  EXPECT_EQ(SetIniValue("[b]\nx=1", "a", "k", "v"), "[b]\nx=1\n\n[a]\nk=v\n");
}

TEST(SetIniValue, IndentsSoThatNothingGoesOnWithTheWrongValue) {
  const std::string text = "  [a]\n  x=1\n  [b]\n  y=2\n";
  const std::string changed = SetIniValue(text, "a", "k", "v");
  EXPECT_EQ(changed, "  [a]\n  x=1\n  k=v\n  [b]\n  y=2\n");
  EXPECT_EQ(SetIniValue("[a]\n  [b]\n", "a", "k", "v"), "[a]\n  k=v\n  [b]\n");
}

TEST(SetIniValue, RefusesWhatIniCannotHoldAndDoesNotShowIt) {
  for (const std::string& value : {std::string("hush\nhush"), std::string("hush\0hush", 9)}) {
    try {
      SetIniValue("[a]\n", "a", "k", value);
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kFailed);
      EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos);
    }
  }
}

class RandomText {
 public:
  explicit RandomText(unsigned seed) : random_(seed) {}

  size_t Below(size_t n) { return random_() % n; }

  std::string Value() {
    static const std::vector<std::string> kPieces = {
        "a", "'", "\"", ";",  " ;", "#", " #",       "%",    "%%", "=",
        ":", " ", "\t", "\\", "[",  "]", "\xC3\xA4", "\xFF", "\r", "x=y"};
    std::string value;
    for (size_t n = Below(9); n > 0; --n) value += kPieces[Below(kPieces.size())];
    if (Below(20) == 0) value.append(1200, 'z');
    return value;
  }

  std::string File() {
    static const std::vector<std::string> kLines = {
        "[s]", "  [s]", "[t]", "k=1", "K : 'q'", "  k = \"a b\"", "j=2", " j=3", "    more",
        "# c", " ; d",  "",    "  ",  "k=",      "\tk\t=\tv\t"};
    const std::string line_end = Below(3) == 0 ? "\r\n" : "\n";
    std::string text = Below(8) == 0 ? "\xEF\xBB\xBF" : "";
    for (size_t n = Below(12); n > 0; --n) text += kLines[Below(kLines.size())] + line_end;
    if (text.ends_with(line_end) && Below(4) == 0) text.resize(text.size() - line_end.size());
    return text;
  }

 private:
  std::mt19937 random_;
};

bool IsIt(const IniEntry& entry) {
  return ToLower(entry.section) == "s" && ToLower(entry.key) == "k";
}

/// The values of [s] k, and those of all other keys.
std::pair<std::vector<std::string>, Pairs> Separate(const IniFile& file) {
  std::pair<std::vector<std::string>, Pairs> parts;
  for (const IniEntry& entry : file.entries) {
    if (IsIt(entry)) {
      parts.first.push_back(entry.value);
    } else {
      parts.second.emplace_back(StrCat(entry.section, ".", entry.key), entry.value);
    }
  }
  return parts;
}

/// The lines of `text`, less those that hold the value of [s] k.
std::vector<std::string> OtherLines(const std::string& text) {
  std::vector<std::string> lines = Split(text, '\n');
  std::vector<int> gone;
  for (const IniEntry& entry : ParseIni(text).entries) {
    if (!IsIt(entry)) continue;
    gone = entry.extra_lines;
    gone.push_back(entry.line);
  }
  std::sort(gone.rbegin(), gone.rend());
  for (const int line : gone) lines.erase(lines.begin() + line - 1);
  // A byte order mark stays before the first line, whichever that is.
  if (lines.front().starts_with("\xEF\xBB\xBF")) lines.front().erase(0, 3);
  for (std::string& line : lines) line = Trim(line);
  lines.erase(std::remove(lines.begin(), lines.end(), ""), lines.end());
  return lines;
}

// For any file without mistakes and any value: the value reads back equal, all others are as they
// were, and so is every other line.
TEST(SetIniValue, RoundTripsAnyValueInAnyFile) {
  RandomText random(7);
  int checked = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = random.File();
    const IniFile before = ParseIni(text);
    if (!before.mistakes.empty()) continue;
    ++checked;
    const std::string value = random.Value();
    const std::string changed = SetIniValue(text, "s", "k", value);
    const std::string shown = StrCat(text, "\n---- set to: ", value, "\n", changed);
    const IniFile after = ParseIni(changed);
    ASSERT_TRUE(after.mistakes.empty()) << shown;
    const auto [values, others] = Separate(after);
    ASSERT_EQ(values, std::vector<std::string>{value}) << shown;
    ASSERT_EQ(others, Separate(before).second) << shown;
    std::vector<std::string> new_lines = OtherLines(changed);
    if (after.sections.size() > before.sections.size()) new_lines.pop_back();
    ASSERT_EQ(new_lines, OtherLines(text)) << shown;
    ASSERT_EQ(SetIniValue(changed, "s", "k", value), changed) << shown;
  }
  EXPECT_GT(checked, 2000);
}

}  // namespace
}  // namespace dwh
