#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace dwh {

/// Where and as whom to connect. `host` is a name, or a folder for a Unix socket.
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

/// The server refused a statement, or the connection was lost while it ran.
class SqlError : public Error {
 public:
  SqlError(ErrorKind kind, const std::string& message, std::string sqlstate, std::string hint = "")
      : Error(kind, message, std::move(hint)), sqlstate_(std::move(sqlstate)) {}
  /// Five characters as in PostgreSQL's appendix A; empty if the connection was lost.
  const std::string& sqlstate() const { return sqlstate_; }

 private:
  std::string sqlstate_;
};

/// Rows of a finished statement. Values are text; views live as long as the Result.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result, PQclear) {}

  int rows() const { return PQntuples(result_.get()); }
  int columns() const { return PQnfields(result_.get()); }
  std::string_view name(int column) const { return PQfname(result_.get(), column); }
  /// Whether the column's type is one of SQL's numbers.
  bool is_number(int column) const;
  bool is_null(int row, int column) const { return PQgetisnull(result_.get(), row, column) == 1; }
  /// "" for NULL.
  std::string_view value(int row, int column) const;
  /// The value as a 64-bit integer; 0 for NULL. Throws Error(kFailed) for anything else.
  int64_t integer(int row, int column) const;
  /// Rows inserted, updated, deleted or selected; 0 for other statements.
  int64_t affected() const;

  const PGresult* raw() const { return result_.get(); }

 private:
  std::unique_ptr<PGresult, void (*)(PGresult*)> result_;
};

/// One session. Not thread-safe. Statements watch for interrupts (base/interrupt.h): when one
/// arrives the statement is cancelled on the server and Error(kInterrupted) is thrown.
class Connection {
 public:
  using NoticeHandler = std::function<void(std::string_view severity, std::string_view message)>;
  using Params = std::span<const std::optional<std::string>>;

  /// Throws Error(kUnavailable) with the server's words. A refused password is tried once only.
  explicit Connection(const ConnectParams& params);

  /// Runs one or several statements with the simple protocol and returns the last result. Throws
  /// SqlError; an open transaction is then aborted, and the caller must roll back.
  Result Exec(std::string_view sql);
  /// Runs one statement with $1, $2, ... given as text; nullopt is NULL.
  Result Exec(std::string_view sql, Params params);

  /// NOTICE, INFO and WARNING messages; without a handler they go to the log at debug level.
  void SetNoticeHandler(NoticeHandler handler) { *notice_handler_ = std::move(handler); }

  std::string QuoteIdentifier(std::string_view name) const;
  int backend_pid() const { return PQbackendPID(connection_.get()); }
  bool in_transaction() const { return PQtransactionStatus(connection_.get()) != PQTRANS_IDLE; }

  /// Asks the server to give up the running statement. May be called from any thread.
  void Cancel() noexcept;

  /// For CopyWriter and CopyReader.
  PGconn* raw() { return connection_.get(); }
  /// Waits for the running statement and returns its last result; throws as Exec does.
  Result Finish(std::string_view sql_for_message);
  /// Waits until the server has sent something. False if the connection is lost.
  bool WaitForInput();

 private:
  void CancelAndDrain();
  static void OnNotice(void* handler, const PGresult* result);

  std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
  std::unique_ptr<PGcancel, void (*)(PGcancel*)> cancel_;
  // On the heap, because libpq keeps its address and a Connection may move.
  std::unique_ptr<NoticeHandler> notice_handler_;
};

/// Sees one state of the database throughout, and changes nothing. Redshift, which isolates every
/// transaction so, takes the words too.
constexpr std::string_view kBeginSnapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// BEGIN now; ROLLBACK on destruction unless Commit() was called. The destructor never throws: a
/// rollback that fails means the connection is lost, and then the server rolls back by itself.
class Transaction {
 public:
  explicit Transaction(Connection& connection, std::string_view begin = "BEGIN");
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void Commit();
  void Rollback();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace dwh
