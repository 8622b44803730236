#include "ingest/local_source.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

/// Below this size one read takes the whole file, and advice to the kernel only costs a call.
constexpr int64_t kBigFileBytes = 1 << 20;

constexpr std::string_view kVanished =
    "It was there a moment ago. Run it again when nothing else changes that folder.";

[[noreturn]] void Fail(std::string_view doing, std::string_view path, int error,
                       std::string_view if_missing = kVanished) {
  std::string_view hint;
  if (error == ENOENT) hint = if_missing;
  if (error == EACCES || error == EPERM) hint = "Give the account that runs this the right to it.";
  throw Error(ErrorKind::kFailed, StrCat("cannot ", doing, " ", path, ": ", ErrnoText(error)),
              std::string(hint));
}

ObjectInfo Describe(std::string path, const struct stat& status) {
  const int64_t modified_ns = status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  return {std::move(path), status.st_size, std::to_string(modified_ns)};
}

/// The names in one folder, packed: a folder may hold millions.
class Names {
 public:
  /// Takes the names that begin with `prefix`. A folder's name gets a '/' at its end, which gives
  /// the names the order of the paths below them: "a.json" < "a/b.json" < "a0.json".
  void Read(DIR* folder, std::string_view prefix, const std::string& path) {
    while (true) {
      errno = 0;
      const dirent* entry = readdir(folder);
      if (entry == nullptr && errno != 0) Fail("read folder", path, errno);
      if (entry == nullptr) break;
      const std::string_view name = &entry->d_name[0];
      if (name == "." || name == ".." || !name.starts_with(prefix)) continue;
      starts_.push_back(packed_.size());
      packed_.append(name);
      if (IsFolder(folder, *entry)) packed_ += '/';
      packed_ += '\0';
    }
    std::sort(starts_.begin(), starts_.end(),
              [this](size_t a, size_t b) { return std::strcmp(At(a), At(b)) < 0; });
  }

  const std::vector<size_t>& starts() const { return starts_; }
  const char* At(size_t start) const { return packed_.c_str() + start; }

 private:
  /// Asks the file system only where the entry does not say: most file systems do say.
  static bool IsFolder(DIR* folder, const dirent& entry) {
    if (entry.d_type != DT_LNK && entry.d_type != DT_UNKNOWN) return entry.d_type == DT_DIR;
    struct stat status {};
    return fstatat(dirfd(folder), &entry.d_name[0], &status, 0) == 0 && S_ISDIR(status.st_mode);
  }

  std::string packed_;
  std::vector<size_t> starts_;
};

/// Visits a tree in the order of its paths. Holds one open folder and its names per level.
class TreeWalk {
 public:
  explicit TreeWalk(const std::function<void(ObjectInfo)>& visit) : visit_(visit) {}

  /// Everything below `path`, which ends with '/' or is empty for the current folder, whose name
  /// in there begins with `name_prefix`. `at` is the folder that the relative `name` is in.
  void Folder(int at, const char* name, const std::string& path, std::string_view name_prefix) {
    ThrowIfInterrupted();
    const int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) Fail("read folder", path.empty() ? name : path, errno);
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(fdopendir(fd), &closedir);
    if (!folder) {
      const UniqueFd closes_itself(fd);
      Fail("read folder", path, errno);
    }
    struct stat status {};
    if (fstat(fd, &status) != 0) Fail("read folder", path, errno);
    const Identity identity(status.st_dev, status.st_ino);
    if (std::find(above_.begin(), above_.end(), identity) != above_.end()) {
      LogWarning(StrCat("The folder ", path, " is a link to a folder it is in; it is left out."));
      return;
    }
    above_.push_back(identity);
    Names names;
    names.Read(folder.get(), name_prefix, path);
    for (const size_t start : names.starts()) Entry(fd, names.At(start), path);
    above_.pop_back();
  }

  bool found() const { return found_; }

 private:
  using Identity = std::pair<dev_t, ino_t>;

  void Entry(int folder, const char* name, const std::string& folder_path) {
    std::string path = folder_path + name;
    if (path.back() == '/') {
      Folder(folder, name, path, "");
      return;
    }
    struct stat status {};
    if (fstatat(folder, name, &status, 0) == 0) {
      if (!S_ISREG(status.st_mode)) return;
      found_ = true;
      visit_(Describe(std::move(path), status));
    } else if (errno == ENOENT || errno == ELOOP) {
      LogWarning(
          StrCat("The file ", path, " is gone or a link that leads nowhere; it is left out."));
    } else {
      Fail("look at", path, errno);
    }
  }

  const std::function<void(ObjectInfo)>& visit_;
  std::vector<Identity> above_;  ///< The folders from the start down to the present one.
  bool found_ = false;
};

