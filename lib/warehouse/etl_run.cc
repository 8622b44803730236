#include "warehouse/etl_run.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <optional>
#include <random>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/copies.h"
#include "warehouse/drift.h"
#include "warehouse/ledger_copy.h"
#include "warehouse/quarantine.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

/// Of the whole transaction; longer than a warehouse takes to restart it is not worth waiting.
constexpr int kMostTries = 6;
/// What the first pause is shorter than; each following one may be twice as long.
constexpr std::chrono::milliseconds kFirstPause{1000};

/// Throws `error` anew, with advice, if it says that a table or column is not there.
void AdviseOnTables(const Error& error) {
  const auto* const sql_error = dynamic_cast<const SqlError*>(&error);
  if (sql_error == nullptr) return;
  const std::string& sqlstate = sql_error->sqlstate();
  if (sqlstate == "42P01" || sqlstate == "3F000") {  // undefined table, schema
    throw Error(ErrorKind::kFailed, StrCat("the warehouse lacks a table: ", error.what()),
                "`create_tables --if-missing` makes what is not there.");
  }
  if (sqlstate == "42703") {  // undefined column
    throw Error(ErrorKind::kFailed, StrCat("a table lacks a column: ", error.what()),
                "`create_tables --force` makes the tables anew where an earlier release or another "
                "[DWH] MODEL made them; the next etl loads everything.");
  }
}

}  // namespace

EtlRun::EtlRun(const DwhConfig& config, const EtlOptions& options, Clock& clock,
               ProgressSink& progress)
    : config_(config),
      options_(options),
      clock_(clock),
      progress_(progress),
      phases_(clock),
      star_(config, clock.Now(), phases_) {
  report_.started = clock_.Now();
  report_.finished = report_.started;
  report_.run_id = MakeRunId(report_.started);
  const SqlVariables variables = MakeSqlVariables(config, report_.started);
  for (CopyStep& step : ReadCopies(config, variables)) {
    Source source;
    source.books.table = StrCat(step.copy.schema, ".", step.copy.table);
    source.books.source = step.copy.source;
    source.copy = std::move(step.copy);
    source.statement = std::move(step.statement);
    sources_.push_back(std::move(source));
  }
}

bool EtlRun::FinishWithoutWarehouse(ObjectSource& source) {
  if (options_.full || options_.retry_rejects) return false;
  LedgerCopy copy(config_);
  if (!copy.Read(report_.started)) return false;
  bool work = false;
  for (Source& one : sources_) {
    bool known = false;
    PlanSource(one, ListObjects(source, one.copy),
               [&](const auto& visit) { known = copy.ForEachObject(one.copy.table, visit); });
    work = work || !known || !one.plan.fresh.empty();
  }
  report_.finished = clock_.Now();
  CollectBooks();
  if (work && !options_.dry_run) {
    StartOver();
    return false;
  }
  TellFound();
  return true;
}

void EtlRun::Execute(Engine& engine) {
  Ledger ledger(engine, config_.stage_schema);
  try {
    ExecuteWithRetries(engine, ledger);
    CloseRun();
  } catch (const Error& error) {
    CloseRun();
    report_.error = error.what();
    RecordFailure(engine, ledger, error.kind() == ErrorKind::kRejected ? "rejected" : "failed");
    AdviseOnTables(error);
    throw;
  }
}

void EtlRun::ExecuteWithRetries(Engine& engine, Ledger& ledger) {
  for (int tries = 1;; ++tries) {
    try {
      if (tries > 1) engine.Reconnect();
      if (WasPublishedAfterAll(ledger)) return engine.AfterCommit();
      StartOver();
      return ExecuteLocked(engine, ledger);
    } catch (const Error& error) {
      if (Isolate(error)) {
        tries = 0;
        continue;
      }
      if (tries == kMostTries || !engine.IsTransient(error)) throw;
      PauseBeforeRetry(tries, error);
    }
  }
}

