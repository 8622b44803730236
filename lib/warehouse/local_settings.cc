#include "warehouse/local_settings.h"

#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <thread>

namespace dwh {
namespace {

constexpr int64_t kMiB = 1 << 20;

std::string MegaBytes(int64_t bytes, int64_t lowest_mib, int64_t highest_mib) {
  return std::to_string(std::clamp(bytes / kMiB, lowest_mib, highest_mib)) + "MB";
}

/// A folder name as an element of a list setting: quoted as SQL identifiers are, inside the quotes
/// of the configuration file, where a backslash escapes.
std::string QuotedFolder(const std::filesystem::path& folder) {
  std::string quoted = "'\"";
  for (const char c : folder.string()) {
    if (c == '\'' || c == '"' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "\"'";
}

}  // namespace

Machine ThisMachine(const std::filesystem::path& folder) {
  Machine machine;
  machine.cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  machine.memory_bytes = int64_t{sysconf(_SC_PHYS_PAGES)} * sysconf(_SC_PAGESIZE);
  // The limit of a container (cgroup v2). Holds the word "max" where there is none.
  std::ifstream limit_file("/sys/fs/cgroup/memory.max");
  if (int64_t limit = 0; limit_file >> limit) {
    machine.memory_bytes = std::min(machine.memory_bytes, limit);
  }
  struct statvfs disk {};
  if (statvfs(folder.c_str(), &disk) == 0) {
    machine.free_disk_bytes = static_cast<int64_t>(disk.f_bavail * disk.f_frsize);
  }
  return machine;
}

std::string ServerSettings(const Machine& machine, const std::filesystem::path& socket_dir,
                           std::optional<int> port) {
  const int64_t memory = machine.memory_bytes;
  const int64_t disk = machine.free_disk_bytes;
  std::ostringstream out;
  out << "# Written by manage_dwh at every start. Put settings of your own at the end of\n"
         "# postgresql.conf: the last one counts.\n\n"
      << "listen_addresses = '" << (port ? "127.0.0.1" : "") << "'\n"
      << "port = " << port.value_or(kSocketPort) << "\n"
      << "unix_socket_directories = " << QuotedFolder(socket_dir) << "\n"
      << "unix_socket_permissions = 0700\n"
      << "password_encryption = scram-sha-256\n"
      << "\n# Memory\n"
      << "shared_buffers = " << MegaBytes(memory / 8, 128, 2048) << "\n"
      << "work_mem = " << MegaBytes(memory / 64, 16, 256) << "\n"
      << "maintenance_work_mem = " << MegaBytes(memory / 16, 64, 1024) << "\n"
      << "effective_cache_size = " << MegaBytes(memory / 2, 256, int64_t{1} << 20) << "\n"
      << "huge_pages = try\n"
      << "# Not /dev/shm, which containers limit to 64 MB: a parallel join would fail there.\n"
      << "dynamic_shared_memory_type = sysv\n"
      << "\n# Queries: few and long ones, on all cores, on disks that seek fast\n"
      << "max_parallel_workers_per_gather = " << machine.cores << "\n"
      << "max_parallel_maintenance_workers = " << machine.cores << "\n"
      << "max_parallel_workers = " << machine.cores << "\n"
      << "max_worker_processes = " << machine.cores + 4 << "\n"
      << "random_page_cost = 1.1\n"
      << "jit = off\n"
      << "# A sample of 9,000 rows a table: plans of scans and hash joins need no more, and every\n"
         "# load takes one\n"
      << "default_statistics_target = 30\n"
      << "\n# Durable, with few checkpoints; no replicas, so a table made and filled in one\n"
         "# transaction is synced instead of being written twice\n"
      << "fsync = on\n"
      << "synchronous_commit = on\n"
      << "full_page_writes = on\n"
      << "wal_level = minimal\n"
      << "max_wal_senders = 0\n"
      << "wal_compression = on\n"
      << "max_wal_size = " << MegaBytes(disk / 8, 256, 8192) << "\n"
      << "min_wal_size = " << MegaBytes(disk / 64, 80, 1024) << "\n"
      << "checkpoint_timeout = 30min\n"
      << "autovacuum = on\n"
      << "\n# Times in UTC; no statement text or row values in server.log\n"
      << "timezone = 'UTC'\n"
      << "log_timezone = 'UTC'\n"
      << "log_line_prefix = '%m [%p] '\n"
      << "log_statement = none\n"
      << "log_min_duration_statement = -1\n"
      << "log_min_error_statement = panic\n"
      << "log_error_verbosity = terse\n"
      << "log_checkpoints = off\n"
      << "log_autovacuum_min_duration = -1\n";
  return std::move(out).str();
}

}  // namespace dwh
