#pragma once

#include <filesystem>

#include "base/file.h"

namespace dwh {

/// Keeps a second etl of the same dwh.cfg on this machine away. The lock is the kernel's (flock),
/// so it ends with the process however that ends; the file stays and tells who held it last.
class RunLock {
 public:
  /// Throws Error(kLocked) naming the owner if another process holds it, Error(kFailed) if the file
  /// cannot be made.
  explicit RunLock(const std::filesystem::path& path);

 private:
  UniqueFd fd_;
};

}  // namespace dwh
