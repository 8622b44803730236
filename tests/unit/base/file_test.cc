#include "base/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <utility>

#include "base/error.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

class FileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "dwh_file_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = fs::canonical(name);
  }
  void TearDown() override { fs::remove_all(folder_); }

  size_t FilesInFolder() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {}));
  }

  fs::path folder_;
};

TEST_F(FileTest, ReadsBackAnyBytes) {
  std::string content(200'000, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 7);
  WriteFileAtomic(folder_ / "a", content, 0640);
  EXPECT_EQ(ReadFile(folder_ / "a"), content);
  struct stat info {};
  ASSERT_EQ(stat((folder_ / "a").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0640U);
}

TEST_F(FileTest, ReplacesTheTargetOfALink) {
  WriteFileAtomic(folder_ / "real", "old", 0600);
  fs::create_symlink("real", folder_ / "link");
  WriteFileAtomic(folder_ / "link", "new", 0600);
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(ReadFile(folder_ / "real"), "new");
  EXPECT_EQ(FilesInFolder(), 2U);
}

TEST_F(FileTest, ErrorsNamePathAndCause) {
  try {
    ReadFile(folder_ / "none");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kFailed);
    EXPECT_EQ(std::string(error.what()),
              "cannot open " + (folder_ / "none").string() + ": No such file or directory");
  }
  EXPECT_THROW(ReadFile(folder_), Error);
  EXPECT_THROW(WriteFileAtomic(folder_ / "no" / "such", "x", 0600), Error);
}

// A limit on the size of files stands for a full disk.
TEST_F(FileTest, AFailedWriteLeavesTheOldFileAlone) {
  WriteFileAtomic(folder_ / "a", "old", 0600);
  const auto write_too_much = [&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(10);
    try {
      WriteFileAtomic(folder_ / "a", std::string(5000, 'x'), 0600);
    } catch (const Error&) {
      _exit(0);
    }
    _exit(11);
  };
  EXPECT_EXIT(write_too_much(), ::testing::ExitedWithCode(0), "");
  EXPECT_EQ(ReadFile(folder_ / "a"), "old");
  EXPECT_EQ(FilesInFolder(), 1U);
}

TEST_F(FileTest, ADescriptorIsClosedOnce) {
  int raw = -1;
  {
    UniqueFd fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(fd);
    raw = fd.get();
    const UniqueFd moved(std::move(fd));
    EXPECT_EQ(moved.get(), raw);
    EXPECT_EQ(fcntl(raw, F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(fcntl(raw, F_GETFD), -1);
}

}  // namespace
}  // namespace dwh
