#include "ingest/packer.h"

#include <gtest/gtest.h>

#include <numeric>

#include "expect_error.h"
#include "ingest/decompress.h"
#include "text_source.h"

namespace dwh {
namespace {

/// What COPY ... ZSTD would read.
std::string Unpack(const std::string& bytes) {
  TextSource source;
  source.Add("part", bytes);
  const auto reader = Decompress(source.Open(source.objects[0]), Compression::kZstd, "part");
  std::string text;
  std::string buffer(1000, '\0');
  while (const size_t got = reader->Read(buffer)) text.append(buffer, 0, got);
  return text;
}

/// "key:line" of a line of the part.
std::string Origin(const PackIndex& index, int64_t line) {
  const PackIndex::Place place = index.Find(line);
  return index.objects()[place.object].key + ":" + std::to_string(place.line);
}

ObjectList Objects(const std::vector<int64_t>& sizes) {
  ObjectList objects;
  for (size_t i = 0; i < sizes.size(); ++i) {
    objects.Add({"key" + std::to_string(i), sizes[i], "etag"});
  }
  return objects;
}

std::vector<size_t> PartSizes(const PackPlan& plan) {
  std::vector<size_t> sizes;
  for (const PackRange& range : plan.parts) sizes.push_back(range.last - range.first);
  return sizes;
}

TEST(Packer, PutsRecordsOneObjectAfterTheOther) {
  TextSource source;
  source.Add("a", R"({"n": 1})");
  source.Add("empty", "");
  source.Add("b", "\xEF\xBB\xBF{\"n\": 2}\n{\"n\":\n 3}\n");
  source.Add("c", R"({"n": 4}{"n": 5})");
  const PackedPart part = PackObjects(source, source.objects);
  EXPECT_EQ(Unpack(part.bytes), "{\"n\": 1}\n{\"n\": 2}\n{\"n\":\n 3}\n{\"n\": 4}{\"n\": 5}");
  EXPECT_TRUE(part.left_out.empty());
  ASSERT_EQ(part.index.objects().size(), 3U);
  EXPECT_EQ(part.index.objects()[1].records, 2);
  EXPECT_EQ(part.index.objects()[2].records, 2);
  EXPECT_EQ(Origin(part.index, 1), "a:1");
  EXPECT_EQ(Origin(part.index, 2), "b:1");
  EXPECT_EQ(Origin(part.index, 4), "b:3");
  EXPECT_EQ(Origin(part.index, 5), "c:1");
}

TEST(Packer, LeavesOutObjectsWithBrokenRecords) {
  TextSource source;
  source.Add("a", R"({"n": 1})");
  source.Add("open", R"({"n": "never ends)");
  source.Add("comma", "{},{}");
  source.Add("b", R"({"n": 2})");
  const PackedPart part = PackObjects(source, source.objects);
  EXPECT_EQ(Unpack(part.bytes), "{\"n\": 1}\n{\"n\": 2}");
  EXPECT_EQ(part.left_out, (std::vector<size_t>{1, 2}));
  EXPECT_EQ(Origin(part.index, 2), "b:1");
}

TEST(Packer, LeavesOutALargeObjectThatTurnsOutToBeBrokenLate) {
  std::string text;
  while (text.size() < (size_t{3} << 20))
    text += R"({"n": 1, "text": "abcdefghijklmnop"})"
            "\n";
  TextSource source;
  source.Add("a", "{}\n");
  source.Add("large", text + "{broken\n");
  source.Add("good", text);
  const PackedPart part = PackObjects(source, source.objects);
  EXPECT_EQ(part.left_out, (std::vector<size_t>{1}));
  EXPECT_EQ(Unpack(part.bytes), "{}\n" + text);
  ASSERT_EQ(part.index.objects().size(), 2U);
  EXPECT_EQ(part.index.objects()[1].records, std::count(text.begin(), text.end(), '\n'));
}

TEST(Packer, ObjectAboveWhatCopyTakesIsRefusedByName) {
  TextSource source;
  source.Add("a", "{}");
  source.Add("huge", R"({"text": ")" + std::string(size_t{5} << 20, 'x') + R"("})");
  ExpectError(
      ErrorKind::kRejected, [&] { PackObjects(source, source.objects); },
      "huge: ", "larger than 4 MB");
}

TEST(PackPlan, PartsAreEqualAndAsManyAsSlices) {
  const PackPlan plan = PlanPacking(Objects(std::vector<int64_t>(1000, 250)), 4);
  EXPECT_EQ(PartSizes(plan), (std::vector<size_t>{250, 250, 250, 250}));
  EXPECT_TRUE(plan.left_out.empty());
}

TEST(PackPlan, LargeSourcesGiveAMultipleOfTheSlices) {
  constexpr int64_t kMiB = int64_t{1} << 20;
  const PackPlan plan = PlanPacking(Objects(std::vector<int64_t>(400, kMiB)), 4);
  EXPECT_EQ(plan.parts.size(), 8U);
  for (const size_t size : PartSizes(plan)) EXPECT_EQ(size, 50U);
}

TEST(PackPlan, EveryObjectIsInOnePartOrLeftOut) {
  const std::vector<int64_t> sizes = {5, 0, int64_t{1} << 30, 7, 7, int64_t{17} << 20, 0, 100};
  const PackPlan plan = PlanPacking(Objects(sizes), 2);
  std::vector<int> times(sizes.size(), 0);
  for (const PackRange& range : plan.parts) {
    EXPECT_LT(range.first, range.last);
    for (size_t i = range.first; i < range.last; ++i) ++times[i];
  }
  for (const size_t i : plan.left_out) ++times[i];
  EXPECT_EQ(times, std::vector<int>(sizes.size(), 1));
  EXPECT_EQ(plan.left_out, (std::vector<size_t>{2, 5}));
}

TEST(PackPlan, PacksManySmallObjectsOnly) {
  EXPECT_TRUE(IsWorthPacking(Objects(std::vector<int64_t>(1000, 250)), 4));
  EXPECT_FALSE(IsWorthPacking(Objects(std::vector<int64_t>(30, 250)), 4));
  EXPECT_FALSE(IsWorthPacking(Objects(std::vector<int64_t>(1000, 16'000'000)), 4));
  EXPECT_FALSE(IsWorthPacking({}, 4));
}

TEST(PartName, FollowsFromContent) {
  const ObjectList objects = Objects({1, 2});
  const std::string name = PartName(objects);
  EXPECT_EQ(name, PartName(Objects({1, 2})));
  EXPECT_NE(name, PartName(Objects({1, 3})));
  EXPECT_NE(name, PartName(Objects({1})));
  ObjectList rewritten;
  rewritten.Add({"key0", 1, "etag"});
  rewritten.Add({"key1", 2, "other"});
  EXPECT_NE(name, PartName(rewritten));
}

TEST(PackIndex, SurvivesItsText) {
  PackIndex index;
  index.Add({"s3://b/a \"é\"\n.json", 1, 1, 1});
  index.Add({"s3://b/b.json", 3, 5, 20});
  const PackIndex again = PackIndex::Parse(index.Format(), "k");
  ASSERT_EQ(again.objects().size(), 2U);
  EXPECT_EQ(again.objects()[0].key, index.objects()[0].key);
  EXPECT_EQ(again.objects()[1].records, 20);
  EXPECT_EQ(Origin(again, 2), "s3://b/a \"é\"\n.json:2");
  EXPECT_EQ(Origin(again, 4), "s3://b/b.json:6");
}

TEST(PackIndex, RefusesOtherText) {
  for (const char* const text : {"", "{}", "[1]", R"({"packed": [{"key": 1}]})"}) {
    ExpectError(
        ErrorKind::kFailed, [&] { PackIndex::Parse(text, "s3://b/x.index"); }, "s3://b/x.index",
        "not the index");
  }
}

}  // namespace
}  // namespace dwh
