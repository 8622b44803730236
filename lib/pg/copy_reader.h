#pragma once

#include <string>
#include <string_view>

#include "pg/connection.h"

namespace dwh {

/// One COPY ... TO STDOUT. Not thread-safe. The connection runs nothing else until Read() has
/// returned false.
class CopyReader {
 public:
  /// `sql` is the COPY statement. Throws SqlError.
  CopyReader(Connection& connection, std::string_view sql);

  /// Appends rows as the server sends them to `bytes`, until it holds `enough` or all have come.
  /// False if there was nothing left. Throws SqlError or Error(kInterrupted).
  bool Read(std::string& bytes, size_t enough);

 private:
  Connection& connection_;
  std::string sql_;
  bool open_ = true;
};

}  // namespace dwh
