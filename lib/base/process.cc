#include "base/process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/close_range.h>
#include <poll.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"

namespace dwh {
namespace {

std::optional<Account> ToAccount(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  Account account{entry->pw_name, entry->pw_uid, entry->pw_gid, {}};
  int count = 0;
  getgrouplist(entry->pw_name, entry->pw_gid, nullptr, &count);
  account.groups.resize(static_cast<size_t>(count));
  if (getgrouplist(entry->pw_name, entry->pw_gid, account.groups.data(), &count) < 0) {
    throw Error(ErrorKind::kFailed, StrCat("cannot list the groups of account ", account.name));
  }
  account.groups.resize(static_cast<size_t>(count));
  return account;
}

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Pipe MakePipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(ErrorKind::kFailed, StrCat("cannot make a pipe: ", ErrnoText(errno)));
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// Everything the child needs, made before fork(): after it only async-signal-safe calls are
/// allowed, and those allocate nothing.
struct ChildPlan {
  std::vector<char*> argv;
  std::vector<char*> environment;
  const Command* command = nullptr;
  int output = -1;
  int errors = -1;
  int failure = -1;
};

bool DropTo(const Account& account) {
  // From root all three ids of each kind change, so there is no way back.
  return seteuid(0) == 0 && setgroups(account.groups.size(), account.groups.data()) == 0 &&
         setgid(account.gid) == 0 && setuid(account.uid) == 0;
}

/// A pipe of the child's own: /dev/stdin can be opened by name only by the account that made it.
bool SetInput(const std::string& input) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return false;
  const ssize_t written = write(ends[1], input.data(), input.size());
  if (written != static_cast<ssize_t>(input.size()) || dup2(ends[0], 0) < 0) return false;
  return close(ends[0]) == 0 && close(ends[1]) == 0;
}

void ResetSignals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (const int signal : {SIGINT, SIGTERM, SIGALRM, SIGPIPE}) std::signal(signal, SIG_DFL);
}

[[noreturn]] void RunChild(const ChildPlan& plan) {
  const Command& command = *plan.command;
  umask(077);
  ResetSignals();
  if (command.patience) setpgid(0, 0);
  // The error report goes through a descriptor that exec closes; so silence means success.
  if ((!command.account || DropTo(*command.account)) && chdir(command.folder.c_str()) == 0 &&
      SetInput(command.input) && dup2(plan.output, 1) >= 0 && dup2(plan.errors, 2) >= 0) {
    // A server started here outlives us and must not hold what our caller left open. Kernels
    // without this call leave such descriptors open; ours close by themselves.
    close_range(3, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    execve(plan.argv[0], plan.argv.data(), plan.environment.data());
  }
  const int error = errno;
  [[maybe_unused]] const ssize_t ignored = write(plan.failure, &error, sizeof error);
  _exit(127);
}

/// Reads what has come; false at the end, when the pipe's last writer is gone.
bool ReadSome(int fd, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t got = read(fd, buffer.data(), buffer.size());
  if (got < 0 && errno == EINTR) return true;
  if (got > 0) text.append(buffer.data(), static_cast<size_t>(got));
  return got > 0;
}

/// What poll() takes: -1 without a deadline, 0 if it has passed.
int MillisecondsTo(const std::optional<std::chrono::steady_clock::time_point>& deadline) {
  if (!deadline) return -1;
  const auto left = *deadline - std::chrono::steady_clock::now();
  const auto rounded = std::chrono::ceil<std::chrono::milliseconds>(left).count();
  return static_cast<int>(std::clamp<int64_t>(rounded, 0, INT_MAX));
}

/// Reads both pipes to their ends; hands an interrupt on once. `errors` may be closed already.
void ReadOutput(UniqueFd output, UniqueFd errors, pid_t child, const Command& command,
                ProcessResult& result) {
  bool told = false;
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (command.patience) deadline = std::chrono::steady_clock::now() + *command.patience;
  while (output || errors) {
    std::array<pollfd, 3> waiters{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0},
                                  pollfd{told ? -1 : InterruptFd(), POLLIN, 0}};
    const int left = MillisecondsTo(deadline);
    if (left == 0) {
      result.ended_by_us = true;
      kill(-child, SIGKILL);
      return;
    }
    poll(waiters.data(), waiters.size(), left);
    if (!told && InterruptSignal() != 0) {
      kill(deadline ? -child : child, SIGINT);
      told = true;
    }
    if (waiters[0].revents != 0 && !ReadSome(output.get(), result.output)) output = UniqueFd();
    if (waiters[1].revents != 0 && !ReadSome(errors.get(), result.errors)) errors = UniqueFd();
  }
}

int WaitFor(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::string HostName() {
  std::array<char, HOST_NAME_MAX + 1> name{};
  const bool known = gethostname(name.data(), name.size() - 1) == 0 && name[0] != '\0';
  return known ? name.data() : "unknown";
}

std::optional<Account> FindAccount(const std::string& name) {
  return ToAccount(getpwnam(name.c_str()));
}

std::optional<Account> FindAccount(uid_t uid) { return ToAccount(getpwuid(uid)); }

ActAs::ActAs(const std::optional<Account>& account) {
  if (!account || geteuid() == account->uid) return;
  old_gid_ = getegid();
  old_groups_.resize(static_cast<size_t>(getgroups(0, nullptr)));
  getgroups(static_cast<int>(old_groups_.size()), old_groups_.data());
  if (setgroups(account->groups.size(), account->groups.data()) == 0) {
    changed_ = true;
    if (setegid(account->gid) == 0 && seteuid(account->uid) == 0) return;
  }
  const int error = errno;
  Restore();
  throw Error(ErrorKind::kFailed,
              StrCat("cannot act as account ", account->name, ": ", ErrnoText(error)));
}

ActAs::~ActAs() { Restore(); }

void ActAs::Restore() {
  if (!changed_) return;
  // Only root gets here, and root may always come back. To go on with mixed rights would be worse
  // than to stop.
  if (seteuid(0) != 0 || setegid(old_gid_) != 0 ||
      setgroups(old_groups_.size(), old_groups_.data()) != 0) {
    std::abort();
  }
}

ProcessResult RunProcess(const Command& command) {
  ThrowIfInterrupted();
  std::vector<std::string> argv = command.argv;
  std::vector<std::string> environment;
  for (const auto& [name, value] : command.environment) {
    environment.push_back(StrCat(name, "=", value));
  }
  Pipe output = MakePipe();
  Pipe errors = command.errors_apart ? MakePipe() : Pipe();
  Pipe failure = MakePipe();
  const ChildPlan plan{Pointers(argv),
                       Pointers(environment),
                       &command,
                       output.write.get(),
                       (errors.write ? errors : output).write.get(),
                       failure.write.get()};
  const pid_t child = fork();
  if (child == 0) RunChild(plan);
  if (child < 0) {
    throw Error(ErrorKind::kFailed, StrCat("cannot start ", argv[0], ": ", ErrnoText(errno)));
  }
  if (command.patience) setpgid(child, child);  // both do it, as either may be the first to need it
  output.write = UniqueFd();
  errors.write = UniqueFd();
  failure.write = UniqueFd();
  ProcessResult result;
  ReadOutput(std::move(output.read), std::move(errors.read), child, command, result);
  result.status = WaitFor(child);
  int error = 0;
  if (read(failure.read.get(), &error, sizeof error) == sizeof error) {
    throw Error(ErrorKind::kFailed, StrCat("cannot start ", argv[0], ": ", ErrnoText(error)));
  }
  ThrowIfInterrupted();
  return result;
}

}  // namespace dwh
