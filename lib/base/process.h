#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace dwh {

/// An account of this machine, with all its groups.
struct Account {
  std::string name;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> groups;
};

/// This machine's name, "unknown" if it has none.
std::string HostName();

/// nullopt if there is no such account.
std::optional<Account> FindAccount(const std::string& name);
std::optional<Account> FindAccount(uid_t uid);

/// While this lives, a process started as root touches files and other processes with the rights of
/// `account` only, so that nothing in a folder of that account (a symbolic link, say) can lead root
/// astray. Does nothing for nullopt, or if the process acts as that account already. The whole
/// process changes, so no other thread may rely on its rights meanwhile. Throws Error(kFailed).
class ActAs {
 public:
  explicit ActAs(const std::optional<Account>& account);
  ~ActAs();
  ActAs(const ActAs&) = delete;
  ActAs& operator=(const ActAs&) = delete;

 private:
  void Restore();

  bool changed_ = false;
  gid_t old_gid_ = 0;
  std::vector<gid_t> old_groups_;
};

/// A program to run. No shell is involved.
struct Command {
  std::vector<std::string> argv;                   ///< argv[0] is the program's path.
  std::map<std::string, std::string> environment;  ///< All of it: nothing is inherited.
  std::filesystem::path folder;                    ///< Where it runs.
  std::optional<Account> account;  ///< Whom it runs as, for good; the caller must be root.
  /// Standard input. For secrets, which must not be in argv or environment. At most 4096 bytes, so
  /// that they fit the pipe at once.
  std::string input;
  bool errors_apart = false;  ///< Standard error goes to ProcessResult::errors.
  /// When this is over the program is ended, with all processes of its that have not left its
  /// group. Absent: it may take as long as it likes.
  std::optional<std::chrono::milliseconds> patience = std::nullopt;
};

struct ProcessResult {
  int status = 0;            ///< Exit status; 128 + n if signal n ended it.
  std::string output;        ///< Standard output and, unless apart, standard error as they came.
  std::string errors;        ///< Standard error, if Command::errors_apart.
  bool ended_by_us = false;  ///< Command::patience was over.
};

/// Runs the program to its end, with umask 077 and no open files but 0, 1 and 2. An interrupt
/// (base/interrupt.h) is passed on as SIGINT; when the program has ended Error(kInterrupted) is
/// thrown. Throws Error(kFailed) if the program cannot be started.
ProcessResult RunProcess(const Command& command);

}  // namespace dwh
