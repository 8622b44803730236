#include "warehouse/ledger.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"

namespace dwh {
namespace {

/// Rows of one INSERT: few round trips, and far from any statement's limit (16 MB on Redshift).
constexpr size_t kRowsPerInsert = 500;
constexpr size_t kObjectColumns = 8;

/// The ledger may be long; memory shall not follow it. Redshift gives at most 1,000 rows a FETCH on
/// a single node.
constexpr int kRowsPerFetch = 1000;

}  // namespace

void Ledger::Lock() { session_.Exec(StrCat("LOCK ", schema_, ".etl_lock")); }

void Ledger::ForEachObject(const std::string& table,
                           const std::function<void(const ObjectInfo&)>& visit) {
  const std::array<std::optional<std::string>, 1> params = {table};
  session_.Exec(StrCat("DECLARE known_objects CURSOR FOR SELECT object_key, size_bytes, etag FROM ",
                       schema_, ".etl_objects WHERE table_name = $1 ORDER BY object_key"),
                params);
  const std::string fetch = StrCat("FETCH FORWARD ", kRowsPerFetch, " FROM known_objects");
  for (Result rows = session_.Exec(fetch); rows.rows() > 0; rows = session_.Exec(fetch)) {
    for (int row = 0; row < rows.rows(); ++row) {
      visit(
          {std::string(rows.value(row, 0)), rows.integer(row, 1), std::string(rows.value(row, 2))});
    }
  }
  session_.Exec("CLOSE known_objects");
}

void Ledger::Replace(const std::string& table, const std::string& run_id, const ObjectList& objects,
                     const std::vector<ObjectCounts>& counts) {
  const std::array<std::optional<std::string>, 1> params = {table};
  session_.Exec(StrCat("DELETE FROM ", schema_, ".etl_objects WHERE table_name = $1"), params);
  for (size_t begin = 0; begin < objects.size(); begin += kRowsPerInsert) {
    std::string sql = StrCat("INSERT INTO ", schema_,
                             ".etl_objects (table_name, object_key, size_bytes, etag, records, "
                             "rows_loaded, rejects, run_id) VALUES ");
    std::vector<std::optional<std::string>> values;
    const size_t end = std::min(objects.size(), begin + kRowsPerInsert);
    for (size_t i = begin; i < end; ++i) {
      const ObjectInfo object = objects[i];
      sql += i == begin ? "(" : ", (";
      for (const std::string& value : std::array<std::string, kObjectColumns>{
               table, object.key, std::to_string(object.size), object.etag,
               std::to_string(counts[i].records), std::to_string(counts[i].rows),
               std::to_string(counts[i].rejects), run_id}) {
        values.emplace_back(value);
        sql += StrCat(values.size() % kObjectColumns == 1 ? "$" : ", $", values.size());
      }
      sql += ")";
    }
    session_.Exec(sql, values);
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
  const std::array<std::optional<std::string>, 12> params = {report.run_id,
                                                             FormatSqlTimestamp(report.started),
                                                             FormatSqlTimestamp(report.finished),
                                                             outcome,
                                                             std::to_string(sum.listed),
                                                             std::to_string(sum.loaded),
                                                             std::to_string(sum.known),
                                                             std::to_string(sum.failed),
                                                             std::to_string(sum.bytes),
                                                             std::to_string(sum.counts.records),
                                                             std::to_string(sum.counts.rows),
                                                             std::to_string(sum.counts.rejects)};
  session_.Exec(StrCat("INSERT INTO ", schema_,
                       ".etl_runs (run_id, started_at, finished_at, outcome, objects_listed, "
                       "objects_loaded, objects_known, objects_failed, bytes, records, "
                       "rows_loaded, rejects) VALUES ($1, CAST($2 AS TIMESTAMP), "
                       "CAST($3 AS TIMESTAMP), $4, $5, $6, $7, $8, $9, $10, $11, $12)"),
                params);
}

}  // namespace dwh
