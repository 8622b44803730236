#include "warehouse/local_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/local_settings.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kOldestVersion = 15;

/// Seconds that pg_ctl waits. A server that cannot start or stop says so at once; this is only for
/// one that works through its log after a crash, or writes out its memory, on a slow disk.
constexpr std::string_view kPatience = "600";

/// A whole number at the start of the text, or 0.
int LeadingNumber(std::string_view text) {
  int number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The last lines that say something, as one line.
std::string LastWords(std::string_view output) {
  constexpr size_t kShown = 8;
  std::vector<std::string> lines;
  for (const std::string& line : Split(output, '\n')) {
    if (!Trim(line).empty()) lines.emplace_back(Trim(line));
  }
  if (lines.size() > kShown) lines.erase(lines.begin(), lines.end() - kShown);
  return Join(lines, "; ");
}

bool HoldsPrograms(const fs::path& folder) {
  return access((folder / "initdb").c_str(), X_OK) == 0 &&
         access((folder / "pg_ctl").c_str(), X_OK) == 0 &&
         access((folder / "postgres").c_str(), X_OK) == 0;
}

/// Of "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)".
int VersionOf(const fs::path& folder) {
  const std::string output =
      RunProcess({{(folder / "postgres").string(), "--version"}, {}, "/", {}, ""}).output;
  const size_t name = output.find("(PostgreSQL) ");
  return name == std::string::npos ? 0 : LeadingNumber(output.substr(name + 13));
}

std::vector<fs::path> ProgramFolders() {
  std::vector<fs::path> folders;
  std::error_code error;  // no such folder: no packages
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", error)) {
    folders.push_back(version.path() / "bin");
  }
  const auto newest_first = [](const fs::path& a, const fs::path& b) {
    return LeadingNumber(a.parent_path().filename().string()) >
           LeadingNumber(b.parent_path().filename().string());
  };
  std::sort(folders.begin(), folders.end(), newest_first);
  const char* path = std::getenv("PATH");
  for (const std::string& folder : Split(path == nullptr ? "" : path, ':')) {
    if (folder.starts_with('/')) folders.emplace_back(folder);
  }
  std::erase_if(folders, [](const fs::path& folder) { return !HoldsPrograms(folder); });
  return folders;
}

std::string FirstLine(const fs::path& path, int number = 1) {
  std::ifstream file(path);
  std::string line;
  for (int at = 0; at < number; ++at) {
    if (!std::getline(file, line)) return "";
  }
  return line;
}

/// A server that is killed after it rolled back a TRUNCATE of an unlogged table, and before the
/// rollback is in its log, cannot recover at once: an empty file of the table is left, which
/// recovery takes for no part of an unlogged table, for the file that marks it as one is gone. In
/// the end that mark is back, out of the log, and the table is made anew over the file: "File
/// exists". The next start finds both and removes the file. Seen with PostgreSQL 15.
bool StumbledOverUnlogged(const std::string& log) {
  return log.find("FATAL:  could not create file \"base/") != std::string::npos;
}

}  // namespace

LocalServer::Programs LocalServer::FindPrograms() const {
  int wanted = 0;
  {
    const ActAs rights(folder_.account());
    wanted = LeadingNumber(FirstLine(folder_.pgdata() / "PG_VERSION"));
  }
  for (const fs::path& folder : ProgramFolders()) {
    const int version = VersionOf(folder);
    if (wanted == 0 ? version >= kOldestVersion : version == wanted) return {folder, version};
  }
  const std::string needed =
      wanted == 0 ? StrCat(kOldestVersion, " or later") : StrCat(wanted, ", which made the data");
  throw Error(ErrorKind::kFailed, StrCat("cannot find the programs of PostgreSQL ", needed),
              StrCat("run `apt-get install postgresql",
                     wanted == 0 ? "" : "-" + std::to_string(wanted), "`."));
}

int LocalServer::FindVersion() const { return FindPrograms().version; }

