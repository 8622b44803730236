#include "ingest/manifest.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace dwh {
namespace {

constexpr std::string_view kKey = "s3://bucket/run.manifest";

TEST(Manifest, EntriesInOrderWithRepeatsAndDefaults) {
  const std::vector<ManifestEntry> entries = ParseManifest(R"({
    "made_by": "someone",
    "entries": [
      {"url": "s3://b/k1", "mandatory": true, "meta": {"content_length": 5956875}},
      {"mandatory": false, "url": "s3://b2/k 2"},
      {"url": "s3://b/k1"}
    ]})",
                                                           kKey);
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].url, "s3://b/k1");
  EXPECT_TRUE(entries[0].mandatory);
  EXPECT_EQ(entries[1].url, "s3://b2/k 2");
  EXPECT_FALSE(entries[1].mandatory);
  EXPECT_EQ(entries[2].url, "s3://b/k1");
  EXPECT_FALSE(entries[2].mandatory);
}

TEST(Manifest, RefusesWithTheReason) {
  struct Row {
    std::string_view text;
    std::string_view reason;
  };
  for (const auto& [text, reason] : std::initializer_list<Row>{
           {"", "parse error at line 1, column 1"},
           {"{\"entries\": [", "unexpected end of input"},
           {R"({"entries":[{"url":"a"}]} {})", "parse error"},
           {"[]", "not a JSON object"},
           {"{}", "no \"entries\""},
           {R"({"Entries":[{"url":"a"}]})", "no \"entries\""},
           {R"({"entries":{"url":"a"}})", "\"entries\" is not an array"},
           {R"({"entries":[]})", "\"entries\" is empty"},
           {R"({"entries":["s3://b/k"]})", "entry 1 is not an object"},
           {R"({"entries":[{"url":"a"},{"URL":"b"}]})", "entry 2 has no \"url\""},
           {R"({"entries":[{"url":""}]})", "entry 1 has a \"url\" that is empty"},
           {R"({"entries":[{"url":5}]})", "entry 1 has a \"url\" that is empty or not a string"},
           {R"({"entries":[{"url":"a","mandatory":"yes"}]})", "entry 1 has a \"mandatory\""},
           {"{\"entries\":[{\"url\":\"\xff\"}]}", "UTF-8"},
       }) {
    const std::string_view input = text;
    SCOPED_TRACE(input);
    ExpectError(
        ErrorKind::kRejected, [&] { ParseManifest(input, kKey); },
        "bad manifest s3://bucket/run.manifest: ", reason);
  }
}

TEST(Manifest, MakesWhatCopyReadsExactly) {
  ObjectList objects;
  objects.Add({"s3://b/a b\"c\\d", 1, "e1"});
  objects.Add({"s3://b/\xC3\xA9", 2, "e2"});
  const std::string text = MakeManifest(objects);
  EXPECT_EQ(text,
            "{\"entries\": [\n"
            "{\"url\": \"s3://b/a b\\\"c\\\\d\", \"mandatory\": true},\n"
            "{\"url\": \"s3://b/\xC3\xA9\", \"mandatory\": true}\n"
            "]}\n");
  const std::vector<ManifestEntry> entries = ParseManifest(text, kKey);
  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].url, objects.key(0));
  EXPECT_TRUE(entries[1].mandatory);
}

}  // namespace
}  // namespace dwh
