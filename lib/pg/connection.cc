#include "pg/connection.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

std::string Field(const PGresult* result, int code) {
  const char* text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

/// libpq's messages end in a newline and may span several lines.
std::string OneLine(std::string_view message) {
  std::string line(Trim(message));
  for (size_t at = line.find('\n'); at != std::string::npos; at = line.find('\n', at + 1)) {
    line.replace(at, 1, "; ");
  }
  return line;
}

ErrorKind KindOf(const std::string& sqlstate) {
  // Connection loss, refused login, shutdown: the service's fault, not the statement's.
  const std::string group = sqlstate.substr(0, 2);
  const bool unavailable = sqlstate.empty() || group == "08" || group == "28" || group == "53" ||
                           group == "57" || group == "58";
  return unavailable ? ErrorKind::kUnavailable : ErrorKind::kFailed;
}

[[noreturn]] void ThrowSqlError(PGconn* connection, const PGresult* result, std::string_view sql) {
  const std::string sqlstate = Field(result, PG_DIAG_SQLSTATE);
  const bool lost = PQstatus(connection) == CONNECTION_BAD;
  std::string message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  if (message.empty()) message = OneLine(PQerrorMessage(connection));
  // What libpq adds in further lines are guesses at the cause, the same ones always.
  if (lost && sqlstate.empty()) message.resize(std::min(message.size(), message.find("; ")));
  if (message.empty()) message = "the server closed the connection";
  const std::string detail = Field(result, PG_DIAG_MESSAGE_DETAIL);
  if (!detail.empty()) message += StrCat(" (", OneLine(detail), ")");
  const std::string said = message;
  if (!sqlstate.empty()) message += StrCat(" [", sqlstate, "]");
  constexpr size_t kShown = 120;
  std::string shown = OneLine(TruncateUtf8(sql, kShown));
  if (sql.size() > kShown) shown += " ...";
  std::string hint = Field(result, PG_DIAG_MESSAGE_HINT);
  if (lost && hint.empty()) {
    hint = "`manage_dwh status` shows the state of the warehouse; run this again once it answers.";
  }
  throw SqlError(KindOf(sqlstate), StrCat(message, ", in: ", shown), sqlstate, hint, said);
}

bool Mentions(const std::string& message, std::string_view words) {
  return message.find(words) != std::string::npos;
}

/// libpq tells by words alone; without setlocale() they are the English ones. FATAL begins the
/// server's own.
ConnectError::Cause CauseOf(const std::string& message) {
  const auto says = [&](std::string_view words) { return Mentions(message, words); };
  if (says("could not translate host name")) return ConnectError::Cause::kResolve;
  if (says("starting up") || says("shutting down")) return ConnectError::Cause::kNoAnswer;
  if (says("FATAL:") || says("no password supplied")) return ConnectError::Cause::kRefused;
  if (says("server closed the connection") || says("EOF detected")) {
    return ConnectError::Cause::kNoAnswer;
  }
  if (says("SSL") || says("certificate")) return ConnectError::Cause::kTls;
  return ConnectError::Cause::kNoAnswer;
}

std::string HintForConnect(const std::string& message, const ConnectParams& params) {
  if (Mentions(message, "authentication method 13")) {
    return "this user's password is stored as SHA-256, which libpq cannot use; store it anew with "
           "ALTER USER ... PASSWORD 'md5...', or leave DB_PASSWORD empty to sign in through IAM.";
  }
  if (Mentions(message, "certificate") || Mentions(message, "SSL")) {
    return "SSLROOTCERT in [CLUSTER] of dwh.cfg names the file of authorities to trust, SSLMODE "
           "how strictly; behind another DNS name than the warehouse's own use verify-ca.";
  }
  if (Mentions(message, "password")) return "check DB_USER and DB_PASSWORD in dwh.cfg.";
  if (params.host.starts_with('/')) {
    return "is the local server running? `manage_dwh resume` starts it; `manage_dwh create` makes "
           "it.";
  }
  return "check HOST and DB_PORT in dwh.cfg; `manage_dwh status` shows the state of the warehouse.";
}

}  // namespace

bool Result::is_number(int column) const {
  // The OIDs of int8, int2, int4, float4, float8 and numeric, which Redshift has kept.
  constexpr std::array<Oid, 6> kNumbers = {20, 21, 23, 700, 701, 1700};
  const Oid type = PQftype(result_.get(), column);
  return std::find(kNumbers.begin(), kNumbers.end(), type) != kNumbers.end();
}

