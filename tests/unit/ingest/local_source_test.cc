#include "ingest/local_source.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/interrupt.h"
#include "base/log.h"
#include "expect_error.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

class LocalSourceTest : public testing::Test {
 public:
  LocalSourceTest(const LocalSourceTest&) = delete;
  LocalSourceTest& operator=(const LocalSourceTest&) = delete;

 protected:
  LocalSourceTest() {
    std::string name = testing::TempDir() + "dwh_local_source_XXXXXX";
    root_ = mkdtemp(name.data());
    chmod(root_.c_str(), 0755);
    SetLogSink([this](LogLevel, std::string_view text) { log_.emplace_back(text); },
               LogLevel::kWarning);
  }
  ~LocalSourceTest() override {
    SetLogSink({}, LogLevel::kWarning);
    fs::remove_all(root_);
  }
  std::string Path(const std::string& name) const { return (root_ / name).string(); }

  void Write(const std::string& name, const std::string& content = "x") const {
    fs::create_directories((root_ / name).parent_path());
    std::ofstream(root_ / name, std::ios::binary) << content;
  }

  /// The names below the root that the listing gives, in its order.
  std::vector<std::string> List(const std::string& prefix) const {
    std::vector<std::string> names;
    source_->List(Path(prefix), [&](const ObjectInfo& object) {
      EXPECT_TRUE(object.key.starts_with(Path("")));
      names.push_back(object.key.substr(Path("").size()));
    });
    return names;
  }

  template <typename Action>
  static void ExpectFailed(const Action& action, const std::string& message) {
    EXPECT_EQ(ErrorMessage(ErrorKind::kFailed, action), message);
  }

  static std::string ReadAll(ByteReader& reader, size_t room) {
    std::string content;
    std::string buffer(room, '\0');
    while (const size_t got = reader.Read(buffer)) content.append(buffer, 0, got);
    return content;
  }

  fs::path root_;
  std::vector<std::string> log_;
  std::unique_ptr<ObjectSource> source_ = MakeLocalSource();
};

using Names = std::vector<std::string>;

TEST_F(LocalSourceTest, AFolderIsTheTreeBelowItInTheOrderOfKeys) {
  for (const char* name : {"song/A/B/2.json", "song/A/B/10.json", "song/A.json", "song/A-1.json",
                           "song/A0.json", "song/_x", "song/.hidden", "song/ä", "song_old/1"}) {
    Write(name);
  }
  fs::create_directories(root_ / "song/empty/er");
  const Names expected = {"song/.hidden",    "song/A-1.json", "song/A.json", "song/A/B/10.json",
                          "song/A/B/2.json", "song/A0.json",  "song/_x",     "song/ä"};
  EXPECT_TRUE(std::is_sorted(expected.begin(), expected.end()));
  EXPECT_EQ(List("song"), expected);
  EXPECT_EQ(List("song/"), expected);
  EXPECT_EQ(List("song///"), expected);
}

TEST_F(LocalSourceTest, AFileIsItselfAndAnythingElseIsAPrefix) {
  for (const char* name : {"log/2018-11-01", "log/2018-11-10", "log/2018-11-1",
                           "log/2018-11-1x/y/z", "log/2018-12-10"}) {
    Write(name);
  }
  EXPECT_EQ(List("log/2018-11-1"), (Names{"log/2018-11-1"}));
  EXPECT_EQ(List("log/2018-11-"),
            (Names{"log/2018-11-01", "log/2018-11-1", "log/2018-11-10", "log/2018-11-1x/y/z"}));
  EXPECT_EQ(List("lo").size(), 5U);
}

TEST_F(LocalSourceTest, RelativeNamesStayRelative) {
  Write("data/a");
  const fs::path before = fs::current_path();
  fs::current_path(root_);
  for (const auto& [prefix, expected] : std::initializer_list<std::pair<std::string, std::string>>{
           {"data", "data/a"}, {"da", "data/a"}, {".", "./data/a"}, {"./da", "./data/a"}}) {
    Names names;
    source_->List(prefix, [&](const ObjectInfo& object) { names.push_back(object.key); });
    EXPECT_EQ(names, Names{expected});
  }
  ExpectFailed([&] { source_->List("", [](const ObjectInfo&) {}); }, "no files match ''");
  fs::current_path(before);
}

TEST_F(LocalSourceTest, NothingMatches) {
  fs::create_directories(root_ / "empty");
  Write("file");
  ASSERT_EQ(mkfifo(Path("empty/pipe").c_str(), 0600), 0);
  for (const char* prefix :
       {"absent", "absent/deeper", "absent/", "empty", "emp", "empty/pipe", "file/", "file/x"}) {
    ExpectFailed([&] { List(prefix); }, "no files match '" + Path(prefix) + "'");
  }
}

TEST_F(LocalSourceTest, LinksAreFollowedAndLoopsEnd) {
  Write("data/a/1");
  Write("elsewhere/2");
  fs::create_symlink(Path("elsewhere"), root_ / "data/linked");
  fs::create_symlink(Path("elsewhere/2"), root_ / "data/single");
  fs::create_symlink("..", root_ / "data/a/up");
  fs::create_symlink("self", root_ / "data/self");
  fs::create_symlink("nowhere", root_ / "data/dangling");
  EXPECT_EQ(List("data"), (Names{"data/a/1", "data/linked/2", "data/single"}));
  std::sort(log_.begin(), log_.end());
  ASSERT_EQ(log_.size(), 3U);
  EXPECT_NE(log_[0].find(Path("data/dangling")), std::string::npos) << log_[0];
  EXPECT_NE(log_[1].find(Path("data/self")), std::string::npos) << log_[1];
  EXPECT_NE(log_[2].find(Path("data/a/up/")), std::string::npos) << log_[2];
}

