#include "warehouse/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {

RunLock::RunLock(const std::filesystem::path& path)
    : fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (!fd_) {
    throw Error(ErrorKind::kFailed,
                StrCat("cannot open lock file ", path.string(), ": ", ErrnoText(errno)),
                "LOCK_FILE in [ETL] of dwh.cfg names another place.");
  }
  if (flock(fd_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw Error(ErrorKind::kLocked,
                StrCat("another run holds ", path.string(), ": ", Trim(ReadFile(path))),
                "wait for it to end; the lock ends with its process.");
  }
  const std::string owner =
      StrCat("pid ", getpid(), " since ", FormatIso8601(RealClock().Now()), "\n");
  // The text is for people; a run goes on without it.
  if (ftruncate(fd_.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t ignored = pwrite(fd_.get(), owner.data(), owner.size(), 0);
  }
}

}  // namespace dwh