std::string_view Result::value(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<size_t>(PQgetlength(result_.get(), row, column))};
}

int64_t Result::integer(int row, int column) const {
  if (is_null(row, column)) return 0;
  const std::string_view text = value(row, column);
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorKind::kFailed, StrCat("expected an integer in column ", name(column),
                                           " of a query result, got '", text, "'"));
  }
  return number;
}

int64_t Result::affected() const {
  const std::string_view text = PQcmdTuples(result_.get());
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Connection::Connection(const ConnectParams& params)
    : connection_(nullptr, PQfinish),
      cancel_(nullptr, PQfreeCancel),
      notice_handler_(std::make_unique<NoticeHandler>()) {
  const std::string port = std::to_string(params.port);
  const std::string timeout = std::to_string(params.connect_timeout_s);
  // Only settings that Redshift accepts too. Keepalives hold a silent COPY's connection open
  // through NAT gateways, which drop idle flows after about 350 s (facts, section 6).
  std::vector<std::pair<const char*, const char*>> settings = {
      {"host", params.host.c_str()},
      {"port", port.c_str()},
      {"dbname", params.database.c_str()},
      {"user", params.user.c_str()},
      {"password", params.password.Reveal().c_str()},
      {"application_name", params.application_name.c_str()},
      {"connect_timeout", timeout.c_str()},
      {"client_encoding", "UTF8"},
      {"gssencmode", "disable"},  // Redshift does not know the question.
      {"keepalives", "1"},
      {"keepalives_idle", "60"},
      {"keepalives_interval", "30"},
      {"keepalives_count", "5"},
      {"sslmode", params.sslmode.c_str()},
      {"sslrootcert", params.sslrootcert.c_str()}};
  std::vector<const char*> keys;
  std::vector<const char*> values;
  for (const auto& [key, value] : settings) {
    if (*value == '\0') continue;
    keys.push_back(key);
    values.push_back(value);
  }
  keys.push_back(nullptr);
  values.push_back(nullptr);
  connection_.reset(PQconnectdbParams(keys.data(), values.data(), 0));
  if (PQstatus(connection_.get()) != CONNECTION_OK) {
    const std::string message = OneLine(PQerrorMessage(connection_.get()));
    throw ConnectError(CauseOf(message),
                       StrCat("cannot connect to database ", params.database, ": ", message),
                       message, HintForConnect(message, params));
  }
  cancel_.reset(PQgetCancel(connection_.get()));
  PQsetNoticeReceiver(connection_.get(), OnNotice, notice_handler_.get());
}

Result Connection::Exec(std::string_view sql) {
  if (PQsendQuery(connection_.get(), std::string(sql).c_str()) == 0) {
    ThrowSqlError(connection_.get(), nullptr, sql);
  }
  return Finish(sql);
}

Result Connection::Exec(std::string_view sql, Params params) {
  std::vector<const char*> values;
  for (const std::optional<std::string>& param : params) {
    values.push_back(param ? param->c_str() : nullptr);
  }
  if (PQsendQueryParams(connection_.get(), std::string(sql).c_str(),
                        static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr,
                        0) == 0) {
    ThrowSqlError(connection_.get(), nullptr, sql);
  }
  return Finish(sql);
}

Result Connection::Finish(std::string_view sql_for_message) {
  // Every result is read, or libpq refuses the next statement. The first error is the one told.
  Result last(nullptr);
  std::optional<Result> failed;
  while (true) {
    // A lost connection is told by PQgetResult.
    while (PQisBusy(connection_.get()) == 1 && WaitForInput()) {
    }
    PGresult* result = PQgetResult(connection_.get());
    if (result == nullptr) break;
    const ExecStatusType status = PQresultStatus(result);
    if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) return Result(result);
    const bool good =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    Result current(result);
    if (good) {
      last = std::move(current);
      continue;
    }
    if (!failed) failed.emplace(std::move(current));
    if (PQstatus(connection_.get()) == CONNECTION_BAD) break;
  }
  if (failed) ThrowSqlError(connection_.get(), failed->raw(), sql_for_message);
  return last;
}

