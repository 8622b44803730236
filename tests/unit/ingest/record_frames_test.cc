#include "ingest/record_frames.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace dwh {
namespace {

using Kind = RecordFrame::Kind;

/// All frames of a text, as "R", "B" or "J" and their bytes.
std::vector<std::string> Frames(std::string_view text) {
  std::vector<std::string> shown;
  for (text.remove_prefix(SkipWhiteSpace(text)); !text.empty();
       text.remove_prefix(SkipWhiteSpace(text))) {
    const RecordFrame frame = FindFrame(text);
    EXPECT_GT(frame.length, 0U) << text;
    if (frame.length == 0) break;
    const char* const kind = frame.kind == Kind::kRecord   ? "R "
                             : frame.kind == Kind::kBroken ? "B "
                                                           : "J ";
    shown.push_back(kind + std::string(text.substr(0, frame.length)));
    text.remove_prefix(frame.length);
  }
  return shown;
}

TEST(RecordFrames, FallIntoRecordsBrokenOnesAndJunk) {
  struct Row {
    std::string_view text;
    std::vector<std::string> frames;
  };
  for (const auto& [text, frames] : std::initializer_list<Row>{
           {"", {}},
           {" \r\n\t", {}},
           {"{}", {"R {}"}},
           {"{}{}[]", {"R {}", "R {}", "R []"}},
           {R"({"a":"}{"} {"b":"\"}"})", {R"(R {"a":"}{"})", R"(R {"b":"\"}"})"}},
           {"{\n\"a\": [\n{\n}\n]\n}\n{}", {"R {\n\"a\": [\n{\n}\n]\n}", "R {}"}},
           {"{},{}", {"R {}", "J ,", "R {}"}},
           {"a b \n c", {"J a b", "J c"}},
           // Brackets that do not match are still a record's bounds; the parser refuses it.
           {"{]{}", {"R {]", "R {}"}},
           // A line that cannot be followed by a record, but is.
           {"{\"a\":1\n{}\n{}", {"B {\"a\":1", "R {}", "R {}"}},
           {"{\"a\":1,\n{}\n{}", {"B {\"a\":1,", "R {}", "R {}"}},
           {"{\"a\":{\n{}\n", {"B {\"a\":{", "R {}"}},
           {"[1,\n[2]\n[3]", {"B [1,", "R [2]", "R [3]"}},
           {"{\"a\":[\n{}\n{}", {"B {\"a\":[", "R {}", "R {}"}},
           // A string holds no line break.
           {"{\"a\n{}", {"B {\"a", "R {}"}},
           {"{\"\n{}", {"B {\"", "R {}"}},
           {"{\"a\\\n{}", {"B {\"a\\", "R {}"}},
           {"{\"a\\\"\n{}", {R"(B {"a\")", "R {}"}},
           {"{\"a\\\"\n}", {R"(B {"a\")", "J }"}},
           // Where the text ends.
           {"{\"a\":1 \n\n", {"B {\"a\":1"}},
           {"{\"a", {"B {\"a"}},
           {"{\"a\\", {"B {\"a\\"}},
       }) {
    EXPECT_EQ(Frames(text), frames) << text;
  }
}

TEST(RecordFrames, SaysWhatMayGoOn) {
  for (const std::string_view text : {"{", "{\"a", "x", "[1,\n", "{\"a\":[\n{}"}) {
    EXPECT_FALSE(FindFrame(text).complete) << text;
  }
  for (const std::string_view text : {"{}", "{\"a\n", "x\n", "x{", "{1\n{", "[]x"}) {
    EXPECT_TRUE(FindFrame(text).complete) << text;
  }
}

TEST(RecordFrames, DeepNestingEndsAtTheLinesEnd) {
  const std::string deep(kMaxJsonDepth + 1, '[');
  EXPECT_EQ(Frames(deep + "\n{}"), (std::vector<std::string>{"B " + deep, "R {}"}));
  const std::string allowed = deep.substr(1) + "\n" + std::string(kMaxJsonDepth, ']');
  EXPECT_EQ(Frames(allowed), std::vector<std::string>{"R " + allowed});
}

TEST(RecordFrames, BrokenLengthEndsAtTheNextBeginning) {
  EXPECT_EQ(BrokenLength("{a}"), 3U);
  EXPECT_EQ(BrokenLength("{a \r\n{b}\n}"), 2U);
  EXPECT_EQ(BrokenLength("{a\n {b}}"), 8U);
  EXPECT_EQ(BrokenLength("{a\n[b]}"), 7U);
  EXPECT_EQ(BrokenLength("[a\n[b]]"), 2U);
}

TEST(RecordFrames, LastRecordEnd) {
  struct Row {
    std::string_view text;
    size_t end;
  };
  for (const auto& [text, end] : std::initializer_list<Row>{
           {"", 0},
           {"{", 0},
           {"  \n", 3},
           {"{}", 2},
           {"{}{", 2},
           {"{}\n{\"a\"", 3},
           {"{}\n\n  {", 4},
           {"{}\n{}\n", 3},
           {"{\"a\":\n{", 0},
           {"x", 0},
           {"x\ny", 2},
           {"{1\n{", 3},
           {"{\"a\n\"b", 4},
       }) {
    EXPECT_EQ(LastRecordEnd(text), end) << text;
  }
}

/// The promise on which chunks rest: cut anywhere by LastRecordEnd, a text falls into the same
/// frames as in one piece.
TEST(RecordFrames, CutsDoNotShow) {
  const std::vector<std::string> parts = {
      "{", "}", "[",  "]",    "\"", ":",  ",",         "\n",         "\n",   "\\",
      "a", " ", "{}", "{}\n", "[]", "\r", "{\"a\":1}", "{\"b\":[\n", "\n\n", "1"};
  std::mt19937 random(20181101);
  std::uniform_int_distribution<size_t> any_part(0, parts.size() - 1);
  std::uniform_int_distribution<int> any_count(1, 24);
  int cuts = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (int i = any_count(random); i > 0; --i) text += parts[any_part(random)];
    const std::vector<std::string> whole = Frames(text);
    for (size_t seen = 1; seen < text.size(); ++seen) {
      const size_t cut = LastRecordEnd(std::string_view(text).substr(0, seen));
      ASSERT_LE(cut, seen);
      if (cut == 0) continue;
      ++cuts;
      std::vector<std::string> pieces = Frames(text.substr(0, cut));
      for (const std::string& frame : Frames(text.substr(cut))) pieces.push_back(frame);
      ASSERT_EQ(pieces, whole) << text << "\ncut at " << cut << ", " << seen << " bytes seen";
    }
  }
  EXPECT_GT(cuts, 100000);
}

}  // namespace
}  // namespace dwh