/// With QUARANTINE on: whether there are objects without which the load that failed so may succeed.
/// Each time there is one less to load.
bool EtlRun::Isolate(const Error& error) {
  if (!config_.etl.quarantine) return false;
  std::vector<Quarantined> found;
  const auto* const object = dynamic_cast<const ObjectError*>(&error);
  for (const Source& source : sources_) {
    if (!source.books.refused) continue;
    if (object != nullptr) {
      found.push_back({source.copy.table, object->key(), error.what()});
      break;
    }
    const auto rejects = std::find_if(rejects_.begin(), rejects_.end(), [&](const auto& of_table) {
      return of_table.table == source.copy.table;
    });
    if (rejects == rejects_.end()) continue;
    std::vector<Quarantined> chosen =
        ChooseQuarantined(source.copy.table, ObjectsToLoad(source), source.counts, rejects->errors,
                          config_.etl.max_errors);
    std::move(chosen.begin(), chosen.end(), std::back_inserter(found));
    quarantined_rejects_.push_back(*rejects);
  }
  for (const Quarantined& one : found) {
    LogWarning(StrCat("Leaving out ", one.key, ": ", one.reason, "."));
  }
  std::move(found.begin(), found.end(), std::back_inserter(report_.quarantined));
  return !found.empty();
}

/// The connection was lost with COMMIT under way: the books say whether it came through.
bool EtlRun::WasPublishedAfterAll(Ledger& ledger) {
  if (!committing_) return false;
  report_.published = ledger.IsPublished(report_.run_id);
  committing_ = false;
  if (report_.published) LogInfo("Published: the commit had come through.");
  return report_.published;
}

void EtlRun::StartOver() {
  for (Source& source : sources_) {
    source.objects = ObjectList();
    source.picked = ObjectList();
    source.plan = LoadPlan();
    source.counts.clear();
    SourceBooks books;
    books.table = source.books.table;
    books.source = source.books.source;
    source.books = std::move(books);
  }
  report_.vanished = 0;
  report_.tables.clear();
  rejects_.clear();
  phases_.Clear();
}

/// Full jitter: whoever stumbled over one another shall not meet again.
void EtlRun::PauseBeforeRetry(int tries, const Error& error) {
  std::uniform_int_distribution<int64_t> pick(0, kFirstPause.count() << (tries - 1));
  std::random_device random;
  const std::chrono::milliseconds pause(pick(random));
  LogWarning(StrCat(error.what(), "; starting over in ", FormatDuration(pause), ", try ", tries + 1,
                    " of ", kMostTries, "."));
  clock_.SleepFor(pause);
  ThrowIfInterrupted();
}

void EtlRun::ExecuteLocked(Engine& engine, Ledger& ledger) {
  phases_.Begin(engine, "plan");
  Transaction transaction(engine.session());
  ledger.Lock();
  const bool work = Plan(engine, ledger);
  if (options_.dry_run) return;
  if (!work && !report_.quarantined.empty()) {
    throw Error(ErrorKind::kRejected,
                StrCat("nothing is new but ", report_.quarantined.size(),
                       " objects that cannot be loaded, such as ", report_.quarantined.front().key),
                "mend or remove them; the next run tries them again.");
  }
  if (!work) return KeepLedgerCopy();
  report_.mode = ChooseMode();
  if (report_.mode == LoadMode::kIncremental && !IsStaged(ledger)) {
    // Anew, for a transaction that has looked at staging keeps others from emptying it.
    staging_lost_ = true;
    transaction.Rollback();
    StartOver();
    return ExecuteLocked(engine, ledger);
  }
  DriftWatch drift(engine, config_.stage_schema);
  for (Source& source : sources_) {
    drift.Examine(source.copy, FreshObjects(source));
  }
  star_.SetRows(ledger.TableRows());
  // Also for a load of everything: what is left of one that failed is known by its load ids.
  const int64_t next_load_id = ledger.NextLoadId();
  if (report_.mode == LoadMode::kFull) {
    LoadEverything(engine, next_load_id);
  } else {
    LoadChanges(engine, next_load_id);
  }
  star_.Check(engine);
  phases_.Begin(engine, "publish");
  drift.Save(report_.run_id);
  Publish(ledger);
  ThrowIfInterrupted();
  committing_ = true;
  transaction.Commit();
  committing_ = false;
  report_.published = true;
  LogInfo("Published.");
  phases_.End();
  engine.AfterCommit();
  KeepLedgerCopy();
}

/// True if there is work.
bool EtlRun::Plan(Engine& engine, Ledger& ledger) {
  bool work = options_.full;
  for (Source& source : sources_) {
    PlanSource(source, engine.List(source.copy),
               [&](const auto& visit) { ledger.ForEachObject(source.copy.table, visit); });
    work = work || !source.plan.fresh.empty();
  }
  TellFound();
  return work;
}

