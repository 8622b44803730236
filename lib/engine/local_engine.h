#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/insert_reader.h"

namespace dwh {

/// PostgreSQL 15 as if it were Redshift: statements go through ToPostgres(), COPY is done by our
/// own loader, and stl_load_errors is a table in schema public. Throws Error(kUnavailable) if the
/// server cannot be reached.
class LocalEngine : public Engine {
 public:
  LocalEngine(ConnectParams params, std::unique_ptr<ObjectSource> source);

  Result Execute(const SqlStatement& statement) override;
  void ReadAhead(const SqlStatement& statement) override;
  void Insert(const RowBatch& batch) override { InsertByCopy(session_, batch); }
  void RefreshStatistics(const std::string& table) override;
  /// A few: PostgreSQL answers several questions one a core in less time than one after the other
  /// on all cores, but the longest one alone is quicker on several.
  std::vector<std::unique_ptr<Engine>> ShareSnapshot(size_t queries) override;
  Connection& session() override { return session_; }
  ObjectSource& source() override { return *source_; }
  ObjectList List(const CopyOptions& copy) override;
  /// Every object gets a load id of its own.
  LoadOutcome Stage(const StageRequest& request, ProgressSink* progress) override;

  /// A COPY as Redshift does it: appends, in the main session, within its transaction if one is
  /// open.
  LoadOutcome Copy(const CopyOptions& copy, ProgressSink* progress);

 private:
  Result Run(const SqlStatement& statement);
  LoadOutcome Refill(const StageRequest& request, ProgressSink* progress);
  LoadOutcome Append(const StageRequest& request, ProgressSink* progress);
  LoadOutcome Check(const StageRequest& request, ProgressSink* progress);
  bool KeepsStagedTables(const SqlStatement& statement) const;
  void StartReaders();
  void ForgetReaders();
  void PrepareForReports(size_t sessions);
  bool EmptiesEmptyTable(const SqlStatement& statement);
  std::string FillsEmptiedTable(const SqlStatement& statement);
  void RecordErrors(const CopyOptions& copy, const std::vector<LoadError>& errors);

  ConnectParams params_;
  std::unique_ptr<ObjectSource> source_;
  Connection session_;
  std::unique_ptr<Connection> planner_;        ///< For questions about readers, or none.
  std::map<std::string, std::string> staged_;  ///< The oids of staged tables by "schema.table".
  std::set<std::string> emptied_;  ///< SQL names of tables truncated and not yet filled.
  std::map<std::string, InsertSelect> to_read_;                   ///< By the statement's place.
  std::map<std::string, std::unique_ptr<InsertReader>> readers_;  ///< Likewise.
};

/// Redshift's words for a load that reached MAXERROR. Throws Error(kRejected) if it did.
void ThrowIfFailed(const CopyOptions& copy, const LoadOutcome& outcome);

}  // namespace dwh
