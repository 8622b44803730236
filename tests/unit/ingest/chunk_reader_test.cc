#include "ingest/chunk_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "expect_error.h"
#include "ingest/record_frames.h"
#include "ingest/record_parser.h"
#include "text_source.h"

namespace dwh {
namespace {

constexpr size_t kMiB = size_t{1} << 20;

struct ReadBack {
  std::vector<std::string> texts;  ///< Of each object, put together again.
  std::vector<int> segments;       ///< Of each object.
  size_t chunks = 0;
  size_t largest = 0;
};

/// Reads everything; checks that segments follow one another with the right line numbers.
ReadBack ReadAll(TextSource& source, const CopyOptions& options = {}, int64_t first_line = 1) {
  ChunkReader reader(source, source.objects, options);
  ReadBack all;
  all.texts.resize(source.objects.size());
  all.segments.resize(source.objects.size());
  Chunk chunk;
  while (reader.Next(chunk)) {
    ++all.chunks;
    all.largest = std::max(all.largest, chunk.bytes.size());
    EXPECT_GE(chunk.bytes.size(), chunk.segments.back().end + kRecordPadding);
    for (const ChunkSegment& segment : chunk.segments) {
      std::string& text = all.texts.at(segment.object);
      EXPECT_EQ(segment.first_line, first_line + std::count(text.begin(), text.end(), '\n'));
      text += chunk.bytes.substr(segment.begin, segment.end - segment.begin);
      ++all.segments.at(segment.object);
    }
  }
  EXPECT_FALSE(reader.Next(chunk));
  return all;
}

std::string Lines(size_t bytes) {
  std::string text;
  for (int i = 0; text.size() < bytes; ++i) text += "{\"v\":" + std::to_string(i) + "}\n";
  return text;
}

TEST(ChunkReader, SmallObjectsShareAChunk) {
  TextSource source;
  source.Add("a", "{\"v\":1}");
  source.Add("empty", "");
  source.Add("b", "{\"v\":2}\n\n{\"v\":3}\n");
  const ReadBack all = ReadAll(source);
  EXPECT_EQ(all.texts, (std::vector<std::string>{"{\"v\":1}", "", "{\"v\":2}\n\n{\"v\":3}\n"}));
  EXPECT_EQ(all.chunks, 1U);
}

TEST(ChunkReader, LargeObjectsAreCutBetweenRecords) {
  for (const size_t step : {size_t{977}, size_t{65536}, 8 * kMiB}) {
    TextSource source(step);
    const std::string lines = Lines(3 * kMiB);
    std::string in_one_line = lines;
    std::erase(in_one_line, '\n');
    source.Add("small", "{}");
    source.Add("lines", lines);
    source.Add("one line", in_one_line);
    source.Add("small too", "{}\n");
    const ReadBack all = ReadAll(source);
    EXPECT_EQ(all.texts, (std::vector<std::string>{"{}", lines, in_one_line, "{}\n"}));
    EXPECT_GE(all.segments[1], 3);
    EXPECT_GE(all.segments[2], 3);
    EXPECT_LE(all.largest, 2 * kMiB);
  }
}

TEST(ChunkReader, SegmentsBeginAndEndWithWholeRecords) {
  TextSource source;
  std::string text;
  std::mt19937 random(7);
  while (text.size() < 3 * kMiB) {
    text += R"({"w":")" + std::string(random() % 3000, '}') + "\",\n\"v\":[\n{}\n]}";
    if (random() % 2 == 0) text += '\n';
  }
  source.Add("a", text);
  ChunkReader reader(source, source.objects, {});
  Chunk chunk;
  size_t total = 0;
  while (reader.Next(chunk)) {
    for (const ChunkSegment& segment : chunk.segments) {
      std::string_view rest(chunk.bytes);
      rest = rest.substr(segment.begin, segment.end - segment.begin);
      total += rest.size();
      for (rest.remove_prefix(SkipWhiteSpace(rest)); !rest.empty();
           rest.remove_prefix(SkipWhiteSpace(rest))) {
        const RecordFrame frame = FindFrame(rest);
        ASSERT_EQ(frame.kind, RecordFrame::Kind::kRecord);
        rest.remove_prefix(frame.length);
      }
    }
  }
  EXPECT_EQ(total, text.size());
}

TEST(ChunkReader, ObjectsOfFourMegabytes) {
  const auto record = [](size_t bytes) {
    return R"({"w":")" + std::string(bytes - 8, 'x') + "\"}";
  };
  TextSource source;
  const std::string text =
      Lines(kMiB / 2) + record(kMaxObjectBytes) + record(kMaxObjectBytes) + "{}";
  source.Add("a", text);
  EXPECT_EQ(ReadAll(source).texts[0], text);
  TextSource too_large;
  too_large.Add("b", "{}\n\n" + record(3 * kMaxObjectBytes));
  ExpectError(
      ErrorKind::kRejected, [&] { ReadAll(too_large); }, "b, line 3: ", "larger than 4 MB");
}

TEST(ChunkReader, WhiteSpaceAndJunkOfAnyLengthPass) {
  for (const std::string& piece : {std::string("\n"), std::string(" "), std::string("junk\n"),
                                   std::string("{\"v\":\"\n"), std::string("{\"v\":1\n")}) {
    TextSource source;
    std::string text;
    while (text.size() < 7 * kMiB) text += piece;
    source.Add("a", text + "{}");
    const ReadBack all = ReadAll(source);
    EXPECT_EQ(all.texts[0], text + "{}") << piece;
    EXPECT_LE(all.largest, 2 * kMiB) << piece;
  }
}

TEST(ChunkReader, HeaderLinesAndByteOrderMark) {
  CopyOptions options;
  options.ignore_header_lines = 2;
  for (const std::string& header : {std::string("a\nb\n"),
                                    "\xEF\xBB\xBF"
                                    "a\n" +
                                        std::string(9000, 'b') + "\n",
                                    std::string(4095, 'a') + "\n\n"}) {
    TextSource source;
    source.Add("a", header + "{}\n{}");
    EXPECT_EQ(ReadAll(source, options, 3).texts[0], "{}\n{}");
  }
  TextSource source;
  source.Add("short", "a\nb");
  EXPECT_EQ(ReadAll(source, options, 2).texts[0], "");
  TextSource marked(1);
  marked.Add("a", "\xEF\xBB\xBF{}");
  marked.Add("b", "\xEF\xBB");
  EXPECT_EQ(ReadAll(marked).texts, (std::vector<std::string>{"{}", "\xEF\xBB"}));
}

}  // namespace
}  // namespace dwh
