#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/process.h"
#include "base/secret.h"
#include "warehouse/local_folder.h"

namespace dwh {

/// The private PostgreSQL server of a local warehouse. Every method brings about a state and finds
/// out for itself what is so already; none trusts a pid file.
class LocalServer {
 public:
  enum class State { kStopped, kStarting, kRunning };  // kStarting: or stopping
  enum class StopMode {
    kFast,       ///< Ends sessions, writes all to disk.
    kImmediate,  ///< For data that will be thrown away.
  };

  LocalServer(const LocalFolder& folder, Clock& clock) : folder_(folder), clock_(clock) {}

  State Look() const;
  /// True if there are data of a server, made in full or in part.
  bool HasData() const;
  /// The PostgreSQL version that Initialize() would use, such as 15; checks that it is there.
  int FindVersion() const;

  /// Throws Error(kUnavailable) if `port` of 127.0.0.1 cannot be listened on; nullopt is fine.
  void CheckPortFree(std::optional<int> port) const;

  /// Makes the data, owned by database superuser `user`. Throws Error(kFailed) with initdb's words.
  void Initialize(const std::string& user, const Secret& password);
  /// Writes the settings and starts the server; returns when it takes logins. Cleans up what a
  /// killed server left. Throws Error(kUnavailable) with the server's words.
  void Start(const std::filesystem::path& socket_dir, std::optional<int> port);
  /// Stops the server, and whatever a killed one left running.
  void Stop(StopMode mode);

 private:
  struct Programs {
    std::filesystem::path folder;
    int version = 0;
  };

  Programs FindPrograms() const;
  ProcessResult Run(const std::vector<std::string>& argv, const std::string& input = "") const;
  pid_t Postmaster() const;
  std::vector<pid_t> Processes() const;
  void AwaitSettled();
  void EndRemains();
  void WriteSettings(const std::filesystem::path& socket_dir, std::optional<int> port) const;
  uintmax_t LogSize() const;
  std::string LogSince(uintmax_t offset) const;
  std::string DiskNote() const;

  const LocalFolder& folder_;
  Clock& clock_;
};

}  // namespace dwh
