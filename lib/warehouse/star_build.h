#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/dwh_config.h"
#include "engine/engine.h"
#include "pg/sql_script.h"
#include "warehouse/phase_log.h"

namespace dwh {

/// The SQL of sql/<model> that makes the star from staging, run step by step in the engine's main
/// session, within the transaction of the run. Keeps account of the rows that the statements put
/// into tables and take out. All functions but the constructor throw what Engine::Execute throws.
class StarBuild {
 public:
  /// Reads all the SQL. Throws Error(kUsage) as ReadSqlFiles does.
  StarBuild(const DwhConfig& config, WallTime run_time, PhaseLog& phases);

  /// Rows of each table by its full name before the run; what the statements do is added.
  void SetRows(std::map<std::string, int64_t> rows) { rows_ = std::move(rows); }
  const std::map<std::string, int64_t>& rows() const { return rows_; }
  void SetRows(const std::string& table, int64_t rows) { rows_[table] = rows; }
  void AddRows(const std::string& table, int64_t rows) { rows_[table] += rows; }
  /// The star tables, in the order in which they are filled.
  std::vector<std::string> StarTables() const;

  /// insert/: the whole star anew. PrepareRebuild() may be called after each table is staged: the
  /// engine then reads ahead what it can.
  void PrepareRebuild(Engine& engine);
  void Rebuild(Engine& engine);

  /// begin/, remove/<table>.sql, add/<table>.sql and merge/: the star follows what changes in
  /// staging. Remove() takes the rows of those loads out; NoteAdded() comes after rows with load
  /// ids from `first_load_id` on were put in.
  void BeginChanges(Engine& engine);
  void Remove(Engine& engine, const std::string& table, const std::vector<int64_t>& load_ids);
  void NoteAdded(Engine& engine, const std::string& table, int64_t first_load_id);
  void Merge(Engine& engine);

  /// check/. Throws Error(kRejected) naming every check that found rows.
  void Check(Engine& engine);

 private:
  std::vector<SqlStatement> Read(std::string_view step) const;
  void RunTableStep(Engine& engine, std::string_view step, const std::string& table);
  void BeginFile(Engine& engine, std::string_view step, const SqlStatement& statement);
  Result RunStatement(Engine& engine, const SqlStatement& statement);
  bool IsStarTable(const std::string& table) const;

  const DwhConfig& config_;
  PhaseLog& phases_;
  SqlVariables variables_;
  std::vector<SqlStatement> inserts_;
  std::map<std::string, int64_t> rows_;
};

}  // namespace dwh
