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
#include "pg/connect_params.h"

namespace dwh {

/// The server refused a statement or a login, could not be reached, or the connection was lost.
class SqlError : public Error {
 public:
  SqlError(ErrorKind kind, const std::string& message, std::string sqlstate, std::string hint = "",
           const std::string& said = "")
      : Error(kind, message, std::move(hint)),
        sqlstate_(std::move(sqlstate)),
        said_(said.empty() ? message : said) {}
  /// Five characters as in PostgreSQL's appendix A; empty if the connection was lost. Without a
  /// session: 08001 if no server answered, 28000 if it answered and did not let us in.
  const std::string& sqlstate() const { return sqlstate_; }
  /// The server's own words, with their detail and without the statement they were about.
  const std::string& said() const { return said_; }

 private:
  std::string sqlstate_;
  std::string said_;
};

/// No session came about. As libpq tells it by words alone, the sqlstate is 28000 where the server
/// refused or is not to be trusted, and 08001 where another try may find it.
class ConnectError : public SqlError {
 public:
  enum class Cause {
    kResolve,   ///< The host's name is not known.
    kNoAnswer,  ///< Nothing answers on the port, or not yet.
    kTls,       ///< The certificate is not trusted, or the server knows no TLS.
    kRefused,   ///< The server refused the login.
  };
  ConnectError(Cause cause, const std::string& message, const std::string& said, std::string hint)
      : SqlError(ErrorKind::kUnavailable, message,
                 cause == Cause::kTls || cause == Cause::kRefused ? "28000" : "08001",
                 std::move(hint), said),
        cause_(cause) {}
  Cause cause() const { return cause_; }

 private:
  Cause cause_;
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

  /// Throws ConnectError with the server's words. A refused password is tried once only.
  explicit Connection(const ConnectParams& params);

  /// Runs one or several statements with the simple protocol and returns the last result. Throws
  /// SqlError; an open transaction is then aborted, and the caller must roll back.
  Result Exec(std::string_view sql);
  /// Runs one statement with $1, $2, ... given as text; nullopt is NULL.
  Result Exec(std::string_view sql, Params params);

  /// Runs one query and calls `visit` with each row as it comes, so that memory does not follow the
  /// number of rows. `visit` must not use this session; what it throws ends the query.
  void ForEachRow(std::string_view sql, const std::function<void(const Result& row)>& visit);

  /// NOTICE, INFO and WARNING messages; without a handler they go to the log at debug level.
  void SetNoticeHandler(NoticeHandler handler) { *notice_handler_ = std::move(handler); }

  std::string QuoteIdentifier(std::string_view name) const;
  /// "schema"."table", or "table" where the schema is empty.
  std::string QuoteTable(std::string_view schema, std::string_view table) const;
  /// As a literal in quotes, backslashes as this server reads them. Never E'...', which Redshift
  /// does not know. Throws Error(kUsage) for text that is not UTF-8.
  std::string QuoteLiteral(std::string_view text) const;
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
