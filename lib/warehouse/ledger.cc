#include "warehouse/ledger.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/process.h"
#include "base/text.h"

namespace dwh {
namespace {

/// What one INSERT may grow to: few round trips, and far from any statement's limit (16 MB on
/// Redshift).
constexpr size_t kBytesPerInsert = size_t{256} << 10;

// The lengths of etl_runs' columns.
constexpr size_t kHostBytes = 256;
constexpr size_t kPhasesBytes = 4096;
constexpr size_t kErrorBytes = 1024;

/// What QuoteLiteral() takes, whatever a file's name or a server's words hold.
std::string CutUtf8(const std::string& text, size_t most) {
  return std::string(TruncateUtf8(text.substr(0, ValidUtf8Prefix(text)), most));
}

/// {"plan":0.12,"copy staging_events":3.5}, in seconds; as many phases as fit.
std::string PhasesJson(const std::vector<Phase>& phases, size_t most) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  std::string text = object.dump();
  for (const Phase& phase : SumOf(phases)) {
    object[phase.name] = std::chrono::duration<double>(phase.time).count();
    const std::string longer = object.dump();
    if (longer.size() > most) break;
    text = longer;
  }
  return text;
}

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
  const SourceBooks sum = SumOf(report.sources);
  const auto text = [&](const std::string& value) { return session_.QuoteLiteral(value); };
  session_.Exec(StrCat(
      "INSERT INTO ", schema_,
      ".etl_runs (run_id, started_at, finished_at, outcome, objects_listed, objects_loaded, "
      "objects_known, objects_failed, bytes, records, rows_loaded, rejects, mode, "
      "objects_vanished, host, phases, error) VALUES (",
      text(report.run_id), ", ", text(FormatSqlTimestamp(report.started)), ", ",
      text(FormatSqlTimestamp(report.finished)), ", ", text(outcome), ", ", sum.listed, ", ",
      sum.loaded, ", ", sum.known, ", ", sum.failed, ", ", sum.bytes, ", ", sum.counts.records,
      ", ", sum.counts.rows, ", ", sum.counts.rejects, ", ",
      text(std::string(LoadModeName(report.mode))), ", ", report.vanished, ", ",
      text(CutUtf8(HostName(), kHostBytes)), ", ", text(PhasesJson(report.phases, kPhasesBytes)),
      ", ", report.error.empty() ? "NULL" : text(CutUtf8(report.error, kErrorBytes)), ")"));
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
