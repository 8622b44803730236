#include "engine/local_engine.h"

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "engine/sql_reader.h"
#include "engine/zone_maps.h"
#include "ingest/column.h"
#include "ingest/local_source.h"

namespace dwh {
namespace {

/// Below this one session does the work before a second has logged in.
constexpr int64_t kBytesForManySessions = int64_t{16} << 20;

/// More sessions than this wait for one another to extend the table's file; and where more read,
/// the longest query, in one process, would be what all wait for.
constexpr unsigned kMaxSessions = 4;

/// Sessions that read ahead. Each may sort or hash within work_mem.
constexpr size_t kMaxReaders = 8;

/// The view of the same name on Redshift (facts, section 3), less what a single server does not
/// have. Rows are kept as long as Redshift keeps them: about a week.
constexpr std::string_view kCreateLoadErrors = R"sql(
CREATE TABLE IF NOT EXISTS public.stl_load_errors (
  tbl integer, starttime timestamp, session integer, filename varchar, line_number bigint,
  colname varchar, type varchar, col_length varchar, "position" integer, raw_line varchar,
  raw_field_value varchar, err_code integer, err_reason varchar);
DELETE FROM public.stl_load_errors WHERE starttime < (now() AT TIME ZONE 'UTC') - interval '7 days';
)sql";

constexpr std::string_view kInsertLoadError = R"sql(
INSERT INTO public.stl_load_errors VALUES (
  to_regclass($1)::oid::bigint::integer, now() AT TIME ZONE 'UTC', $2, $3, $4, $5, $6, $7, $8, $9,
  $10, $11, $12))sql";

LoadIds LoadIdsOf(const StageRequest& request) {
  return {std::string(kLoadIdColumn), request.first_load_id};
}

size_t SessionsAtOnce() {
  return std::clamp(std::thread::hardware_concurrency(), 1U, kMaxSessions);
}

size_t SessionCount(const ObjectList& objects) {
  return objects.total_bytes() < kBytesForManySessions ? 1 : SessionsAtOnce();
}

std::string Place(const SqlStatement& statement) {
  return StrCat(statement.file, ":", statement.line);
}

/// From a sample of 3,000 rows: the plans of what follows need no more, and autovacuum takes a
/// larger one within minutes.
void Analyze(Connection& session, const std::string& table) {
  session.Exec("SET default_statistics_target TO 10");
  session.Exec("ANALYZE " + table);
}

bool IsEmpty(Connection& connection, const std::string& table) {
  return connection.Exec(StrCat("SELECT 1 FROM ", table, " LIMIT 1")).rows() == 0;
}

}  // namespace

void ThrowIfFailed(const CopyOptions& copy, const LoadOutcome& outcome) {
  if (!outcome.failed) return;
  throw Error(ErrorKind::kRejected,
              StrCat("Load into table '", copy.table,
                     "' failed.  Check 'stl_load_errors' system table for details."));
}

LocalEngine::LocalEngine(ConnectParams params, std::unique_ptr<ObjectSource> source)
    : params_(std::move(params)), source_(std::move(source)), session_(params_) {}

Result LocalEngine::Execute(const SqlStatement& statement) {
  if (const std::optional<CopyOptions> copy =
          ParseCopy(statement.text, statement.file, statement.line)) {
    ThrowIfFailed(*copy, Copy(*copy, nullptr));
    return Result(nullptr);
  }
  try {
    return Run(statement);
  } catch (const SqlError& error) {
    throw SqlError(error.kind(), StrCat(Place(statement), ": ", error.what()), error.sqlstate(),
                   error.hint(), error.said());
  }
}

