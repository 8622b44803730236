#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace dwh {

/// An open descriptor that closes itself. Move-only.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  UniqueFd(const UniqueFd&) = delete;
  UniqueFd& operator=(const UniqueFd&) = delete;
  ~UniqueFd();

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

/// The text of errno, such as "No space left on device".
std::string ErrnoText(int error);

/// The whole file. Throws Error(kFailed) naming the path and the cause.
std::string ReadFile(const std::filesystem::path& path);

/// Replaces the file as a whole: writes beside it, syncs, renames, syncs the folder. After a
/// failure or a crash the old content is still there. A symbolic link is followed: its target is
/// replaced. Throws Error(kFailed) naming the path and the cause.
void WriteFileAtomic(const std::filesystem::path& path, std::string_view content, mode_t mode);
/// The same for a content that comes in pieces: `produce` calls what it is given with each.
using WritePiece = std::function<void(std::string_view piece)>;
void WriteFileAtomic(const std::filesystem::path& path, mode_t mode,
                     const std::function<void(const WritePiece& write)>& produce);

/// The path of the running program.
std::filesystem::path ExecutablePath();

}  // namespace dwh
