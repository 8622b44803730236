#include "warehouse/quarantine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace dwh {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ObjectList Objects(const std::vector<std::string>& keys) {
  ObjectList objects;
  for (const std::string& key : keys) objects.Add({key, 1, ""});
  return objects;
}

std::vector<ObjectCounts> Rejects(const std::vector<int64_t>& rejects) {
  std::vector<ObjectCounts> counts;
  for (const int64_t number : rejects) counts.push_back({number, 0, number, 0});
  return counts;
}

std::vector<std::string> Keys(const std::vector<Quarantined>& quarantined) {
  std::vector<std::string> keys;
  for (const Quarantined& one : quarantined) keys.push_back(one.key);
  return keys;
}

TEST(Quarantine, TakesEveryObjectWithRejectsWhereNoneIsTolerated) {
  const auto chosen = ChooseQuarantined("t", Objects({"a", "b", "c"}), Rejects({1, 0, 2}), {}, 0);
  EXPECT_THAT(Keys(chosen), ElementsAre("c", "a"));
  EXPECT_EQ(chosen[0].table, "t");
}

TEST(Quarantine, TakesTheWorstUntilTheRestIsTolerated) {
  EXPECT_THAT(Keys(ChooseQuarantined("t", Objects({"a", "b", "c"}), Rejects({1, 50, 2}), {}, 10)),
              ElementsAre("b"));
}

TEST(Quarantine, GoesByTheErrorsWhereObjectsWereNotCounted) {
  LoadError error;
  error.filename = "b";
  error.reason = "Invalid value.";
  const auto chosen = ChooseQuarantined("t", Objects({"a", "b"}), {}, {error}, 5);
  EXPECT_THAT(Keys(chosen), ElementsAre("b"));
  EXPECT_THAT(chosen[0].reason, HasSubstr("Invalid value."));
}

TEST(Quarantine, KnowsCutNames) {
  const std::string longer(300, 'k');
  LoadError error;
  error.filename = longer.substr(0, 256);
  EXPECT_THAT(Keys(ChooseQuarantined("t", Objects({"a", longer}), {}, {error}, 0)),
              ElementsAre(longer));
}

TEST(Quarantine, OfNothingKnownIsEmpty) {
  EXPECT_THAT(ChooseQuarantined("t", Objects({"a"}), {}, {}, 0), IsEmpty());
}

TEST(Quarantine, LeavesOutWhatIsOfTheTable) {
  const ObjectList rest =
      WithoutQuarantined(Objects({"a", "b", "c"}), "t", {{"t", "b", ""}, {"other", "c", ""}});
  ASSERT_EQ(rest.size(), 2U);
  EXPECT_EQ(rest.key(0), "a");
  EXPECT_EQ(rest.key(1), "c");
}

}  // namespace
}  // namespace dwh