void EtlRun::TellFound() const {
  for (const Source& source : sources_) {
    const auto fresh = static_cast<int64_t>(source.plan.fresh.size());
    LogInfo(StrCat("Found ", FormatCount(source.books.listed), " objects in ", source.books.source,
                   ", ", FormatCount(fresh), " of them new or changed."));
  }
}

void EtlRun::PlanSource(Source& source, ObjectList listed, const VisitLedger& ledger) {
  SourceBooks& books = source.books;
  books.listed = static_cast<int64_t>(listed.size());
  source.objects = std::move(listed);
  if (!report_.quarantined.empty()) {
    source.objects = WithoutQuarantined(source.objects, source.copy.table, report_.quarantined);
  }
  source.objects.SortByKey();  // a manifest has an order of its own
  books.failed = books.listed - static_cast<int64_t>(source.objects.size());
  source.plan = MakeLoadPlan(source.objects, ledger, options_.retry_rejects);
  if (source.plan.fresh.size() < source.objects.size()) {
    source.picked = source.objects.Pick(source.plan.fresh);
  }
  books.known = source.plan.known;
  // What was loaded once and cannot be loaded as it is now keeps its rows, and is not gone.
  const ObjectList vanished =
      WithoutQuarantined(source.plan.vanished, source.copy.table, report_.quarantined);
  if (vanished.empty()) return;
  report_.vanished += static_cast<int64_t>(vanished.size());
  report_.vanished_example = vanished.key(0);
}

/// From the beginning where that is less work than to tell what has changed.
LoadMode EtlRun::ChooseMode() const {
  if (options_.full || staging_lost_) return LoadMode::kFull;
  int64_t fresh_bytes = 0;
  int64_t known_bytes = 0;
  for (const Source& source : sources_) {
    fresh_bytes += source.plan.fresh_bytes;
    known_bytes += source.plan.known_bytes;
  }
  if (fresh_bytes >= known_bytes && report_.vanished == 0) return LoadMode::kFull;
  for (const Source& source : sources_) {
    if (source.plan.inseparable.empty()) continue;
    throw Error(ErrorKind::kFailed,
                StrCat(source.plan.inseparable,
                       " is gone from the source, and its rows came in one load with those of an "
                       "object that has changed"),
                "put it back, or run `etl --full`, which publishes what the source holds now.");
  }
  return LoadMode::kIncremental;
}

/// True if staging holds what the ledger says. What vanished keeps its rows, and a load of
/// everything would lose them: then it throws.
bool EtlRun::IsStaged(Ledger& ledger) const {
  const auto lost = std::find_if(sources_.begin(), sources_.end(), [&](const Source& source) {
    return !ledger.IsStaged(source.copy.table);
  });
  if (lost == sources_.end()) return true;
  const std::string what =
      StrCat("table ", lost->books.table,
             " does not hold what was loaded into it, as after a crash of the server");
  if (report_.vanished == 0) {
    LogInfo(StrCat("Loading everything: ", what, "."));
    return false;
  }
  throw Error(ErrorKind::kFailed,
              StrCat(what, ", and ", FormatCount(report_.vanished), " objects such as ",
                     report_.vanished_example, " are gone from the source"),
              "put them back and run etl, or run `etl --full`, which publishes what the source "
              "holds now.");
}

void EtlRun::LoadEverything(Engine& engine, int64_t next_load_id) {
  for (Source& source : sources_) {
    Stage(engine, source, next_load_id);
    next_load_id += static_cast<int64_t>(source.objects.size());
    star_.PrepareRebuild(engine);
  }
  CollectBooks();
  ThrowIfRefused(report_.sources, config_.etl.max_errors);
  for (const Source& source : sources_) {
    star_.SetRows(source.books.table, source.books.counts.rows);
  }
  star_.Rebuild(engine);
}

void EtlRun::LoadChanges(Engine& engine, int64_t next_load_id) {
  star_.BeginChanges(engine);
  for (Source& source : sources_) {
    if (source.plan.fresh.empty()) continue;
    if (engine.session().in_transaction()) {
      star_.Remove(engine, source.copy.table, source.plan.removed);
    }
    Stage(engine, source, next_load_id);
    if (source.books.refused || !engine.session().in_transaction()) continue;
    star_.AddRows(source.books.table, source.books.counts.rows);
    star_.NoteAdded(engine, source.copy.table, next_load_id);
    next_load_id += static_cast<int64_t>(source.plan.fresh.size());
  }
  CollectBooks();
  ThrowIfRefused(report_.sources, config_.etl.max_errors);
  star_.Merge(engine);
}

