#include "warehouse/local_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

/// Marker, its unfinished copies and lock all begin so.
constexpr std::string_view kOwnPrefix = "sparkify_dwh.";
constexpr std::string_view kSocketPrefix = ".s.PGSQL.";

[[noreturn]] void Fail(std::string_view what, const fs::path& path, int error) {
  throw Error(ErrorKind::kFailed,
              StrCat("cannot ", what, " ", path.string(), ": ", ErrnoText(error)),
              "check the rights on the folder, or set another DATA_DIR in [LOCAL] of dwh.cfg.");
}

/// nullopt if nothing is there. Does not follow a symbolic link.
std::optional<struct stat> Inspect(const fs::path& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0) return info;
  if (errno == ENOENT) return std::nullopt;
  Fail("look at", path, errno);
}

fs::path Resolve(const fs::path& data_dir) {
  if (data_dir.empty()) {
    throw Error(ErrorKind::kUsage, "DATA_DIR is empty",
                "set DATA_DIR in [LOCAL] of dwh.cfg to a folder for the warehouse.");
  }
  std::error_code error;
  fs::path resolved = fs::weakly_canonical(data_dir, error);
  if (error) Fail("look at", data_dir, error.value());
  if (!resolved.has_filename()) resolved = resolved.parent_path();
  const std::optional<struct stat> info = Inspect(resolved);
  if (info && !S_ISDIR(info->st_mode)) {
    throw Error(ErrorKind::kUsage, StrCat("DATA_DIR ", data_dir.string(), " is not a folder"),
                "set another DATA_DIR in [LOCAL] of dwh.cfg.");
  }
  return resolved;
}

std::optional<Account> ServerAccount(const fs::path& folder) {
  const std::optional<struct stat> info = Inspect(folder);
  if (geteuid() != 0) {
    if (!info || info->st_uid == geteuid()) return std::nullopt;
    const std::optional<Account> owner = FindAccount(info->st_uid);
    throw Error(ErrorKind::kFailed,
                StrCat("DATA_DIR ", folder.string(), " belongs to account ",
                       owner ? owner->name : std::to_string(info->st_uid)),
                "run manage_dwh as that account or as root, or set another DATA_DIR in [LOCAL] of "
                "dwh.cfg.");
  }
  // A warehouse stays with the account that has it; a new one gets the account that Debian's
  // package makes for this, because PostgreSQL refuses to run as root.
  if (!info || info->st_uid == 0) return FindAccount("postgres");
  if (std::optional<Account> owner = FindAccount(info->st_uid)) return owner;
  throw Error(ErrorKind::kFailed,
              StrCat("DATA_DIR ", folder.string(), " belongs to user id ", info->st_uid,
                     ", which has no account"),
              "give the folder to an account, or set another DATA_DIR in [LOCAL] of dwh.cfg.");
}

std::vector<std::string> Names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    names.push_back(at->path().filename().string());
  }
  if (error) Fail("list", folder, error.value());
  std::sort(names.begin(), names.end());
  return names;
}

void RemoveTree(const fs::path& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) Fail("remove", path, error.value());
}

/// Removes an empty folder; leaves any other, and one that is a mount point.
void RemoveIfEmpty(const fs::path& folder) {
  if (rmdir(folder.c_str()) == 0 || errno == ENOENT) return;
  if (errno != ENOTEMPTY && errno != EBUSY) Fail("remove", folder, errno);
}

bool FitsSocket(const fs::path& folder, int port) {
  const std::string path = StrCat((folder / kSocketPrefix).string(), port);
  return path.size() < sizeof(sockaddr_un::sun_path);
}

/// Closed to all but the account that we act as.
bool IsPrivate(const fs::path& folder) {
  const std::optional<struct stat> info = Inspect(folder);
  return info && S_ISDIR(info->st_mode) && (info->st_mode & 07777U) == 0700 &&
         info->st_uid == geteuid();
}

void MakeFolder(const fs::path& folder, mode_t mode) {
  // Another create may have been faster; the lock, taken later, tells the two apart.
  if (mkdir(folder.c_str(), mode) != 0 && errno != EEXIST) Fail("make folder", folder, errno);
  // The caller's umask must not shut out the server's account.
  if (chmod(folder.c_str(), mode) != 0) Fail("set the mode of", folder, errno);
}

}  // namespace

LocalFolder::LocalFolder(const fs::path& data_dir)
    : path_(Resolve(data_dir)), account_(ServerAccount(path_)) {}

LocalFolder::Kind LocalFolder::Look() const {
  if (!Inspect(path_)) return Kind::kAbsent;
  const std::vector<std::string> names = Names(path_);
  const std::string own = marker().filename().string();
  if (std::find(names.begin(), names.end(), own) != names.end()) return Kind::kOurs;
  const bool empty = std::all_of(names.begin(), names.end(), [](const std::string& name) {
    return name.starts_with(kOwnPrefix);
  });
  return empty ? Kind::kEmpty : Kind::kForeign;
}

