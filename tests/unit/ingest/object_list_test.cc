#include "ingest/object_list.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace dwh {
namespace {

TEST(ObjectListTest, GivesBackWhatWasAdded) {
  ObjectList list;
  EXPECT_TRUE(list.empty());
  list.Add({"b", 2, "etag-2"});
  list.Add({"", 0, ""});
  list.Add({"a long/key with \xC3\xA9", int64_t{5} << 32, "\"0f\""});
  ASSERT_EQ(list.size(), 3U);
  EXPECT_EQ(list[0].key, "b");
  EXPECT_EQ(list[0].etag, "etag-2");
  EXPECT_EQ(list[1].key, "");
  EXPECT_EQ(list[2].key, "a long/key with \xC3\xA9");
  EXPECT_EQ(list[2].size, int64_t{5} << 32);
  EXPECT_EQ(list[2].etag, "\"0f\"");
  EXPECT_EQ(list.key(2), list[2].key);
  EXPECT_EQ(list.total_bytes(), (int64_t{5} << 32) + 2);
}

TEST(ObjectListTest, SortsByTheBytesOfTheKeys) {
  ObjectList list;
  for (const char* const key : {"b", "\xC3\xA9", "a/b", "a", "B"}) list.Add({key, 1, key});
  list.SortByKey();
  std::string order;
  for (size_t i = 0; i < list.size(); ++i) {
    EXPECT_EQ(list[i].etag, list.key(i));
    order += list[i].key + " ";
  }
  EXPECT_EQ(order, "B a a/b b \xC3\xA9 ");
}

TEST(ObjectListTest, HoldsManyObjectsAndKeysOfAnySize) {
  ObjectList made;
  for (int i = 0; i < 20000; ++i) made.Add({"key-" + std::to_string(i), i, std::to_string(-i)});
  made.Add({std::string(200000, 'k'), 7, "end"});
  const ObjectList list = std::move(made);
  for (int i = 0; i < 20000; ++i) {
    const ObjectInfo object = list[static_cast<size_t>(i)];
    ASSERT_EQ(object.key, "key-" + std::to_string(i));
    ASSERT_EQ(object.etag, std::to_string(-i));
  }
  EXPECT_EQ(list[20000].key, std::string(200000, 'k'));
  EXPECT_EQ(list[20000].etag, "end");
}

TEST(ObjectListTest, WhatIsPickedOutlivesTheListAndTakesMore) {
  ObjectList list;
  for (const char* const key : {"a", "b", "c", "d"}) list.Add({key, 2, std::string("etag ") + key});
  ObjectList picked = list.Pick({3, 1});
  picked.Add({"new", 5, "etag"});
  list.Add({"e", 1, "etag e"});
  EXPECT_EQ(list[4].etag, "etag e");
  list = ObjectList();
  ASSERT_EQ(picked.size(), 3U);
  EXPECT_EQ(picked[0].etag, "etag d");
  EXPECT_EQ(picked[1].etag, "etag b");
  EXPECT_EQ(picked[2].key, "new");
  EXPECT_EQ(picked.total_bytes(), 9);
}

}  // namespace
}  // namespace dwh
