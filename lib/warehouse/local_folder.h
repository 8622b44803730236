#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/process.h"

namespace dwh {

/// What create keeps in DATA_DIR about the warehouse. A folder that bears this file is ours.
struct LocalMarker {
  std::string identifier;
  std::string database;
  std::string user;
  bool ready = false;        ///< False while half-made or half-deleted.
  bool folder_made = false;  ///< Create made DATA_DIR itself, so delete removes it.
  std::filesystem::path socket_dir;
  std::optional<int> port;  ///< TCP on 127.0.0.1, as last started.

  bool operator==(const LocalMarker&) const = default;
};

/// DATA_DIR: who owns it, whether it is ours, and what create made in it:
///
///   sparkify_dwh.json   the marker          pgdata/       the server's data
///   sparkify_dwh.lock   held while a verb   run/          its socket
///                       changes anything    server.log    its messages
///
/// Everything in it is read and written with the rights of the account that the server runs as.
class LocalFolder {
 public:
  enum class Kind {
    kAbsent,
    kEmpty,  ///< Nothing in it, or only what a create left that ended before its marker stood.
    kOurs,
    kForeign,
  };

  /// Changes nothing. A symbolic link is followed: its target is the folder. Throws Error(kUsage)
  /// if `data_dir` is empty or no folder, Error(kFailed) if it belongs to another account.
  explicit LocalFolder(const std::filesystem::path& data_dir);

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path pgdata() const { return path_ / "pgdata"; }
  std::filesystem::path log() const { return path_ / "server.log"; }
  /// The account to drop to; nullopt if the server runs as the caller.
  const std::optional<Account>& account() const { return account_; }

  Kind Look() const;

  /// Makes the folder with mode 0700 for the server's account, or makes an empty one so. Returns
  /// whether the folder itself was made. Throws Error: kUsage if it is foreign, kFailed if there is
  /// no ordinary account or it cannot reach the folder.
  bool Make();

  /// Keeps other programs of this project out until the descriptor is closed. Throws
  /// Error(kLocked) at once if one is at work.
  UniqueFd Lock() const;

  /// nullopt if there is none. Throws Error(kFailed) if it cannot be read.
  std::optional<LocalMarker> ReadMarker() const;
  void WriteMarker(const LocalMarker& marker) const;

  /// A folder for the socket on that port, private to the server's account: `last` if it still
  /// serves; else run/ in DATA_DIR, or one under /tmp where the path would be too long for a
  /// socket. Makes it if it is not there.
  std::filesystem::path EnsureSocketDir(const std::filesystem::path& last, int port) const;
  /// Removes socket files left by a server that is no more.
  void ClearSockets(const std::filesystem::path& socket_dir) const;

  /// Removes the server's data, log and socket, not marker and lock. Follows no symbolic links.
  void RemoveServer(const LocalMarker& marker) const;
  /// Removes marker and lock, and the folder if create made it. Returns the names of foreign files,
  /// which stay, and with them the folder.
  std::vector<std::string> RemoveRest(const LocalMarker& marker) const;

 private:
  std::filesystem::path marker() const { return path_ / "sparkify_dwh.json"; }
  std::filesystem::path lock() const { return path_ / "sparkify_dwh.lock"; }
  void CheckReachable() const;

  std::filesystem::path path_;
  std::optional<Account> account_;
};

}  // namespace dwh