const ObjectList& EtlRun::FreshObjects(const Source& source) {
  return source.plan.fresh.size() < source.objects.size() ? source.picked : source.objects;
}

const ObjectList& EtlRun::ObjectsToLoad(const Source& source) const {
  return report_.mode == LoadMode::kFull ? source.objects : FreshObjects(source);
}

void EtlRun::Stage(Engine& engine, Source& source, int64_t first_load_id) {
  SourceBooks& books = source.books;
  const ObjectList& objects = ObjectsToLoad(source);
  const bool append = report_.mode == LoadMode::kIncremental;
  const auto count = static_cast<int64_t>(objects.size());
  books.known = books.listed - books.failed - count;
  LogInfo(StrCat("Beginning copy from '", books.source, "' into table ", books.table, "."));
  phases_.Begin(engine, StrCat("copy ", source.copy.table));
  progress_.Begin(StrCat("copy ", source.copy.table));
  LoadOutcome outcome;
  try {
    outcome =
        engine.Stage({source.statement, source.copy, objects, append, first_load_id}, &progress_);
  } catch (...) {
    progress_.End();
    books.failed += count;
    books.refused = true;
    throw;
  }
  progress_.End();
  (outcome.failed ? books.failed : books.loaded) += count;
  books.refused = outcome.failed;
  books.bytes = outcome.bytes;
  books.counts = outcome.total;
  source.counts = std::move(outcome.objects);
  rejects_.push_back({source.copy.schema, source.copy.table, std::move(outcome.errors),
                      std::move(outcome.narrow)});
  if (outcome.failed) return;
  if (!outcome.loaded) {
    LogInfo(StrCat("Checked '", books.source, "' for table ", books.table, ": ",
                   FormatCount(books.counts.rejects), " records would be rejected."));
    return;
  }
  CheckBalance(books);
  LogInfo(StrCat("Completed copy from '", books.source, "' into table ", books.table, ": ",
                 FormatCount(books.counts.rows), " rows."));
}

void EtlRun::Publish(Ledger& ledger) {
  LogInfo("Publishing.");
  CollectBooks();
  report_.finished = clock_.Now();
  for (const Source& source : sources_) {
    if (report_.mode == LoadMode::kFull) {
      ledger.Clear(source.copy.table);
    } else {
      ledger.Remove(source.copy.table, source.plan.removed);
    }
    ledger.Add(source.copy.table, report_.run_id, ObjectsToLoad(source), source.counts);
    report_.tables.push_back({source.books.table, star_.rows().at(source.books.table)});
  }
  for (const std::string& table : star_.StarTables()) {
    report_.tables.push_back({table, star_.rows().at(table)});
  }
  ledger.SetTableRows(star_.rows());
  ledger.AddRun(report_, "published");
}

/// After a run that has left nothing to do, or what it could not do.
void EtlRun::KeepLedgerCopy() {
  std::vector<LedgerCopy::Table> tables;
  const bool rebuilt = report_.published && report_.mode == LoadMode::kFull;
  const ObjectList none;
  for (const Source& source : sources_) {
    tables.push_back({source.copy.table, source.objects, rebuilt ? none : source.plan.vanished});
  }
  LedgerCopy(config_).Write(tables, clock_.Now());
}

/// Best effort: the error that brought us here is the one to tell.
void EtlRun::RecordFailure(Engine& engine, Ledger& ledger, const std::string& outcome) {
  TimeLimit::GiveGrace();
  report_.finished = clock_.Now();
  report_.tables.clear();
  try {
    Transaction transaction(engine.session());
    ledger.AddRun(report_, outcome);
    transaction.Commit();
  } catch (const Error& error) {
    LogDebug(StrCat("cannot record the run: ", error.what()));
  }
}

void EtlRun::CloseRun() {
  CollectBooks();
  std::move(quarantined_rejects_.begin(), quarantined_rejects_.end(), std::back_inserter(rejects_));
  quarantined_rejects_.clear();
}

void EtlRun::CollectBooks() {
  phases_.End();
  report_.phases = phases_.phases();
  report_.sources.clear();
  for (const Source& source : sources_) report_.sources.push_back(source.books);
}

}  // namespace dwh
