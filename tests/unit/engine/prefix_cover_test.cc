#include "engine/prefix_cover.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

namespace dwh {
namespace {

using Keys = std::vector<std::string>;

ObjectList ListOf(const Keys& keys) {
  ObjectList list;
  for (const std::string& key : keys) list.Add({key, 1, "e"});
  list.SortByKey();
  return list;
}

std::optional<Keys> Cover(const Keys& present, const Keys& wanted) {
  return CoverByPrefixes(ListOf(present), ListOf(wanted));
}

TEST(PrefixCoverTest, OnePrefixWhereAllIsWanted) {
  EXPECT_EQ(Cover({"s3://b/a/1", "s3://b/a/2"}, {"s3://b/a/1", "s3://b/a/2"}), Keys{"s3://b/a/"});
  EXPECT_EQ(Cover({"s3://b/a"}, {"s3://b/a"}), Keys{"s3://b/a"});
}

TEST(PrefixCoverTest, NoPrefixWhereNothingIsWanted) {
  EXPECT_EQ(Cover({"s3://b/a"}, {}), Keys{});
  EXPECT_EQ(Cover({}, {}), Keys{});
}

TEST(PrefixCoverTest, LeavesOutWhatIsNotWanted) {
  EXPECT_EQ(Cover({"b/1", "b/2", "b/31", "b/32"}, {"b/1", "b/31", "b/32"}), (Keys{"b/1", "b/3"}));
}

TEST(PrefixCoverTest, AKeyThatOthersBeginWith) {
  EXPECT_EQ(Cover({"b/a", "b/a.bak"}, {"b/a", "b/a.bak"}), Keys{"b/a"});
  EXPECT_EQ(Cover({"b/a", "b/a.bak"}, {"b/a.bak"}), Keys{"b/a.bak"});
  EXPECT_EQ(Cover({"b/a", "b/a.bak"}, {"b/a"}), std::nullopt);
}

TEST(PrefixCoverTest, NeverCutsACharacter) {
  // é and ê differ in their last byte.
  EXPECT_EQ(Cover({"b/\xC3\xA9", "b/\xC3\xAA"}, {"b/\xC3\xA9", "b/\xC3\xAA"}), Keys{"b/"});
  EXPECT_EQ(Cover({"b/\xC3\xA9", "b/\xC3\xAA", "b/x"}, {"b/\xC3\xA9", "b/x"}),
            (Keys{"b/x", "b/\xC3\xA9"}));
}

TEST(PrefixCoverTest, AKeyListedTwiceIsOne) {
  EXPECT_EQ(Cover({"b/1", "b/2"}, {"b/1", "b/1"}), Keys{"b/1"});
}

/// Whatever the keys, what the prefixes select is what was wanted, each once.
TEST(PrefixCoverTest, SelectsExactlyWhatIsWanted) {
  std::mt19937 random(20181112);
  const auto pick = [&](size_t most) { return random() % most; };
  int covered = 0;
  for (int round = 0; round < 2000; ++round) {
    std::set<std::string> present;
    while (present.size() < 1 + pick(12)) {
      std::string key = "b/";
      for (size_t i = pick(4); i < 4; ++i) key += "ab"[pick(2)];
      present.insert(key);
    }
    std::set<std::string> wanted;
    for (const std::string& key : present) {
      if (pick(2) == 0) wanted.insert(key);
    }
    const auto prefixes = Cover({present.begin(), present.end()}, {wanted.begin(), wanted.end()});
    if (!prefixes) {
      // Then there is a wanted key with which an unwanted one begins.
      bool found = false;
      for (const std::string& key : present) {
        for (const std::string& begin : wanted) {
          found = found || (!wanted.contains(key) && key.starts_with(begin));
        }
      }
      EXPECT_TRUE(found);
      continue;
    }
    ++covered;
    for (const std::string& key : present) {
      int selected = 0;
      for (const std::string& prefix : *prefixes) selected += key.starts_with(prefix) ? 1 : 0;
      EXPECT_EQ(selected, wanted.contains(key) ? 1 : 0) << key;
    }
  }
  EXPECT_GT(covered, 500);
}

}  // namespace
}  // namespace dwh
