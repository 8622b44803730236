#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "config/dwh_config.h"
#include "engine/engine.h"
#include "pg/sql_script.h"
#include "warehouse/books.h"
#include "warehouse/ledger.h"

namespace dwh {

struct EtlOptions {
  bool full = false;     ///< Load everything again, also what is already loaded.
  bool dry_run = false;  ///< Only say what is new and what would run.
  bool lint = false;     ///< Only check the source (lint.h); then there is no EtlRun.
};

/// One run of etl: plan, lock, stage, build, check, publish, account (design, section 9). Where
/// anything is new the whole source is loaded again, into staging first and from there, in one
/// transaction, into the star. Readers see the last published state until that commits; whatever
/// ends a run before, the state stays, and the next run starts afresh. What the engine finds
/// transient starts all of it over, a few times, after a random pause that grows.
class EtlRun {
 public:
  /// Reads and checks the SQL. Throws Error(kUsage).
  EtlRun(const DwhConfig& config, const EtlOptions& options, Clock& clock, ProgressSink& progress);

  /// Throws Error: kRejected if a load was refused or a check found rows, and then nothing is
  /// published; what engine and source throw.
  void Execute(Engine& engine);

  /// What was done, also after an exception: as far as the run came.
  const EtlReport& report() const { return report_; }
  /// Also after an exception.
  const std::vector<TableRejects>& rejects() const { return rejects_; }

 private:
  struct Source {
    SqlStatement statement;
    CopyOptions copy;
    ObjectList objects;
    ObjectList fresh;  ///< Those of them that are new or changed.
    std::vector<ObjectCounts> counts;
    SourceBooks books;
  };

  void ExecuteWithRetries(Engine& engine, Ledger& ledger);
  bool WasPublishedAfterAll(Ledger& ledger);
  void StartOver();
  void PauseBeforeRetry(int tries, const Error& error);
  void ExecuteLocked(Engine& engine, Ledger& ledger);
  bool Plan(Engine& engine, Ledger& ledger);
  void CompareWithLedger(Source& source, Ledger& ledger);
  void Stage(Engine& engine, Source& source);
  void Build(Engine& engine);
  void Check(Engine& engine);
  void Publish(Ledger& ledger);
  void RecordFailure(Engine& engine, Ledger& ledger, const std::string& outcome);
  void CollectBooks();

  const DwhConfig& config_;
  EtlOptions options_;
  Clock& clock_;
  ProgressSink& progress_;
  std::vector<Source> sources_;
  std::vector<SqlStatement> inserts_;
  std::vector<SqlStatement> checks_;
  EtlReport report_;
  std::vector<TableRejects> rejects_;
  bool committing_ = false;  ///< COMMIT was sent, and its answer has not come.
};

}  // namespace dwh
