#include "warehouse/run_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/process.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

/// The boot it was started in and the clock tick within that: numbers of processes come again.
std::string ProcessIdentity(pid_t pid) {
  try {
    const std::string stat = ReadFile(StrCat("/proc/", pid, "/stat"));
    // proc(5): the name, in brackets, may hold anything; behind it the start is the 20th field.
    constexpr size_t kStart = 20;
    const std::vector<std::string> fields = Split(stat.substr(stat.rfind(')') + 1), ' ');
    if (fields.size() <= kStart || fields[1] == "Z") return "";
    return StrCat(Trim(ReadFile("/proc/sys/kernel/random/boot_id")), "/", fields[kStart]);
  } catch (const Error&) {
    return "";
  }
}

std::string UserName() {
  const std::optional<Account> user = FindAccount(geteuid());
  return user ? user->name : std::to_string(geteuid());
}

/// The words of an owner's file: "pid 4711" is one line.
using Owner = std::map<std::string, std::string, std::less<>>;

Owner ReadOwner(const fs::path& path) {
  Owner owner;
  try {
    for (const std::string& line : Split(ReadFile(path), '\n')) {
      const size_t blank = line.find(' ');
      if (blank != std::string::npos) owner[line.substr(0, blank)] = line.substr(blank + 1);
    }
  } catch (const Error&) {  // gone again, say
    owner.clear();
  }
  return owner;
}

std::string Describe(Owner owner, WallTime now) {
  if (owner["pid"].empty()) return "";
  std::string text = StrCat(": pid ", owner["pid"], " of user ", owner["user"], " on host ",
                            owner["host"], " with ", owner["config"]);
  const auto since = ParseIso8601(owner["since"]);
  if (!since) return text;
  const auto age = std::chrono::duration_cast<std::chrono::milliseconds>(now - *since);
  return StrCat(text, ", held for ", FormatDuration(std::max(age, std::chrono::milliseconds(0))),
                ", since ", owner["since"]);
}

/// Writes the whole of a new file under a name that nobody has. False if somebody has it. A link,
/// because on a network's file system no other way is all or nothing.
bool WriteNew(const fs::path& path, const std::string& content) {
  const fs::path draft = StrCat(path.string(), ".", HostName(), ".", getpid());
  constexpr mode_t kReadable = 0644;
  WriteFileAtomic(draft, content, kReadable);
  const bool made = link(draft.c_str(), path.c_str()) == 0;
  const int error = errno;
  unlink(draft.c_str());
  if (!made && error != EEXIST) {
    throw Error(ErrorKind::kFailed,
                StrCat("cannot make lock file ", path.string(), ": ", ErrnoText(error)),
                "LOCK_FILE in [ETL] of dwh.cfg names another place.");
  }
  return made;
}

}  // namespace

LockMachine LockMachine::This() { return {::flock, HostName(), ProcessIdentity}; }

RunLock::RunLock(const fs::path& path, const fs::path& config, Clock& clock, LockMachine machine)
    : path_(path),
      clock_(clock),
      machine_(std::move(machine)),
      fd_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
  if (!fd_) {
    throw Error(ErrorKind::kFailed,
                StrCat("cannot open lock file ", path.string(), ": ", ErrnoText(errno)),
                "LOCK_FILE in [ETL] of dwh.cfg names another place.");
  }
  const std::string owner =
      StrCat("pid ", getpid(), "\nhost ", machine_.host, "\nuser ", UserName(), "\nsince ",
             FormatIso8601(clock.Now()), "\nconfig ", config.string(), "\nprocess ",
             machine_.identity(getpid()), "\n");
  const int error = machine_.flock(fd_.get(), LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (error == ENOLCK || error == ENOSYS || error == EOPNOTSUPP) {
    TakeOwnerFile(owner);
    return;
  }
  if (error == EWOULDBLOCK)
    ThrowLocked(path_, "wait for it to end; the lock ends with its process.");
  if (error != 0) {
    throw Error(ErrorKind::kFailed, StrCat("cannot lock ", path.string(), ": ", ErrnoText(error)),
                "LOCK_FILE in [ETL] of dwh.cfg names another place.");
  }
  // The text is for people; a run goes on without it.
  if (ftruncate(fd_.get(), 0) == 0) {
    [[maybe_unused]] const ssize_t ignored = pwrite(fd_.get(), owner.data(), owner.size(), 0);
  }
}

RunLock::~RunLock() {
  if (!owner_file_.empty()) unlink(owner_file_.c_str());
}

void RunLock::TakeOwnerFile(const std::string& owner) {
  KeepOthersOfThisMachineAway();
  const fs::path file = path_.string() + ".owner";
  if (fs::exists(file) && IsDead(file)) {
    LogInfo(StrCat("Taking over ", file.string(), " from a run that died",
                   Describe(ReadOwner(file), clock_.Now()), "."));
    unlink(file.c_str());
  }
  if (!WriteNew(file, owner)) {
    ThrowLocked(file,
                StrCat("wait for it to end. Only a run on that host can tell whether it still "
                       "lives; if it does not, remove ",
                       file.string(), " by hand."));
  }
  owner_file_ = file;
}

/// A name of the kernel's that ends with the process. It makes looking whether the owner is dead
/// and taking its place one step.
void RunLock::KeepOthersOfThisMachineAway() {
  const std::string name = "sparkify_dwh/" + Sha256Hex(fs::canonical(path_).string());
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), std::begin(address.sun_path) + 1);  // after a 0: abstract
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  socket_ = UniqueFd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  // bind() takes any kind of address.
  if (bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address), size) == 0) return;
  if (errno == EADDRINUSE) {
    ThrowLocked(path_.string() + ".owner", "wait for it to end; the lock ends with its process.");
  }
  throw Error(ErrorKind::kFailed, StrCat("cannot lock ", path_.string(), ": ", ErrnoText(errno)));
}

/// Of this machine, and not the process it was any more.
bool RunLock::IsDead(const fs::path& owner_file) const {
  Owner owner = ReadOwner(owner_file);
  pid_t pid = 0;
  const std::string& digits = owner["pid"];
  std::from_chars(digits.data(), digits.data() + digits.size(), pid);
  if (owner["host"] != machine_.host || pid <= 0) return false;
  return machine_.identity(pid) != owner["process"];
}

void RunLock::ThrowLocked(const fs::path& owner_file, const std::string& hint) const {
  throw Error(ErrorKind::kLocked,
              StrCat("another run holds ", owner_file.string(),
                     Describe(ReadOwner(owner_file), clock_.Now())),
              hint);
}

}  // namespace dwh
