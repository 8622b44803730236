#pragma once

#include <string>

#include "base/secret.h"

namespace dwh {

/// Where and as whom to connect. `host` is a name, or a folder for a Unix socket. Whatever is sent
/// when a session begins is something that Redshift takes too (facts, section 6).
struct ConnectParams {
  std::string host;
  int port = 5432;
  std::string database;
  std::string user;
  Secret password;
  std::string sslmode;      ///< libpq's default if empty.
  std::string sslrootcert;  ///< libpq's default if empty.
  std::string application_name;
  int connect_timeout_s = 10;
};

}  // namespace dwh
