#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace dwh {

/// What the server may use.
struct Machine {
  int cores = 1;
  int64_t memory_bytes = 0;  ///< RAM, or the container's limit if that is lower.
  int64_t free_disk_bytes = 0;
};

/// This machine, with the free space of the file system that holds `folder`.
Machine ThisMachine(const std::filesystem::path& folder);

/// The port that names the socket's file where no TCP port is given: PostgreSQL's own default, so
/// that psql needs none.
constexpr int kSocketPort = 5432;

/// The text of a PostgreSQL 15 configuration file fit for loading on this machine. Durable: a
/// commit survives loss of power. Listens on `socket_dir` and, if `port` is given, on that port of
/// 127.0.0.1.
std::string ServerSettings(const Machine& machine, const std::filesystem::path& socket_dir,
                           std::optional<int> port);

}  // namespace dwh