Result LocalEngine::Run(const SqlStatement& statement) {
  const std::string place = Place(statement);
  to_read_.erase(place);
  const auto reader = readers_.extract(place);
  if (KeepsStagedTables(statement)) {
    StartReaders();
  } else {
    ForgetReaders();
  }
  if (EmptiesEmptyTable(statement)) return Result(nullptr);
  std::optional<ZoneMapsAside> maps;
  if (const std::string table = FillsEmptiedTable(statement); !table.empty()) {
    maps.emplace(session_, table);
  }
  Result result = reader
                      ? reader.mapped()->WriteInto(session_)
                      : session_.Exec(ToPostgres(statement.text, statement.file, statement.line));
  if (maps) maps->Rebuild();
  return result;
}

void LocalEngine::ReadAhead(const SqlStatement& statement) {
  const std::string place = Place(statement);
  if (to_read_.contains(place) || readers_.contains(place)) return;
  std::optional<InsertSelect> insert = ParseInsertSelect(statement);
  if (!insert) return;
  std::vector<std::string> oids;
  for (const auto& [table, oid] : staged_) oids.push_back(oid);
  if (!planner_) planner_ = std::make_unique<Connection>(params_);
  if (!InsertReader::IsOfUse(*planner_, *insert, Join(oids, ","))) return;
  to_read_.emplace(place, *std::move(insert));
  StartReaders();
}

/// In the order of the statements, no more than there are cores: what is wanted last would only
/// slow down what is waited for.
void LocalEngine::StartReaders() {
  const auto busy = std::count_if(readers_.begin(), readers_.end(),
                                  [](const auto& reader) { return reader.second->IsBusy(); });
  auto idle = static_cast<int64_t>(std::thread::hardware_concurrency()) - busy;
  for (; idle > 0 && !to_read_.empty() && readers_.size() < kMaxReaders; --idle) {
    auto next = to_read_.extract(to_read_.begin());
    readers_.emplace(next.key(), std::make_unique<InsertReader>(
                                     std::make_unique<Connection>(params_), next.mapped()));
  }
}

void LocalEngine::ForgetReaders() {
  to_read_.clear();
  readers_.clear();
}

/// Does the statement leave what readers read as it is? Only what is known to is said to.
bool LocalEngine::KeepsStagedTables(const SqlStatement& statement) const {
  const SqlReader sql(statement.text, statement.file, statement.line);
  if (sql.Is(0, "SELECT")) return true;
  const bool known = sql.Reads(0, {"DELETE", "FROM"}) || sql.Reads(0, {"INSERT", "INTO"});
  return known && sql.Is(3, ".") && !staged_.contains(StrCat(sql.Name(2), ".", sql.Name(4)));
}

/// PostgreSQL takes as many days, hours and weekdays to be in a column of moments as there are
/// moments, unless it has statistics of each expression; and where it fears millions of groups, one
/// process aggregates what all of them could. The expressions are those of DATE and EXTRACT as
/// ToPostgres() writes them.
void LocalEngine::RefreshStatistics(const std::string& table) {
  const std::array<std::optional<std::string>, 1> params = {table};
  const Result moments = session_.Exec(
      "SELECT n.nspname, c.relname, a.attname FROM pg_class c"
      " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid"
      " WHERE c.oid = to_regclass($1) AND c.relpersistence = 'p'"  // what is staged is not asked
      " AND a.attnum > 0 AND NOT a.attisdropped"
      " AND a.atttypid = 'timestamp'::regtype",
      params);
  for (int row = 0; row < moments.rows(); ++row) {
    const std::string column = session_.QuoteIdentifier(moments.value(row, 2));
    const std::array<std::pair<std::string_view, std::string>, 3> parts = {
        {{"day", StrCat("CAST(", column, " AS date)")},
         {"hour", StrCat("CAST(FLOOR(date_part('hour', ", column, ")) AS integer)")},
         {"dow", StrCat("CAST(FLOOR(date_part('dow', ", column, ")) AS integer)")}}};
    for (const auto& [part, expression] : parts) {
      const std::string name = StrCat(moments.value(row, 1), "_", moments.value(row, 2), "_", part);
      session_.Exec(StrCat("CREATE STATISTICS IF NOT EXISTS ",
                           session_.QuoteIdentifier(moments.value(row, 0)), ".",
                           session_.QuoteIdentifier(name), " ON (", expression, ") FROM ", table));
    }
  }
  Analyze(session_, table);
}