class LocalReader : public ByteReader {
 public:
  explicit LocalReader(const ObjectInfo& object)
      : object_(object), fd_(open(object.key.c_str(), O_RDONLY | O_CLOEXEC)) {
    if (!fd_) Fail("open", object.key, errno);
    if (object.size >= kBigFileBytes) posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_SEQUENTIAL);
  }

  // The end is where the listing said, and is confirmed by the file's size and time: one call per
  // small file less than a read() that returns 0, and the file is compared before its last bytes
  // are handed out.
  size_t Read(std::span<char> buffer) override {
    size_t filled = 0;
    while (filled < buffer.size() && !ended_) {
      const ssize_t got = read(fd_.get(), buffer.data() + filled, buffer.size() - filled);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) Fail("read", object_.key, errno);
      filled += static_cast<size_t>(got);
      total_ += got;
      if (got == 0 || total_ >= object_.size) {
        CheckUnchanged();
        ended_ = true;
      }
    }
    return filled;
  }

 private:
  void CheckUnchanged() const {
    struct stat status {};
    if (fstat(fd_.get(), &status) != 0) Fail("look at", object_.key, errno);
    const bool same = status.st_size == object_.size && total_ == object_.size &&
                      Describe({}, status).etag == object_.etag;
    if (same) return;
    throw Error(ErrorKind::kFailed, StrCat(object_.key, " changed while it was read"),
                "Run it again when nothing writes to that file any more.");
  }

  ObjectInfo object_;
  UniqueFd fd_;
  int64_t total_ = 0;
  bool ended_ = false;
};

class LocalSource : public ObjectSource {
 public:
  void List(std::string_view prefix, const std::function<void(ObjectInfo)>& visit) override {
    std::string path(prefix);
    struct stat status {};
    const bool exists = stat(path.c_str(), &status) == 0;
    if (exists && S_ISREG(status.st_mode)) {
      visit(Describe(std::move(path), status));
      return;
    }
    TreeWalk walk(visit);
    if (exists && S_ISDIR(status.st_mode)) {
      while (path.ends_with('/')) path.pop_back();
      path += '/';
      walk.Folder(AT_FDCWD, path.c_str(), path, "");
    } else if (!path.empty()) {
      ListBeginningWith(path, walk);
    }
    if (walk.found()) return;
    throw Error(ErrorKind::kFailed, StrCat("no files match '", prefix, "'"),
                "Check the path: a folder stands for every file below it, anything else for every "
                "file whose path begins with it.");
  }

  std::unique_ptr<ByteReader> Open(const ObjectInfo& object) override {
    return std::make_unique<LocalReader>(object);
  }

  ObjectInfo Stat(std::string_view key) override {
    std::string path(key);
    struct stat status {};
    if (stat(path.c_str(), &status) != 0) Fail("open", path, errno, "Check the path.");
    if (!S_ISREG(status.st_mode)) {
      throw Error(ErrorKind::kFailed, StrCat("cannot read ", path, ": not a regular file"),
                  "Name a file there, not a folder.");
    }
    return Describe(std::move(path), status);
  }

 private:
  static void ListBeginningWith(const std::string& path, TreeWalk& walk) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "" : path.substr(0, slash + 1);
    const char* name = folder.empty() ? "." : folder.c_str();
    struct stat status {};
    if (stat(name, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)) return;
    const std::string_view whole = path;
    walk.Folder(AT_FDCWD, name, folder, whole.substr(folder.size()));
  }
};

}  // namespace

std::unique_ptr<ObjectSource> MakeLocalSource() { return std::make_unique<LocalSource>(); }

}  // namespace dwh