void Connection::ForEachRow(std::string_view sql,
                            const std::function<void(const Result& row)>& visit) {
  if (PQsendQuery(connection_.get(), std::string(sql).c_str()) == 0 ||
      PQsetSingleRowMode(connection_.get()) == 0) {
    ThrowSqlError(connection_.get(), nullptr, sql);
  }
  try {
    while (true) {
      while (PQisBusy(connection_.get()) == 1 && WaitForInput()) {
      }
      PGresult* const raw = PQgetResult(connection_.get());
      if (raw == nullptr) return;
      const Result result(raw);
      const ExecStatusType status = PQresultStatus(raw);
      if (status == PGRES_SINGLE_TUPLE) {
        visit(result);
      } else if (status != PGRES_TUPLES_OK) {
        ThrowSqlError(connection_.get(), raw, sql);
      }
    }
  } catch (...) {
    Cancel();
    while (PGresult* const rest = PQgetResult(connection_.get())) {
      PQclear(rest);
      if (PQstatus(connection_.get()) == CONNECTION_BAD) break;
    }
    throw;
  }
}

bool Connection::WaitForInput() {
  PQflush(connection_.get());
  std::array<pollfd, 2> waiters{pollfd{PQsocket(connection_.get()), POLLIN, 0},
                                pollfd{InterruptFd(), POLLIN, 0}};
  poll(waiters.data(), waiters.size(), -1);
  if (InterruptSignal() != 0) CancelAndDrain();
  return PQconsumeInput(connection_.get()) == 1;
}

void Connection::Cancel() noexcept {
  std::array<char, 256> message{};
  if (cancel_) PQcancel(cancel_.get(), message.data(), static_cast<int>(message.size()));
}

void Connection::CancelAndDrain() {
  Cancel();
  while (PGresult* result = PQgetResult(connection_.get())) {
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_COPY_IN) PQputCopyEnd(connection_.get(), "interrupted");
    char* row = nullptr;
    while (status == PGRES_COPY_OUT && PQgetCopyData(connection_.get(), &row, 0) > 0) {
      PQfreemem(row);
    }
  }
  ThrowIfInterrupted();
}

void Connection::OnNotice(void* handler, const PGresult* result) {
  const std::string severity = Field(result, PG_DIAG_SEVERITY);
  const std::string message = Field(result, PG_DIAG_MESSAGE_PRIMARY);
  const auto* notice = static_cast<const NoticeHandler*>(handler);
  if (*notice) {
    (*notice)(severity, message);
  } else {
    LogDebug(StrCat(severity, ": ", message));
  }
}

std::string Connection::QuoteIdentifier(std::string_view name) const {
  char* quoted = PQescapeIdentifier(connection_.get(), name.data(), name.size());
  if (quoted == nullptr) throw Error(ErrorKind::kUsage, StrCat("not an identifier: '", name, "'"));
  std::string result(quoted);
  PQfreemem(quoted);
  return result;
}

std::string Connection::QuoteTable(std::string_view schema, std::string_view table) const {
  const std::string name = QuoteIdentifier(table);
  return schema.empty() ? name : StrCat(QuoteIdentifier(schema), ".", name);
}

std::string Connection::QuoteLiteral(std::string_view text) const {
  std::string quoted(2 * text.size() + 1, '\0');
  int error = 0;
  // Redshift does not say how it reads backslashes, and libpq then takes it for the old way, which
  // is Redshift's.
  quoted.resize(
      PQescapeStringConn(connection_.get(), quoted.data(), text.data(), text.size(), &error));
  if (error != 0) throw Error(ErrorKind::kUsage, StrCat("not UTF-8: '", text, "'"));
  return StrCat("'", quoted, "'");
}

Transaction::Transaction(Connection& connection, std::string_view begin) : connection_(connection) {
  connection_.Exec(begin);
}

Transaction::~Transaction() {
  if (!open_) return;
  try {
    Rollback();
  } catch (const std::exception& error) {
    LogDebug(StrCat("rollback: ", error.what()));
  }
}

void Transaction::Commit() {
  open_ = false;
  connection_.Exec("COMMIT");
}

void Transaction::Rollback() {
  open_ = false;
  // Not Exec(): after an interrupt that would cancel the very statement that cleans up.
  PQclear(PQexec(connection_.raw(), "ROLLBACK"));
}

}  // namespace dwh
