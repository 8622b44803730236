#pragma once

#include <map>
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
#include "warehouse/load_plan.h"
#include "warehouse/phase_log.h"
#include "warehouse/star_build.h"

namespace dwh {

struct EtlOptions {
  /// Load everything the source holds again, also what is loaded; the rows of objects that the
  /// source no longer holds go.
  bool full = false;
  bool dry_run = false;        ///< Only say what is new and what would run.
  bool retry_rejects = false;  ///< Load objects with rejected records again.
};

/// One run of etl: plan, lock, stage, build, check, publish, account (design, section 9). What is
/// new or changed in the source is brought into staging and from there into the star, in one
/// transaction; where staging is empty or most is new, everything is loaded and built from the
/// beginning, which is faster then. Readers see the last published state until the transaction
/// commits; whatever ends a run before, the state stays, and the next run starts afresh. What the
/// engine finds transient starts all of it over, a few times, after a random pause that grows.
class EtlRun {
 public:
  /// Reads and checks the SQL. Throws Error(kUsage).
  EtlRun(const DwhConfig& config, const EtlOptions& options, Clock& clock, ProgressSink& progress);

  /// Plans from the listing and the local copy of the ledger. True if that is all there is to do:
  /// nothing is new, or it is a dry run; the books are in report(). False if the warehouse must be
  /// asked. Throws what listing throws.
  bool FinishWithoutWarehouse(ObjectSource& source);

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
    ObjectList objects;  ///< As listed.
    LoadPlan plan;
    ObjectList picked;                 ///< What is fresh, unless all is.
    std::vector<ObjectCounts> counts;  ///< Of the objects that were loaded.
    SourceBooks books;
  };

  void ExecuteWithRetries(Engine& engine, Ledger& ledger);
  bool WasPublishedAfterAll(Ledger& ledger);
  bool Isolate(const Error& error);
  void StartOver();
  void PauseBeforeRetry(int tries, const Error& error);
  void ExecuteLocked(Engine& engine, Ledger& ledger);
  bool Plan(Engine& engine, Ledger& ledger);
  void PlanSource(Source& source, ObjectList listed, const VisitLedger& ledger);
  void TellFound() const;
  LoadMode ChooseMode() const;
  bool IsStaged(Ledger& ledger) const;
  void LoadEverything(Engine& engine, int64_t next_load_id);
  void LoadChanges(Engine& engine, int64_t next_load_id);
  void Stage(Engine& engine, Source& source, int64_t first_load_id);
  static const ObjectList& FreshObjects(const Source& source);
  const ObjectList& ObjectsToLoad(const Source& source) const;
  void Publish(Ledger& ledger);
  void KeepLedgerCopy();
  void RecordFailure(Engine& engine, Ledger& ledger, const std::string& outcome);
  void CloseRun();
  void CollectBooks();

  const DwhConfig& config_;
  EtlOptions options_;
  Clock& clock_;
  ProgressSink& progress_;
  EtlReport report_;
  PhaseLog phases_;
  StarBuild star_;
  std::vector<Source> sources_;
  std::vector<TableRejects> rejects_;
  std::vector<TableRejects> quarantined_rejects_;  ///< Of objects that were left out since.
  bool staging_lost_ = false;
  bool committing_ = false;  ///< COMMIT was sent, and its answer has not come.
};

}  // namespace dwh
