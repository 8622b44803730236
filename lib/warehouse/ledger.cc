#include "warehouse/ledger.h"

#include "base/text.h"

namespace dwh {
namespace {

/// What one INSERT may grow to: few round trips, and far from any statement's limit (16 MB on
/// Redshift).
constexpr size_t kBytesPerInsert = size_t{256} << 10;

}  // namespace

void Ledger::Lock() { session_.Exec(StrCat("LOCK ", schema_, ".etl_lock")); }

void Ledger::ForEachObject(const std::string& table,
                           const std::function<void(const ObjectInfo&)>& visit) {
  // The ledger may be long, and memory shall not follow it: no cursor, which on Redshift would put
  // all of it on the leader's disk first, but row by row as they come.
  session_.ForEachRow(
      StrCat("SELECT object_key, size_bytes, etag FROM ", schema_,
             ".etl_objects WHERE table_name = ", session_.QuoteLiteral(table),
             " ORDER BY object_key"),
      [&](const Result& row) {
        visit({std::string(row.value(0, 0)), row.integer(0, 1), std::string(row.value(0, 2))});
      });
}

void Ledger::Replace(const std::string& table, const std::string& run_id, const ObjectList& objects,
                     const std::vector<ObjectCounts>& counts) {
  const std::string table_literal = session_.QuoteLiteral(table);
  const std::string run_literal = session_.QuoteLiteral(run_id);
  session_.Exec(StrCat("DELETE FROM ", schema_, ".etl_objects WHERE table_name = ", table_literal));
  const std::string insert = StrCat("INSERT INTO ", schema_,
                                    ".etl_objects (table_name, object_key, size_bytes, etag, "
                                    "records, rows_loaded, rejects, run_id) VALUES ");
  std::string sql;
  for (size_t i = 0; i < objects.size(); ++i) {
    const ObjectInfo object = objects[i];
    sql += StrCat(sql.empty() ? insert : ", ", "(", table_literal, ", ",
                  session_.QuoteLiteral(object.key), ", ", object.size, ", ",
                  session_.QuoteLiteral(object.etag), ", ", counts[i].records, ", ", counts[i].rows,
                  ", ", counts[i].rejects, ", ", run_literal, ")");
    if (sql.size() < kBytesPerInsert && i + 1 < objects.size()) continue;
    session_.Exec(sql);
    sql.clear();
  }
}

void Ledger::AddRun(const EtlReport& report, const std::string& outcome) {
  SourceBooks sum;
  for (const SourceBooks& books : report.sources) {
    sum.listed += books.listed;
    sum.loaded += books.loaded;
    sum.known += books.known;
    sum.failed += books.failed;
    sum.bytes += books.bytes;
    sum.counts.records += books.counts.records;
    sum.counts.rows += books.counts.rows;
    sum.counts.rejects += books.counts.rejects;
  }
  const auto text = [&](const std::string& value) { return session_.QuoteLiteral(value); };
  session_.Exec(StrCat("INSERT INTO ", schema_,
                       ".etl_runs (run_id, started_at, finished_at, outcome, objects_listed, "
                       "objects_loaded, objects_known, objects_failed, bytes, records, "
                       "rows_loaded, rejects) VALUES (",
                       text(report.run_id), ", ", text(FormatSqlTimestamp(report.started)), ", ",
                       text(FormatSqlTimestamp(report.finished)), ", ", text(outcome), ", ",
                       sum.listed, ", ", sum.loaded, ", ", sum.known, ", ", sum.failed, ", ",
                       sum.bytes, ", ", sum.counts.records, ", ", sum.counts.rows, ", ",
                       sum.counts.rejects, ")"));
}

bool Ledger::IsPublished(const std::string& run_id) {
  // Two transactions: a snapshot taken while waiting would not show what was waited for.
  Transaction wait(session_);
  Lock();
  wait.Commit();
  return session_
             .Exec(StrCat("SELECT 1 FROM ", schema_, ".etl_runs WHERE run_id = ",
                          session_.QuoteLiteral(run_id), " AND outcome = 'published'"))
             .rows() > 0;
}

}  // namespace dwh
