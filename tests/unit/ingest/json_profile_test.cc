#include "ingest/json_profile.h"

#include <gtest/gtest.h>

#include "text_source.h"

namespace dwh {
namespace {

JsonProfile ProfileOf(std::initializer_list<std::string_view> records,
                      const CopyOptions& copy = {}) {
  JsonProfile profile;
  for (const std::string_view record : records) profile.Add(record, copy, "o");
  return profile;
}

int64_t Count(const JsonProfile& profile, const std::string& key, ValueKind kind) {
  const auto found = profile.keys.find(key);
  return found == profile.keys.end() ? 0 : found->second.count(kind);
}

TEST(JsonProfileTest, KindsOfTheFirstLevel) {
  const JsonProfile profile = ProfileOf(
      {R"({"s": "a\"},{", "n":-1.5e3,"b" : true , "o": {"x": [1, "]"], "s": 1}, "a": [{}], "z": null})",
       R"({"s":"","n":1,"b":false,"o":{},"a":[],"z":null})", "{}", "{ }", "[1, {\"s\": 1}]"});
  EXPECT_EQ(profile.records, 5);
  EXPECT_EQ(profile.keys.size(), 6U);
  EXPECT_EQ(Count(profile, "s", ValueKind::kString), 2);
  EXPECT_EQ(Count(profile, "n", ValueKind::kNumber), 2);
  EXPECT_EQ(Count(profile, "b", ValueKind::kBoolean), 2);
  EXPECT_EQ(Count(profile, "o", ValueKind::kNested), 2);
  EXPECT_EQ(Count(profile, "a", ValueKind::kNested), 2);
  EXPECT_EQ(Count(profile, "z", ValueKind::kNull), 2);
  EXPECT_EQ(profile.keys.at("z").present(), 2);
  EXPECT_EQ(profile.keys.at("z").filled(), 0);
}

TEST(JsonProfileTest, WhatTheCopyMakesNullIsNull) {
  CopyOptions copy;
  copy.empty_as_null = true;
  copy.blanks_as_null = true;
  EXPECT_EQ(Count(ProfileOf({R"({"a": ""})", R"({"a": "  "})"}, copy), "a", ValueKind::kNull), 2);
  EXPECT_EQ(Count(ProfileOf({R"({"a": ""})", R"({"a": "  "})"}), "a", ValueKind::kString), 2);
}

TEST(JsonProfileTest, NamesOfKeys) {
  EXPECT_EQ(ProfileOf({R"({"a\u0062": 1, "ab": 2})"}).keys.at("ab").present(), 2);
  // No column has such a name.
  EXPECT_TRUE(
      ProfileOf({R"({"a\u0000": 1})", "{\"\xff\": 1}", "{\"" + std::string(300, 'k') + "\": 1}"})
          .keys.empty());
  CopyOptions copy;
  copy.mapping = JsonMapping::kAutoIgnoreCase;
  EXPECT_EQ(ProfileOf({R"({"Ab": 1})"}, copy).keys.begin()->first, "ab");
}

TEST(JsonProfileTest, KeysWithoutEndAreNotAllKept) {
  JsonProfile profile;
  for (int i = 0; i < 5000; ++i) profile.Add("{\"" + std::to_string(i) + "\": 1}", {}, "o");
  EXPECT_EQ(profile.records, 5000);
  EXPECT_EQ(profile.keys.size(), 1000U);
}

TEST(SampleObjectsTest, ManySmallObjectsAreSampledEvenly) {
  TextSource source;
  for (int i = 0; i < 1000; ++i) {
    const std::string name = std::to_string(10000 + i);
    source.Add(name, i == 999 ? "{\"last\": 1}" : "{\"a\": 1}\nnonsense\n");
  }
  const JsonProfile profile = SampleObjects(source, {}, source.objects);
  EXPECT_EQ(profile.records, 256);
  EXPECT_EQ(Count(profile, "a", ValueKind::kNumber), 255);
  EXPECT_EQ(profile.keys.at("last").examples.at(static_cast<size_t>(ValueKind::kNumber)), "10999");
}

TEST(SampleObjectsTest, OfLargeObjectsTheBeginning) {
  TextSource source;
  std::string text;
  while (text.size() < (size_t{3} << 20)) text += "{\"text\": \"" + std::string(490, 'x') + "\"}\n";
  for (int i = 0; i < 50; ++i) source.Add(std::to_string(100 + i), text + "{\"end\": 1}");
  const JsonProfile profile = SampleObjects(source, {}, source.objects);
  EXPECT_FALSE(profile.keys.contains("end"));
  EXPECT_GT(profile.bytes, int64_t{19} << 20);
  EXPECT_LE(profile.bytes, int64_t{20} << 20);
}

TEST(SampleObjectsTest, NoObjects) {
  TextSource source;
  EXPECT_EQ(SampleObjects(source, {}, source.objects).records, 0);
}

}  // namespace
}  // namespace dwh
