#include "warehouse/ledger.h"

#include <chrono>
#include <nlohmann/json.hpp>

#include "base/process.h"
#include "base/text.h"

namespace dwh {
namespace {

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
                           const std::function<void(const LedgerEntry&)>& visit) {
  // The ledger may be long, and memory shall not follow it: no cursor, which on Redshift would put
  // all of it on the leader's disk first, but row by row as they come.
  session_.ForEachRow(
      StrCat("SELECT object_key, size_bytes, etag, rejects, load_id FROM ", schema_,
             ".etl_objects WHERE table_name = ", session_.QuoteLiteral(table),
             " ORDER BY object_key"),
      [&](const Result& row) {
        visit({{std::string(row.value(0, 0)), row.integer(0, 1), std::string(row.value(0, 2))},
               row.integer(0, 3),
               row.integer(0, 4)});
      });
}

bool Ledger::IsStaged(const std::string& table) {
  const std::string of_table = StrCat(
      " FROM ", schema_, ".etl_objects WHERE table_name = ", session_.QuoteLiteral(table), " AND ");
  const Result row = session_.Exec(
      StrCat("SELECT load_id FROM ", schema_, ".", session_.QuoteIdentifier(table), " LIMIT 1"));
  if (row.rows() == 0) {
    return session_.Exec(StrCat("SELECT 1", of_table, "rows_loaded > 0 LIMIT 1")).rows() == 0;
  }
  return session_.Exec(StrCat("SELECT 1", of_table, "load_id = ", row.integer(0, 0), " LIMIT 1"))
             .rows() > 0;
}

int64_t Ledger::NextLoadId() {
  return session_.Exec(StrCat("SELECT MAX(load_id) FROM ", schema_, ".etl_objects")).integer(0, 0) +
         1;
}

void Ledger::Clear(const std::string& table) {
  session_.Exec(StrCat("DELETE FROM ", schema_,
                       ".etl_objects WHERE table_name = ", session_.QuoteLiteral(table)));
}

void Ledger::Remove(const std::string& table, const std::vector<int64_t>& load_ids) {
  if (load_ids.empty()) return;
  session_.Exec(StrCat("DELETE FROM ", schema_, ".etl_objects WHERE table_name = ",
                       session_.QuoteLiteral(table), " AND load_id IN (", JoinIds(load_ids), ")"));
}

void Ledger::Add(const std::string& table, const std::string& run_id, const ObjectList& objects,
                 const std::vector<ObjectCounts>& counts) {
  engine_.Insert(
      {StrCat(schema_, ".etl_objects"),
       "table_name, object_key, size_bytes, etag, records, rows_loaded, rejects, "
       "load_id, run_id",
       objects.size(), [&](size_t i) -> std::vector<RowValue> {
         const ObjectInfo object = objects[i];
         return {
             table,          object.key,        object.size,       object.etag, counts[i].records,
             counts[i].rows, counts[i].rejects, counts[i].load_id, run_id};
       }});
}

std::map<std::string, int64_t> Ledger::TableRows() {
  std::map<std::string, int64_t> tables;
  const Result rows =
      session_.Exec(StrCat("SELECT table_name, rows_held FROM ", schema_, ".etl_tables"));
  for (int i = 0; i < rows.rows(); ++i) {
    tables.emplace(rows.value(i, 0), rows.integer(i, 1));
  }
  return tables;
}

void Ledger::SetTableRows(const std::map<std::string, int64_t>& rows) {
  session_.Exec(StrCat("DELETE FROM ", schema_, ".etl_tables"));
  auto next = rows.begin();
  engine_.Insert({StrCat(schema_, ".etl_tables"), "table_name, rows_held", rows.size(),
                  [&](size_t) -> std::vector<RowValue> {
                    const auto& [table, held] = *next++;
                    return {table, held};
                  }});
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

std::string JoinIds(const std::vector<int64_t>& ids) {
  std::string list;
  for (const int64_t id : ids) list += StrCat(list.empty() ? "" : ", ", id);
  return list;
}

}  // namespace dwh