std::vector<std::unique_ptr<Engine>> LocalEngine::ShareSnapshot(size_t queries) {
  const size_t sessions = std::clamp<size_t>(queries, 1, SessionsAtOnce());
  const Result snapshot = session_.Exec("SELECT pg_export_snapshot()");
  const std::string adopt =
      StrCat("SET TRANSACTION SNAPSHOT ", session_.QuoteLiteral(snapshot.value(0, 0)));
  std::vector<std::unique_ptr<Engine>> others;
  for (size_t i = 1; i < sessions; ++i) {
    auto other = std::make_unique<LocalEngine>(params_, MakeLocalSource());
    other->session_.Exec(kBeginSnapshot);
    other->session_.Exec(adopt);
    other->PrepareForReports(sessions);
    others.push_back(std::move(other));
  }
  PrepareForReports(sessions);
  return others;
}

/// As one of so many sessions. With its default of 0.1 for a tuple PostgreSQL would rather
/// aggregate a million groups in one process than take them from several.
void LocalEngine::PrepareForReports(size_t sessions) {
  session_.Exec("SET parallel_tuple_cost TO 0.01");
  if (sessions == 1) return;
  const size_t cores = std::thread::hardware_concurrency();
  session_.Exec(StrCat("SET max_parallel_workers_per_gather TO ", cores / sessions - 1));
}

ObjectList LocalEngine::List(const CopyOptions& copy) { return ListObjects(*source_, copy); }

LoadOutcome LocalEngine::Stage(const StageRequest& request, ProgressSink* progress) {
  LoadOutcome outcome;
  if (!request.append) {
    outcome = Refill(request, progress);
  } else if (session_.in_transaction()) {
    outcome = Append(request, progress);
  } else {
    outcome = Check(request, progress);
  }
  RecordErrors(request.copy, outcome.errors);
  return outcome;
}

/// By several sessions, which commit before the main one does.
LoadOutcome LocalEngine::Refill(const StageRequest& request, ProgressSink* progress) {
  const CopyOptions& copy = request.copy;
  std::vector<std::unique_ptr<Connection>> sessions;
  std::vector<Connection*> pointers;
  for (size_t i = SessionCount(request.objects); i > 0; --i) {
    sessions.push_back(std::make_unique<Connection>(params_));
    pointers.push_back(sessions.back().get());
  }
  Connection& first = *pointers.front();
  const std::string table = first.QuoteTable(copy.schema, copy.table);
  const std::string name = StrCat(copy.schema, ".", copy.table);
  if (staged_.erase(name) > 0) ForgetReaders();  // they would hold up the TRUNCATE
  first.Exec("TRUNCATE " + table);
  std::vector<std::unique_ptr<Transaction>> transactions;
  transactions.reserve(pointers.size());
  for (Connection* const session : pointers) {
    transactions.push_back(std::make_unique<Transaction>(*session));
  }
  const std::vector<Column> columns = ReadColumns(first, copy.schema, copy.table);
  LoadOutcome outcome =
      Load(copy, columns, *source_, request.objects, pointers, progress, LoadIdsOf(request));
  for (const auto& transaction : transactions) {
    outcome.failed ? transaction->Rollback() : transaction->Commit();
  }
  if (outcome.failed) return outcome;
  if (copy.stat_update) Analyze(first, table);
  const std::array<std::optional<std::string>, 1> params = {table};
  staged_[name] = first.Exec("SELECT to_regclass($1)::oid", params).value(0, 0);
  return outcome;
}