ProcessResult LocalServer::Run(const std::vector<std::string>& argv,
                               const std::string& input) const {
  // Relative names in the arguments are meant: pg_ctl hands them to a shell, which would give $ and
  // quotes in DATA_DIR a meaning.
  return RunProcess({argv,
                     {{"PATH", "/usr/bin:/bin"}, {"LC_ALL", "C.UTF-8"}},
                     folder_.path(),
                     folder_.account(),
                     input});
}

bool LocalServer::HasData() const {
  const ActAs rights(folder_.account());
  return fs::exists(folder_.pgdata() / "PG_VERSION");
}

std::vector<pid_t> LocalServer::Processes() const {
  // All of PostgreSQL's processes run in pgdata; initdb and pg_ctl are started by us in DATA_DIR.
  const ActAs rights(folder_.account());
  std::vector<pid_t> found;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    const pid_t pid = LeadingNumber(entry.path().filename().string());
    if (pid <= 0) continue;
    const std::string name = FirstLine(entry.path() / "comm");
    if (name != "postgres" && name != "initdb" && name != "pg_ctl") continue;
    std::error_code error;  // processes of others, and those that just ended: not ours
    const fs::path place = fs::read_symlink(entry.path() / "cwd", error);
    if (place == folder_.path() || place == folder_.pgdata()) found.push_back(pid);
  }
  return found;
}

pid_t LocalServer::Postmaster() const {
  const ActAs rights(folder_.account());
  const pid_t pid = LeadingNumber(FirstLine(folder_.pgdata() / "postmaster.pid"));
  if (pid <= 0) return 0;
  // After a crash the number may be some other program's by now, even one of PostgreSQL's.
  const fs::path process = fs::path("/proc") / std::to_string(pid);
  std::error_code error;
  const bool is_ours = FirstLine(process / "comm") == "postgres" &&
                       fs::read_symlink(process / "cwd", error) == folder_.pgdata();
  return is_ours ? pid : 0;
}

LocalServer::State LocalServer::Look() const {
  if (Postmaster() == 0) return State::kStopped;
  const ActAs rights(folder_.account());
  // Line 8 is the postmaster's word on its state (PostgreSQL's utils/pidfile.h).
  return FirstLine(folder_.pgdata() / "postmaster.pid", 8).starts_with("ready") ? State::kRunning
                                                                                : State::kStarting;
}

void LocalServer::EndRemains() {
  // Sessions outlive a killed server until they notice, and keep its shared memory from the next
  // one; initdb outlives a killed create. Nothing of theirs is needed: committed data are safe.
  const SteadyTime start = clock_.Steady();
  for (std::vector<pid_t> left = Processes(); !left.empty(); left = Processes()) {
    const auto waited = clock_.Steady() - start;
    if (waited > seconds(20)) {
      throw Error(ErrorKind::kFailed,
                  StrCat("process ", left.front(), " of an earlier server in ",
                         folder_.path().string(), " does not end"),
                  "end it, then run the same command again.");
    }
    const ActAs rights(folder_.account());
    for (const pid_t pid : left) kill(pid, waited > seconds(5) ? SIGKILL : SIGTERM);
    clock_.SleepFor(milliseconds(50));
    ThrowIfInterrupted();
  }
  const ActAs rights(folder_.account());
  fs::remove(folder_.pgdata() / "postmaster.pid");
}

void LocalServer::Initialize(const std::string& user, const Secret& password) {
  const Programs programs = FindPrograms();
  // Bytes in text compare as on Redshift, by value, which is also the fastest; upper and lower case
  // know all of Unicode. No data checksums: with them the first read after a load writes every page
  // to the log once more, and what is in here can be loaded again.
  const ProcessResult result =
      Run({(programs.folder / "initdb").string(), "--pgdata=pgdata", "--username=" + user,
           "--pwfile=/dev/stdin", "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8",
           "--lc-collate=C"},
          password.Reveal() + "\n");
  if (result.status != 0) {
    throw Error(ErrorKind::kFailed,
                StrCat("initdb in ", folder_.path().string(), " ended with status ", result.status,
                       DiskNote(), ": ", LastWords(result.output)),
                "remove the cause and run `manage_dwh create` again.");
  }
  const ActAs rights(folder_.account());
  const fs::path main_file = folder_.pgdata() / "postgresql.conf";
  WriteFileAtomic(main_file, ReadFile(main_file) + "\ninclude 'sparkify_dwh.conf'\n", 0600);
}

