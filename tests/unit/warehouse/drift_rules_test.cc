#include "warehouse/drift_rules.h"

#include <gmock/gmock.h>

namespace dwh {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Counts = std::array<int64_t, kValueKinds>;  // strings, numbers, booleans, nested, nulls

KeyProfile Key(Counts counts) {
  KeyProfile key;
  key.counts = counts;
  for (size_t kind = 0; kind < kValueKinds; ++kind) {
    if (counts.at(kind) > 0) key.examples.at(kind) = "s3://b/" + std::to_string(kind) + ".json";
  }
  return key;
}

SourceShape Shape(int64_t records, const std::map<std::string, Counts>& keys) {
  SourceShape shape;
  shape.objects = 2;
  shape.bytes = 2000;
  shape.example = "s3://b/new.json";
  shape.sample.records = records;
  shape.sample.bytes = records * 100;
  for (const auto& [name, counts] : keys) shape.sample.keys[name] = Key(counts);
  return shape;
}

const std::set<std::string> kTaken = {"a", "b"};

std::vector<std::string> Find(const SourceShape& now, const std::vector<SourceShape>& before) {
  return FindDrifts(now, before, &kTaken);
}

TEST(DriftRulesTest, NothingToSay) {
  const SourceShape shape = Shape(1000, {{"a", {1000, 0, 0, 0, 0}}, {"b", {0, 500, 0, 0, 400}}});
  EXPECT_THAT(Find(shape, {}), IsEmpty()) << "a first run has nothing to compare with";
  EXPECT_THAT(Find(shape, std::vector<SourceShape>(8, shape)), IsEmpty());
}

TEST(DriftRulesTest, AKeyThatNoColumnTakes) {
  const SourceShape now = Shape(10, {{"a", {10, 0, 0, 0, 0}}, {"x\"y", {0, 3, 0, 0, 1}}});
  EXPECT_THAT(Find(now, {}),
              ElementsAre(AllOf(HasSubstr("key \"x\\\"y\" is in 4 of 10 sampled"),
                                HasSubstr("(s3://b/1.json)"), HasSubstr("add a column"))));
  EXPECT_THAT(FindDrifts(now, {}, nullptr), IsEmpty()) << "whole records are taken";
}

TEST(DriftRulesTest, AKeyIsGone) {
  const SourceShape before = Shape(100, {{"a", {100, 0, 0, 0, 0}}, {"b", {0, 40, 0, 0, 0}}});
  const auto gone = [&](int64_t records, const std::map<std::string, Counts>& keys) {
    return Find(Shape(records, keys), {before});
  };
  EXPECT_THAT(gone(20, {{"b", {0, 20, 0, 0, 0}}}),
              ElementsAre(AllOf(HasSubstr("key \"a\" is in none of 20 sampled records"),
                                HasSubstr("was in 100 %"), HasSubstr("s3://b/new.json"))));
  // 19 records are too few; of a key in 40 % one would want 50.
  EXPECT_THAT(gone(19, {{"b", {0, 19, 0, 0, 0}}}), IsEmpty());
  EXPECT_THAT(gone(49, {{"a", {49, 0, 0, 0, 0}}}), IsEmpty());
  EXPECT_THAT(gone(50, {{"a", {50, 0, 0, 0, 0}}}), ElementsAre(HasSubstr("key \"b\"")));
  // One is enough to be there.
  EXPECT_THAT(gone(1000, {{"a", {1000, 0, 0, 0, 0}}, {"b", {0, 0, 0, 0, 1}}}), IsEmpty());
}

TEST(DriftRulesTest, AnotherType) {
  const SourceShape before = Shape(1000, {{"a", {1000, 0, 0, 0, 0}}});
  EXPECT_THAT(Find(Shape(200, {{"a", {140, 60, 0, 0, 0}}}), {before}),
              ElementsAre(AllOf(HasSubstr("key \"a\" is a number in 30 % of 200 sampled"),
                                HasSubstr("was in 0 %"), HasSubstr("s3://b/1.json"))));
  EXPECT_THAT(Find(Shape(200, {{"a", {150, 50, 0, 0, 0}}}), {before}), IsEmpty());
  EXPECT_THAT(Find(Shape(199, {{"a", {0, 199, 0, 0, 0}}}), {before}), IsEmpty());
  // NULL is no type.
  EXPECT_THAT(Find(Shape(200, {{"a", {155, 0, 0, 0, 45}}}), {before}), IsEmpty());
}

TEST(DriftRulesTest, MoreOrFewerNulls) {
  const SourceShape before = Shape(1000, {{"a", {500, 0, 0, 0, 100}}});  // 50 % without a value
  EXPECT_THAT(Find(Shape(200, {{"a", {48, 0, 0, 0, 100}}}), {before}),
              ElementsAre(AllOf(HasSubstr("key \"a\" is empty or missing in 152 of 200"),
                                HasSubstr("76 %, and was in 50 %"), HasSubstr("s3://b/4.json"))));
  EXPECT_THAT(Find(Shape(200, {{"a", {50, 0, 0, 0, 0}}}), {before}), IsEmpty());
  EXPECT_THAT(Find(Shape(200, {{"a", {152, 0, 0, 0, 0}}}), {before}),
              ElementsAre(HasSubstr("24 %, and was in 50 %")));
}

TEST(DriftRulesTest, SmallSamplesSayNothingOfShares) {
  const SourceShape many = Shape(1000, {{"a", {1000, 0, 0, 0, 0}}});
  const SourceShape few = Shape(199, {{"a", {0, 99, 0, 0, 100}}});
  EXPECT_THAT(Find(many, {few, many}), IsEmpty());
  EXPECT_THAT(Find(many, {few}), IsEmpty());
  EXPECT_THAT(Find(few, {many}), IsEmpty());
}

TEST(DriftRulesTest, WhatWasSoOfLateIsNoNews) {
  const SourceShape with = Shape(1000, {{"a", {1000, 0, 0, 0, 0}}, {"x", {9, 0, 0, 0, 0}}});
  const SourceShape number = Shape(1000, {{"a", {0, 1000, 0, 0, 0}}, {"x", {9, 0, 0, 0, 0}}});
  const SourceShape null = Shape(1000, {{"a", {0, 0, 0, 0, 1000}}});
  const SourceShape without = Shape(1000, {{"b", {0, 0, 0, 0, 1000}}});
  for (const SourceShape& other : {number, null, without}) {
    EXPECT_THAT(Find(other, {with, with, with}), testing::Not(IsEmpty()));
    EXPECT_THAT(Find(other, {other, with, with}), IsEmpty());
    EXPECT_THAT(Find(with, {other, with, with}), IsEmpty()) << "a return";
    EXPECT_THAT(Find(other, {with, with, other}), IsEmpty());
  }
}

SourceShape Sized(int64_t object_bytes, int64_t record_bytes) {
  SourceShape shape = Shape(1000, {{"a", {1000, 0, 0, 0, 0}}});
  shape.objects = 3;
  shape.bytes = 3 * object_bytes;
  shape.sample.bytes = 1000 * record_bytes;
  return shape;
}

TEST(DriftRulesTest, Sizes) {
  std::vector<SourceShape> before = {Sized(900, 100), Sized(1000, 100), Sized(1100, 100)};
  EXPECT_THAT(Find(Sized(99000, 9000), before), IsEmpty()) << "three runs are too few";
  before.push_back(Sized(1000, 100));
  EXPECT_THAT(Find(Sized(4400, 400), before), IsEmpty());
  EXPECT_THAT(Find(Sized(225, 25), before), IsEmpty());
  EXPECT_THAT(Find(Sized(4401, 100), before),
              ElementsAre(AllOf(HasSubstr("new objects have 4.4 kB on average"),
                                HasSubstr("and had 900 bytes to 1.1 kB in the last 4 runs"),
                                HasSubstr("s3://b/new.json"))));
  EXPECT_THAT(Find(Sized(224, 401), before), ElementsAre(HasSubstr("new objects have 224 b"),
                                                         HasSubstr("new records have 401 b")));
  before.push_back(Sized(5000, 100));
  EXPECT_THAT(Find(Sized(4401, 100), before), IsEmpty()) << "there was such a run";
}

TEST(DriftRulesTest, Volume) {
  const auto night = [](int64_t objects) {
    SourceShape shape = Sized(1000, 100);
    shape.objects = objects;
    shape.bytes = objects * 1000;
    return shape;
  };
  const std::vector<SourceShape> before = {night(9), night(10), night(11), night(10)};
  EXPECT_THAT(Find(night(44), before), IsEmpty());
  EXPECT_THAT(Find(night(3), before), IsEmpty());
  EXPECT_THAT(
      Find(night(45), before),
      ElementsAre(HasSubstr("new objects have 45 kB together, and had 9.0 kB to 11 kB in the "
                            "last 4 runs")));
  EXPECT_THAT(Find(night(2), before), ElementsAre(HasSubstr("new objects have 2.0 kB together")));
}

}  // namespace
}  // namespace dwh