TEST_F(LocalSourceTest, AFolderThatCannotBeReadIsNamed) {
  Write("data/a/1");
  Write("data/closed/2");
  fs::permissions(root_ / "data/closed", fs::perms::none);
  // Root may read everything, so root acts as nobody here.
  const bool root = geteuid() == 0;
  ASSERT_EQ(root ? seteuid(65534) : 0, 0);
  ExpectFailed([&] { List("data"); },
               "cannot read folder " + Path("data/closed/") + ": Permission denied");
  ExpectFailed([&] { List("data/closed/2"); },
               "cannot read folder " + Path("data/closed/") + ": Permission denied");
  ExpectFailed([&] { source_->Stat(Path("data/closed/2")); },
               "cannot open " + Path("data/closed/2") + ": Permission denied");
  ASSERT_EQ(root ? seteuid(0) : 0, 0);
  fs::permissions(root_ / "data/closed", fs::perms::owner_all);
}

TEST_F(LocalSourceTest, ManyFilesInManyFoldersAreAllThereOnce) {
  std::vector<std::string> expected;
  for (int folder = 0; folder < 30; ++folder) {
    for (int file = 0; file < 40; ++file) {
      expected.push_back("d/" + std::to_string(folder) + "/" + std::to_string(file * 7919));
      Write(expected.back());
    }
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(List("d"), expected);
}

TEST_F(LocalSourceTest, AnInterruptEndsTheListing) {
  Write("a");
  SetInterruptForTest(SIGINT);
  EXPECT_THROW(List(""), Error);
  SetInterruptForTest(0);
  EXPECT_EQ(List(""), Names{"a"});
}

TEST_F(LocalSourceTest, InfoTellsSizeAndTime) {
  Write("a", "12345");
  const std::array<timespec, 2> times = {{{1'541'105'830, 1}, {1'541'105'830, 796'000'001}}};
  ASSERT_EQ(utimensat(AT_FDCWD, Path("a").c_str(), times.data(), 0), 0);
  std::vector<ObjectInfo> both = {source_->Stat(Path("a"))};
  source_->List(Path("a"), [&](ObjectInfo listed) { both.push_back(std::move(listed)); });
  ASSERT_EQ(both.size(), 2U);
  for (const ObjectInfo& info : both) {
    EXPECT_EQ(info.key, Path("a"));
    EXPECT_EQ(info.size, 5);
    EXPECT_EQ(info.etag, "1541105830796000001");
  }
}

TEST_F(LocalSourceTest, ReadsWhatIsThere) {
  std::string big(3'000'000, 'b');
  for (size_t i = 0; i < big.size(); i += 17) big[i] = static_cast<char>(i);
  for (const std::string& content : {std::string(), std::string("x"), big}) {
    Write("f", content);
    for (const size_t room : {size_t{1000}, size_t{1} << 20U, size_t{4} << 20U}) {
      EXPECT_EQ(ReadAll(*source_->Open(source_->Stat(Path("f"))), room), content);
    }
  }
}

TEST_F(LocalSourceTest, AFileThatChangesIsNoticed) {
  const std::string changed = Path("f") + " changed while it was read";
  const auto read = [&](const ObjectInfo& info) { ReadAll(*source_->Open(info), 2); };
  Write("f", "12345678");
  const ObjectInfo before = source_->Stat(Path("f"));

  Write("f", "1234567890");  // grown
  ExpectFailed([&] { read(before); }, changed);
  Write("f", "1234");  // cut
  ExpectFailed([&] { read(before); }, changed);
  Write("f", "");
  ExpectFailed([&] { read(before); }, changed);
  Write("f", "87654321");  // same size, another time
  fs::last_write_time(root_ / "f", fs::last_write_time(root_ / "f") + std::chrono::seconds(5));
  ExpectFailed([&] { read(before); }, changed);

  // While it is being read.
  const std::unique_ptr<ByteReader> reader = source_->Open(source_->Stat(Path("f")));
  std::array<char, 4> buffer{};
  EXPECT_EQ(reader->Read(buffer), 4U);
  std::ofstream(root_ / "f", std::ios::app) << "more";
  ExpectFailed([&] { ReadAll(*reader, 4); }, changed);
}

TEST_F(LocalSourceTest, AFileThatIsReplacedIsReadAsItWas) {
  Write("f", "old content");
  const std::unique_ptr<ByteReader> reader = source_->Open(source_->Stat(Path("f")));
  Write("g", "new");
  fs::rename(root_ / "g", root_ / "f");
  EXPECT_EQ(ReadAll(*reader, 100), "old content");
}

TEST_F(LocalSourceTest, AFileThatIsGone) {
  Write("f");
  const ObjectInfo info = source_->Stat(Path("f"));
  fs::remove(root_ / "f");
  const std::string message = "cannot open " + Path("f") + ": No such file or directory";
  ExpectFailed([&] { source_->Open(info); }, message);
  ExpectFailed([&] { source_->Stat(Path("f")); }, message);
}

TEST_F(LocalSourceTest, StatTakesNoFolder) {
  ExpectFailed([&] { source_->Stat(root_.string()); },
               "cannot read " + root_.string() + ": not a regular file");
}

TEST_F(LocalSourceTest, ReadObjectTakesSmallFilesWhole) {
  const std::string content(40'000, 'c');
  Write("f", content);
  EXPECT_EQ(ReadObject(*source_, Path("f"), 40'000), content);
  ExpectFailed([&] { ReadObject(*source_, Path("f"), 39'999); },
               Path("f") + " is larger than 40 kB");
}

}  // namespace
}  // namespace dwh