void LocalServer::WriteSettings(const fs::path& socket_dir, std::optional<int> port) const {
  const ActAs rights(folder_.account());
  WriteFileAtomic(folder_.pgdata() / "sparkify_dwh.conf",
                  ServerSettings(ThisMachine(folder_.path()), socket_dir, port), 0600);
}

void LocalServer::AwaitSettled() {
  // A server between two states has a living process, which ends by itself if it fails.
  while (Look() == State::kStarting) {
    ThrowIfInterrupted();
    clock_.SleepFor(milliseconds(100));
  }
}

void LocalServer::Start(const fs::path& socket_dir, std::optional<int> port) {
  AwaitSettled();
  if (Look() == State::kRunning) return;
  const Programs programs = FindPrograms();
  EndRemains();
  folder_.ClearSockets(socket_dir);
  CheckPortFree(port);
  WriteSettings(socket_dir, port);
  const std::vector<std::string> start = {(programs.folder / "pg_ctl").string(),
                                          "start",
                                          "--pgdata=pgdata",
                                          "--log=server.log",
                                          "--wait",
                                          StrCat("--timeout=", kPatience),
                                          "--silent"};
  const uintmax_t log_size = LogSize();
  ProcessResult result = Run(start);
  if (StumbledOverUnlogged(LogSince(log_size))) {
    LogDebug("the server's recovery found the rest of an unlogged table; starting it again");
    result = Run(start);
  }
  if (Look() == State::kRunning) return;
  const std::string words = LastWords(LogSince(log_size));
  throw Error(ErrorKind::kUnavailable,
              StrCat("the server in ", folder_.path().string(), " does not start", DiskNote(), ": ",
                     words.empty() ? LastWords(result.output) : words),
              StrCat("remove the cause and run `manage_dwh create` again; all messages of the "
                     "server are in ",
                     folder_.log().string(), "."));
}

void LocalServer::Stop(StopMode mode) {
  if (Postmaster() != 0) {
    const ProcessResult result =
        Run({(FindPrograms().folder / "pg_ctl").string(), "stop", "--pgdata=pgdata",
             mode == StopMode::kFast ? "--mode=fast" : "--mode=immediate", "--wait",
             StrCat("--timeout=", kPatience), "--silent"});
    if (Postmaster() != 0) {
      throw Error(ErrorKind::kUnavailable,
                  StrCat("the server in ", folder_.path().string(),
                         " does not stop: ", LastWords(result.output)),
                  StrCat("the reason may be in ", folder_.log().string(), "."));
    }
  }
  EndRemains();
}

uintmax_t LocalServer::LogSize() const {
  const ActAs rights(folder_.account());
  std::error_code error;
  const uintmax_t size = fs::file_size(folder_.log(), error);
  return error ? 0 : size;
}

std::string LocalServer::LogSince(uintmax_t offset) const {
  const ActAs rights(folder_.account());
  std::ifstream file(folder_.log());
  file.seekg(static_cast<std::streamoff>(offset));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string LocalServer::DiskNote() const {
  // A full disk may leave the server no room to say so.
  constexpr int64_t kScarce = 256 << 20;
  const int64_t free = ThisMachine(folder_.path()).free_disk_bytes;
  return free < kScarce ? StrCat(" (the disk has ", FormatBytes(free), " free)") : "";
}

void LocalServer::CheckPortFree(std::optional<int> port) const {
  if (!port) return;
  const ActAs rights(folder_.account());
  const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(*port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // If the other side set the same option, only listen() tells.
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      listen(fd.get(), 1) == 0) {
    return;
  }
  throw Error(ErrorKind::kUnavailable,
              StrCat("cannot listen on port ", *port, " of 127.0.0.1: ", ErrnoText(errno)),
              "set another PORT in [LOCAL] of dwh.cfg, remove PORT to use a Unix socket only, or "
              "stop the program that has the port.");
}

}  // namespace dwh
