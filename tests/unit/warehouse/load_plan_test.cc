#include "warehouse/load_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dwh {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

LedgerEntry Entry(const std::string& key, int64_t load_id, const std::string& etag = "v1",
                  int64_t rejects = 0) {
  return {{key, 10, etag}, rejects, load_id};
}

LoadPlan Plan(const std::vector<ObjectInfo>& listed, const std::vector<LedgerEntry>& ledger,
              bool retry_rejects = false) {
  ObjectList objects;
  for (const ObjectInfo& object : listed) objects.Add(object);
  return MakeLoadPlan(
      objects,
      [&](const auto& visit) {
        for (const LedgerEntry& entry : ledger) visit(entry);
      },
      retry_rejects);
}

std::vector<std::string> Keys(const ObjectList& objects) {
  std::vector<std::string> keys;
  for (size_t i = 0; i < objects.size(); ++i) keys.emplace_back(objects.key(i));
  return keys;
}

TEST(LoadPlan, OfAnEmptyLedgerLoadsAll) {
  const LoadPlan plan = Plan({{"a", 1, ""}, {"b", 2, ""}}, {});
  EXPECT_THAT(plan.fresh, ElementsAre(0, 1));
  EXPECT_EQ(plan.fresh_bytes, 3);
  EXPECT_THAT(plan.removed, IsEmpty());
  EXPECT_EQ(plan.known, 0);
}

TEST(LoadPlan, TellsNewChangedKnownAndVanished) {
  const LoadPlan plan =
      Plan({{"a", 10, "v1"}, {"b", 10, "v2"}, {"d", 10, "v1"}, {"e", 11, "v1"}},
           {Entry("a", 1), Entry("b", 2), Entry("c", 3), Entry("e", 4), Entry("f", 5)});
  EXPECT_THAT(plan.fresh, ElementsAre(1, 2, 3));
  EXPECT_EQ(plan.fresh_bytes, 31);
  EXPECT_THAT(Keys(plan.vanished), ElementsAre("c", "f"));
  EXPECT_THAT(plan.removed, ElementsAre(2, 4));
  EXPECT_EQ(plan.known, 1);
  EXPECT_EQ(plan.known_bytes, 10);
  EXPECT_EQ(plan.inseparable, "");
}

TEST(LoadPlan, LoadsObjectsOfOneLoadTogether) {
  const LoadPlan plan = Plan({{"a", 10, "v1"}, {"b", 10, "v2"}, {"c", 10, "v1"}, {"d", 10, "v1"}},
                             {Entry("a", 7), Entry("b", 7), Entry("c", 8), Entry("d", 7)});
  EXPECT_THAT(plan.fresh, ElementsAre(0, 1, 3));
  EXPECT_THAT(plan.removed, ElementsAre(7));
  EXPECT_EQ(plan.known, 1);
}

TEST(LoadPlan, NamesWhatCannotBeToldFromAChangedObject) {
  const LoadPlan plan = Plan({{"b", 10, "v2"}}, {Entry("a", 7), Entry("b", 7), Entry("c", 8)});
  EXPECT_EQ(plan.inseparable, "a");
  EXPECT_EQ(Plan({{"b", 10, "v2"}}, {Entry("a", 6), Entry("b", 7)}).inseparable, "");
}

TEST(LoadPlan, LoadsRejectsAgainWhenTold) {
  const std::vector<ObjectInfo> listed = {{"a", 10, "v1"}, {"b", 10, "v1"}};
  const std::vector<LedgerEntry> ledger = {Entry("a", 1, "v1", 3), Entry("b", 2)};
  EXPECT_THAT(Plan(listed, ledger).fresh, IsEmpty());
  const LoadPlan plan = Plan(listed, ledger, true);
  EXPECT_THAT(plan.fresh, ElementsAre(0));
  EXPECT_THAT(plan.removed, ElementsAre(1));
}

}  // namespace
}  // namespace dwh
