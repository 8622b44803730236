#include "engine/insert_reader.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "engine/sql_reader.h"
#include "pg/copy_reader.h"
#include "pg/copy_writer.h"

namespace dwh {
namespace {

constexpr size_t kBufferBytes = size_t{256} << 10;
constexpr int kBuffers = 4;

/// Relations that the view reads and that are none of the tables given; a view among them counts,
/// for what is behind it is not looked at.
constexpr std::string_view kOtherRelations = R"sql(
SELECT 1
FROM pg_rewrite r
JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid
                AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class
WHERE r.ev_class = 'pg_temp.dwh_rows'::regclass
  AND d.refobjid <> ALL (CAST($1 AS oid[])))sql";

/// Columns whose type is another in the view than in the target: the binary form does not convert.
constexpr std::string_view kOtherTypes = R"sql(
SELECT 1
FROM pg_attribute v
JOIN pg_attribute t ON t.attrelid = to_regclass($1) AND t.attname = v.attname AND t.attnum > 0
WHERE v.attrelid = 'pg_temp.dwh_rows'::regclass AND v.atttypid <> t.atttypid)sql";

constexpr std::string_view kColumnNames = R"sql(
SELECT '(' || string_agg(quote_ident(attname), ', ' ORDER BY attnum) || ')'
FROM pg_attribute
WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped)sql";

Result Ask(Connection& connection, std::string_view sql, const std::string& param) {
  const std::array<std::optional<std::string>, 1> params = {param};
  return connection.Exec(sql, params);
}

/// Reads "Sort  (cost=114862.15..116977.50 rows=846140 width=8)". Where the rows come as the table
/// is scanned, sending them to another session costs as much as it saves.
bool WorksBeforeFirstRow(Connection& connection) {
  const Result plan = connection.Exec("EXPLAIN SELECT * FROM pg_temp.dwh_rows");
  const std::string_view line = plan.value(0, 0);
  const size_t at = line.find("cost=");
  double before_first = 0;
  double total = 0;
  if (at == std::string_view::npos) return false;
  const std::string costs(line.substr(at));
  return std::sscanf(costs.c_str(), "cost=%lf..%lf", &before_first, &total) == 2 &&
         before_first > total / 2;
}

}  // namespace

std::optional<InsertSelect> ParseInsertSelect(const SqlStatement& statement) {
  const SqlReader sql(statement.text, statement.file, statement.line);
  if (!sql.Reads(0, {"INSERT", "INTO"})) return std::nullopt;
  InsertSelect insert;
  size_t at = sql.Is(3, ".") ? 5 : 3;
  insert.target = sql.Source({2, at});
  if (sql.Is(at, "(")) {
    const size_t close = sql.Close(at);
    insert.columns = sql.Source({at, close + 1});
    at = close + 1;
  }
  if (!sql.Is(at, "SELECT")) return std::nullopt;
  const std::string_view select = sql.Source({at, sql.size()});
  insert.select = ToPostgres(select, statement.file, sql[at].line);
  return insert;
}

bool InsertReader::IsOfUse(Connection& connection, const InsertSelect& insert,
                           const std::string& oids) {
  const Transaction scratch(connection);  // never committed: the view is gone afterwards
  try {
    std::string columns = insert.columns;
    if (columns.empty()) columns = Ask(connection, kColumnNames, insert.target).value(0, 0);
    connection.Exec(StrCat("CREATE TEMP VIEW dwh_rows ", columns, " AS ", insert.select));
    return Ask(connection, kOtherRelations, StrCat("{", oids, "}")).rows() == 0 &&
           Ask(connection, kOtherTypes, insert.target).rows() == 0 &&
           WorksBeforeFirstRow(connection);
  } catch (const SqlError&) {
    return false;
  }
}

InsertReader::InsertReader(std::unique_ptr<Connection> connection, InsertSelect insert)
    : insert_(std::move(insert)), connection_(std::move(connection)) {
  for (int i = 0; i < kBuffers; ++i) empty_.Push({});
  // Readers are parallel to one another and to the loader: more processes only get in their way.
  connection_->Exec("SET max_parallel_workers_per_gather TO 0");
  done_ = std::async(std::launch::async, [this] { Read(); });
}

InsertReader::~InsertReader() {
  constexpr std::chrono::milliseconds kAgain{20};
  empty_.Close();
  // A cancel that comes before the statement has no effect, so one may not be enough.
  while (done_.valid() && done_.wait_for(kAgain) != std::future_status::ready) {
    connection_->Cancel();
  }
}

void InsertReader::Read() {
  try {
    CopyReader rows(*connection_, StrCat("COPY (", insert_.select, ") TO STDOUT (FORMAT binary)"));
    while (std::optional<std::string> buffer = empty_.Pop()) {
      buffer->clear();
      if (!rows.Read(*buffer, kBufferBytes)) break;
      busy_ = false;
      full_.Push(*std::move(buffer));
    }
  } catch (...) {
    busy_ = false;
    full_.Close();
    throw;  // into done_
  }
  busy_ = false;
  full_.Close();
}

Result InsertReader::WriteInto(Connection& session) {
  CopyWriter writer(
      session, StrCat("COPY ", insert_.target, insert_.columns, " FROM STDIN (FORMAT binary)"));
  while (std::optional<std::string> buffer = full_.Pop()) {
    writer.Append(*buffer);
    empty_.Push(*std::move(buffer));
  }
  done_.get();  // throws what reading threw
  return writer.Finish();
}

}  // namespace dwh
