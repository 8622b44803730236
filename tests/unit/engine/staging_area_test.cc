#include "engine/staging_area.h"

#include <gtest/gtest.h>

#include <map>

#include "base/error.h"

namespace dwh {
namespace {

class FakeStore : public ObjectStore {
 public:
  void Put(const std::string& name, std::string_view content) override {
    objects[name] = content;
    if (lose_answer) throw Error(ErrorKind::kUnavailable, "connection reset");
  }
  void Delete(std::span<const std::string> names) override {
    if (lose_answer) throw Error(ErrorKind::kUnavailable, "still no connection");
    for (const std::string& name : names) objects.erase(name);
  }
  std::string RegionOf(std::string_view) override { return ""; }

  std::map<std::string, std::string> objects;
  bool lose_answer = false;
};

TEST(StagingAreaTest, RemovesWhatItPut) {
  FakeStore store;
  store.objects["s3://b/other"] = "stays";
  {
    StagingArea area(&store, "s3://b/stage/run");
    EXPECT_TRUE(area.configured());
    EXPECT_EQ(area.Put("t.manifest", "{}"), "s3://b/stage/run/t.manifest");
    EXPECT_EQ(store.objects.at("s3://b/stage/run/t.manifest"), "{}");
  }
  EXPECT_EQ(store.objects.size(), 1U);
}

TEST(StagingAreaTest, RemovesWhatMayHaveArrived) {
  FakeStore store;
  {
    StagingArea area(&store, "s3://b/stage/run");
    store.lose_answer = true;
    EXPECT_THROW(area.Put("t.manifest", "{}"), Error);
    store.lose_answer = false;
  }
  EXPECT_TRUE(store.objects.empty());
}

TEST(StagingAreaTest, WhatCannotBeRemovedIsNoFailure) {
  FakeStore store;
  {
    StagingArea area(&store, "s3://b/stage/run");
    area.Put("t.manifest", "{}");
    store.lose_answer = true;
  }
  EXPECT_EQ(store.objects.size(), 1U);
}

TEST(StagingAreaTest, WithoutAPlaceNeedsNoStore) {
  const StagingArea area(nullptr, "");
  EXPECT_FALSE(area.configured());
}

}  // namespace
}  // namespace dwh
