#pragma once

#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/file.h"

namespace dwh {

/// What a RunLock asks of the machine; a test may answer instead.
struct LockMachine {
  /// As flock(2).
  std::function<int(int fd, int operation)> flock;
  std::string host;
  /// What tells a process from any other that had or will have its number, on this machine: "" if
  /// there is none with this number now.
  std::function<std::string(pid_t pid)> identity;

  static LockMachine This();
};

/// Keeps a second etl of the same dwh.cfg away. The lock is the kernel's (flock), so it ends with
/// the process however that ends; the file stays and tells who held it last. On a file system that
/// knows no flock a file beside it, `PATH.owner`, is the lock: it goes with the RunLock, and if a
/// process of this machine died and left it, the next run takes over. One of another machine is
/// never taken from: from here nobody can tell whether that process lives.
class RunLock {
 public:
  /// `config` is the dwh.cfg to name in the file. Throws Error(kLocked) that names the owner and
  /// how long it has held the lock; Error(kFailed) if the file cannot be made.
  RunLock(const std::filesystem::path& path, const std::filesystem::path& config, Clock& clock,
          LockMachine machine = LockMachine::This());
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  void TakeOwnerFile(const std::string& owner);
  void KeepOthersOfThisMachineAway();
  bool IsDead(const std::filesystem::path& owner_file) const;
  [[noreturn]] void ThrowLocked(const std::filesystem::path& owner_file,
                                const std::string& hint) const;

  std::filesystem::path path_;
  Clock& clock_;
  LockMachine machine_;
  UniqueFd fd_;
  UniqueFd socket_;
  std::filesystem::path owner_file_;  ///< To be removed; empty where there is flock.
};

}  // namespace dwh
