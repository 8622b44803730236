#include "engine/load_views.h"

#include <gtest/gtest.h>

namespace dwh {
namespace {

TEST(LoadViewsTest, FileNamesAreCutAsTheViewsCutThem) {
  EXPECT_EQ(ViewFileName("s3://b/key"), "s3://b/key");
  EXPECT_EQ(ViewFileName("s3://b/key  "), "s3://b/key");
  EXPECT_EQ(ViewFileName(std::string(300, 'k')), std::string(256, 'k'));
  // A character that does not fit goes as a whole.
  EXPECT_EQ(ViewFileName(std::string(255, 'k') + "\xC3\xA9"), std::string(255, 'k'));
}

}  // namespace
}  // namespace dwh