/// By the main session: whatever ends the run takes the rows with it. Until then the planner has
/// not seen them; it takes a day that is newer than its statistics for empty, and would go through
/// whole tables once for each of its rows.
LoadOutcome LocalEngine::Append(const StageRequest& request, ProgressSink* progress) {
  session_.Exec("SET LOCAL enable_nestloop TO off");
  const std::array<Connection*, 1> sessions = {&session_};
  const std::vector<Column> columns =
      ReadColumns(session_, request.copy.schema, request.copy.table);
  LoadOutcome outcome = Load(request.copy, columns, *source_, request.objects, sessions, progress,
                             LoadIdsOf(request));
  if (outcome.failed) {
    session_.Exec("ROLLBACK");
  } else {
    CompleteZoneMaps(session_);
  }
  return outcome;
}

/// The transaction is lost already; whoever mends the files wants to know of all that is wrong.
LoadOutcome LocalEngine::Check(const StageRequest& request, ProgressSink* progress) {
  const std::vector<Column> columns =
      ReadColumns(session_, request.copy.schema, request.copy.table);
  return Load(request.copy, columns, *source_, request.objects, {}, progress);
}

LoadOutcome LocalEngine::Copy(const CopyOptions& copy, ProgressSink* progress) {
  const ObjectList objects = List(copy);
  std::optional<Transaction> own;
  if (!session_.in_transaction()) own.emplace(session_);
  const std::string table = session_.QuoteTable(copy.schema, copy.table);
  const bool analyze = copy.stat_update && IsEmpty(session_, table);
  const std::array<Connection*, 1> sessions = {&session_};
  const std::vector<Column> columns = ReadColumns(session_, copy.schema, copy.table);
  LoadOutcome outcome = Load(copy, columns, *source_, objects, sessions, progress);
  if (!outcome.failed && analyze) Analyze(session_, table);
  if (own) outcome.failed ? own->Rollback() : own->Commit();
  RecordErrors(copy, outcome.errors);
  return outcome;
}

/// DELETE FROM of an empty table, which a first load begins with. Then TRUNCATE does as well, and
/// PostgreSQL, which undoes it by dropping the new file, need not log what this transaction puts
/// there (wal_level=minimal): a quarter of the load's time. Rows are never truncated: that would
/// take them from readers who are still looking at the last published state.
bool LocalEngine::EmptiesEmptyTable(const SqlStatement& statement) {
  const SqlReader sql(statement.text, statement.file, statement.line);
  const size_t end = sql.Is(3, ".") ? 5 : 3;
  if (!sql.Reads(0, {"DELETE", "FROM"}) || sql.size() != end) return false;
  const std::string table(sql.Source({2, end}));
  emptied_.erase(table);
  if (!IsEmpty(session_, table)) return false;
  session_.Exec("TRUNCATE " + table);
  emptied_.insert(table);
  return true;
}

/// The table, once, if this is the first INSERT after what EmptiesEmptyTable() did; else "".
std::string LocalEngine::FillsEmptiedTable(const SqlStatement& statement) {
  const SqlReader sql(statement.text, statement.file, statement.line);
  if (!sql.Reads(0, {"INSERT", "INTO"})) return "";
  std::string table(sql.Source({2, sql.Is(3, ".") ? size_t{5} : size_t{3}}));
  return emptied_.erase(table) > 0 ? table : "";
}

/// In a session of its own, so that the errors outlive a rollback of the main one.
void LocalEngine::RecordErrors(const CopyOptions& copy, const std::vector<LoadError>& errors) {
  if (errors.empty()) return;
  Connection recorder(params_);
  Transaction transaction(recorder);
  recorder.Exec(kCreateLoadErrors);
  for (const LoadError& error : errors) {
    const std::array<std::optional<std::string>, 12> params = {
        recorder.QuoteTable(copy.schema, copy.table),
        std::to_string(session_.backend_pid()),
        error.filename,
        std::to_string(error.line_number),
        error.column,
        error.type,
        error.column_length,
        std::to_string(error.position),
        error.raw_line,
        error.raw_field_value,
        std::to_string(static_cast<int>(error.code)),
        error.reason};
    recorder.Exec(kInsertLoadError, params);
  }
  transaction.Commit();
}

}  // namespace dwh
