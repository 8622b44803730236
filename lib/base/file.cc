#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

[[noreturn]] void Fail(std::string_view what, const std::filesystem::path& path, int error) {
  throw Error(ErrorKind::kFailed,
              StrCat("cannot ", what, " ", path.string(), ": ", ErrnoText(error)));
}

void WriteAll(int fd, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) Fail("write", path, errno);
    content.remove_prefix(static_cast<size_t>(written));
  }
}

void SyncFolder(const std::filesystem::path& folder) {
  const UniqueFd fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd || fsync(fd.get()) != 0) Fail("sync folder", folder, errno);
}

}  // namespace

UniqueFd::~UniqueFd() {
  if (fd_ >= 0) close(fd_);
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

std::string ReadFile(const std::filesystem::path& path) {
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) Fail("open", path, errno);
  std::string content;
  std::array<char, 65536> buffer{};
  while (true) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) Fail("read", path, errno);
    if (got == 0) return content;
    content.append(buffer.data(), static_cast<size_t>(got));
  }
}

void WriteFileAtomic(const std::filesystem::path& path, std::string_view content, mode_t mode) {
  WriteFileAtomic(path, mode, [&](const WritePiece& write) { write(content); });
}

void WriteFileAtomic(const std::filesystem::path& path, mode_t mode,
                     const std::function<void(const WritePiece& write)>& produce) {
  std::error_code error;
  const std::filesystem::path followed = std::filesystem::canonical(path, error);
  const std::filesystem::path target = error ? std::filesystem::absolute(path) : followed;
  std::string temporary = target.string() + ".XXXXXX";
  const UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) Fail("write beside", target, errno);
  try {
    produce([&](std::string_view piece) { WriteAll(fd.get(), piece, target); });
    struct stat old {};
    // Under sudo the file stays its owner's; whoever may not give it away keeps it.
    if (stat(target.c_str(), &old) == 0 && old.st_uid != geteuid()) {
      [[maybe_unused]] const int ignored = fchown(fd.get(), old.st_uid, old.st_gid);
    }
    if (fchmod(fd.get(), mode) != 0) Fail("set the mode of", target, errno);
    if (fsync(fd.get()) != 0) Fail("sync", target, errno);
    if (rename(temporary.c_str(), target.c_str()) != 0) Fail("replace", target, errno);
  } catch (...) {
    unlink(temporary.c_str());
    throw;
  }
  SyncFolder(target.parent_path());
}

std::filesystem::path ExecutablePath() { return std::filesystem::read_symlink("/proc/self/exe"); }

}  // namespace dwh
