#include "warehouse/ledger_copy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class LedgerCopyTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "ledger_copy_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    config_.path = folder_ / "dwh.cfg";
    config_.etl.lock_file = folder_ / "lock";
    config_.cluster.host = "here";
    file_ = folder_ / ".dwh.cfg.etl.ledger";
  }
  void TearDown() override { fs::remove_all(folder_); }

  void WriteTwo() {
    ObjectList present;
    present.Add({"a:1\n\xff", 7, "v1"});
    present.Add({"c", 9, "v3"});
    ObjectList gone;
    gone.Add({"b", 8, ""});
    const ObjectList none;
    LedgerCopy(config_).Write({{"events", present, gone}, {"songs", none, none}}, now_);
  }

  bool Reads(WallTime now) { return LedgerCopy(config_).Read(now); }

  fs::path folder_;
  fs::path file_;
  DwhConfig config_;
  WallTime now_ = WallTime(std::chrono::hours(430000));
};

TEST_F(LedgerCopyTest, ReadsWhatItWrote) {
  WriteTwo();
  LedgerCopy copy(config_);
  ASSERT_TRUE(copy.Read(now_ + std::chrono::hours(24)));
  std::vector<std::string> found;
  EXPECT_TRUE(copy.ForEachObject("events", [&](const LedgerEntry& entry) {
    found.push_back(StrCat(entry.object.key, " ", entry.object.size, " ", entry.object.etag));
  }));
  EXPECT_THAT(found, ElementsAre("a:1\n\xff 7 v1", "b 8 ", "c 9 v3"));
  EXPECT_TRUE(copy.ForEachObject("songs", [](const LedgerEntry&) { FAIL(); }));
  EXPECT_FALSE(copy.ForEachObject("artists", [](const LedgerEntry&) { FAIL(); }));
  struct stat status {};
  ASSERT_EQ(stat(file_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
}

TEST_F(LedgerCopyTest, IsNothingWithoutAFile) {
  EXPECT_FALSE(Reads(now_));
  LedgerCopy(config_).Remove();
  WriteTwo();
  LedgerCopy(config_).Remove();
  EXPECT_FALSE(Reads(now_));
}

TEST_F(LedgerCopyTest, IsOfOneWarehouseAndItsSources) {
  WriteTwo();
  for (std::string* const place :
       {&config_.cluster.host, &config_.cluster.db_name, &config_.stage_schema,
        &config_.s3.log_data, &config_.s3.song_data, &config_.cluster.identifier}) {
    const std::string was = *place;
    *place = "other";
    EXPECT_FALSE(Reads(now_));
    *place = was;
  }
  EXPECT_TRUE(Reads(now_));
}

TEST_F(LedgerCopyTest, IsNotTrustedForEverNorFromTheFuture) {
  WriteTwo();
  EXPECT_TRUE(Reads(now_ + std::chrono::hours(7 * 24)));
  EXPECT_FALSE(Reads(now_ + std::chrono::hours(7 * 24 + 1)));
  EXPECT_FALSE(Reads(now_ - std::chrono::hours(1)));
}

TEST_F(LedgerCopyTest, EveryDamageIsSeen) {
  WriteTwo();
  const std::string whole = ReadFile(file_);
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    WriteFileAtomic(file_, damaged, 0600);
    EXPECT_FALSE(Reads(now_)) << "byte " << i;
    WriteFileAtomic(file_, whole.substr(0, i), 0600);
    EXPECT_FALSE(Reads(now_)) << "cut at " << i;
  }
}

}  // namespace
}  // namespace dwh