bool LocalFolder::Make() {
  if (geteuid() == 0 && !account_) {
    throw Error(ErrorKind::kFailed,
                "there is no account 'postgres' for the server, which refuses to run as root",
                "run `apt-get install postgresql`, which makes the account, or run manage_dwh as "
                "an ordinary user.");
  }
  const Kind kind = Look();
  if (kind == Kind::kForeign) {
    throw Error(ErrorKind::kUsage,
                StrCat("DATA_DIR ", path_.string(), " holds files that manage_dwh did not make"),
                "set DATA_DIR in [LOCAL] of dwh.cfg to a new or empty folder.");
  }
  if (kind == Kind::kAbsent) {
    std::vector<fs::path> missing;
    for (fs::path at = path_.parent_path(); !Inspect(at); at = at.parent_path()) {
      missing.push_back(at);
    }
    // Root's server runs as someone else, who must get through; a user's own does not need it.
    std::for_each(missing.rbegin(), missing.rend(),
                  [&](const fs::path& folder) { MakeFolder(folder, account_ ? 0755 : 0700); });
    MakeFolder(path_, 0700);
  }
  if (kind == Kind::kEmpty && chmod(path_.c_str(), 0700) != 0)
    Fail("set the mode of", path_, errno);
  if (account_ && lchown(path_.c_str(), account_->uid, account_->gid) != 0) {
    Fail("give to the server's account", path_, errno);
  }
  CheckReachable();
  return kind == Kind::kAbsent;
}

void LocalFolder::CheckReachable() const {
  const ActAs rights(account_);
  fs::path prefix;
  for (const fs::path& part : path_) {
    prefix /= part;
    if (faccessat(AT_FDCWD, prefix.c_str(), X_OK, AT_EACCESS) == 0) continue;
    throw Error(
        ErrorKind::kFailed,
        StrCat("account ", account_ ? account_->name : "of the caller", " cannot enter folder ",
               prefix.string(), " on the way to DATA_DIR ", path_.string(), ": ", ErrnoText(errno)),
        StrCat("set DATA_DIR in [LOCAL] of dwh.cfg to a folder that the account can reach, "
               "or run `chmod a+x ",
               prefix.string(), "`."));
  }
}

UniqueFd LocalFolder::Lock() const {
  const ActAs rights(account_);
  while (true) {
    UniqueFd fd(open(lock().c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) Fail("open", lock(), errno);
    if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK) Fail("lock", lock(), errno);
      throw Error(ErrorKind::kLocked, StrCat("another manage_dwh is at work on ", path_.string()),
                  "wait until it is done and try again.");
    }
    // A delete may have removed the file between our open and our lock; then it guards nothing.
    struct stat held {};
    fstat(fd.get(), &held);
    const std::optional<struct stat> there = Inspect(lock());
    if (there && there->st_ino == held.st_ino) return fd;
  }
}

std::optional<LocalMarker> LocalFolder::ReadMarker() const {
  const ActAs rights(account_);
  if (!Inspect(marker())) return std::nullopt;
  try {
    const nlohmann::json json = nlohmann::json::parse(ReadFile(marker()));
    LocalMarker read;
    json.at("identifier").get_to(read.identifier);
    json.at("database").get_to(read.database);
    json.at("user").get_to(read.user);
    read.ready = json.at("state").get<std::string>() == "ready";
    json.at("folder_made").get_to(read.folder_made);
    read.socket_dir = json.at("socket_dir").get<std::string>();
    if (json.contains("port")) read.port = json.at("port").get<int>();
    return read;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kFailed,
                StrCat("cannot understand ", marker().string(), ": ", error.what()),
                "the file was changed by hand or belongs to another version; put it right, or "
                "remove the folder yourself when its server is stopped.");
  }
}

void LocalFolder::WriteMarker(const LocalMarker& marker) const {
  const ActAs rights(account_);
  nlohmann::ordered_json json = {{"what", "a warehouse of manage_dwh, which alone may remove it"},
                                 {"identifier", marker.identifier},
                                 {"state", marker.ready ? "ready" : "unfinished"},
                                 {"database", marker.database},
                                 {"user", marker.user},
                                 {"folder_made", marker.folder_made},
                                 {"socket_dir", marker.socket_dir.string()}};
  if (marker.port) json["port"] = *marker.port;
  WriteFileAtomic(this->marker(), json.dump(2) + "\n", 0600);
}

fs::path LocalFolder::EnsureSocketDir(const fs::path& last, int port) const {
  const ActAs rights(account_);
  fs::path own = path_ / "run";
  if (FitsSocket(own, port)) {
    if (mkdir(own.c_str(), 0700) != 0 && errno != EEXIST) Fail("make folder", own, errno);
    return own;
  }
  if (last != own && !last.empty() && IsPrivate(last)) return last;
  std::string made = "/tmp/sparkify_dwh.XXXXXX";
  if (mkdtemp(made.data()) == nullptr) Fail("make folder", made, errno);
  return made;
}

void LocalFolder::ClearSockets(const fs::path& socket_dir) const {
  const ActAs rights(account_);
  if (!IsPrivate(socket_dir)) return;
  for (const std::string& name : Names(socket_dir)) {
    if (name.starts_with(kSocketPrefix)) RemoveTree(socket_dir / name);
  }
}

void LocalFolder::RemoveServer(const LocalMarker& marker) const {
  ClearSockets(marker.socket_dir);
  const ActAs rights(account_);
  RemoveTree(pgdata());
  RemoveTree(log());
  if (IsPrivate(marker.socket_dir)) RemoveIfEmpty(marker.socket_dir);
}

std::vector<std::string> LocalFolder::RemoveRest(const LocalMarker& marker) const {
  std::vector<std::string> foreign;
  {
    const ActAs rights(account_);
    for (const std::string& name : Names(path_)) {
      // The lock goes last, while it is held.
      if (!name.starts_with(kOwnPrefix)) foreign.push_back(name);
    }
    for (const std::string& name : Names(path_)) {
      if (name.starts_with(kOwnPrefix) && path_ / name != lock()) RemoveTree(path_ / name);
    }
    RemoveTree(lock());
  }
  // The folder above may be root's.
  if (marker.folder_made && foreign.empty()) RemoveIfEmpty(path_);
  return foreign;
}

}  // namespace dwh
