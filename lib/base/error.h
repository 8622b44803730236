#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace dwh {

/// What a caller can do about a failure. Each kind is one exit status (design: README "Exit
/// status").
enum class ErrorKind {
  kFailed,       ///< Something went wrong that no other kind describes. Exit 1.
  kUsage,        ///< Command line or dwh.cfg is wrong; nothing was touched. Exit 2.
  kUnavailable,  ///< A service or database refused or could not be reached. Exit 3.
  kRejected,     ///< Data were rejected or a check failed; nothing was published. Exit 4.
  kLocked,       ///< Another run holds the lock. Exit 75.
  kInterrupted,  ///< SIGINT or SIGTERM arrived. Exit 130 or 143.
};

/// The one exception of the project. The message is lower case without a full stop and says what
/// failed, on what, and what the other side said. The hint, if any, is one or more sentences that
/// say what to do next.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string hint = "")
      : std::runtime_error(message), kind_(kind), hint_(std::move(hint)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& hint() const { return hint_; }

 private:
  ErrorKind kind_;
  std::string hint_;
};

}  // namespace dwh
