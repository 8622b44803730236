#pragma once

#include <string>
#include <string_view>

#include "pg/connection.h"

namespace dwh {

/// One COPY ... FROM STDIN. Not thread-safe. The connection runs nothing else until Finish() or
/// Abort(); the destructor aborts.
class CopyWriter {
 public:
  /// `sql` is the COPY statement. Throws SqlError.
  CopyWriter(Connection& connection, std::string_view sql);
  ~CopyWriter();
  CopyWriter(const CopyWriter&) = delete;
  CopyWriter& operator=(const CopyWriter&) = delete;

  /// Sends bytes as they are; they need not end at a row's end. Throws SqlError or
  /// Error(kInterrupted); then only Abort() is of use.
  void Append(std::string_view bytes);

  /// Ends the COPY; affected() is the row count the server confirmed. Errors in rows sent long ago
  /// may surface only here, so rows count as loaded only after it.
  Result Finish();

  /// Ends the COPY without effect, giving the server `reason`. Never throws.
  void Abort(std::string_view reason) noexcept;

 private:
  Connection& connection_;
  std::string sql_;
  bool open_ = true;
};

}  // namespace dwh
