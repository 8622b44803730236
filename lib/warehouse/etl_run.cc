#include "warehouse/etl_run.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <random>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/sql_reader.h"
#include "warehouse/copies.h"
#include "warehouse/drift.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

/// Of the whole transaction; longer than a warehouse takes to restart it is not worth waiting.
constexpr int kMostTries = 6;
/// What the first pause is shorter than; each following one may be twice as long.
constexpr std::chrono::milliseconds kFirstPause{1000};

/// Names what failed without the path: sql/classic/check/users_unique.sql is "users_unique".
std::string FileStem(const SqlStatement& statement) {
  return std::filesystem::path(statement.file).stem().string();
}

/// "star.users" of INSERT INTO "star".users ...; nullopt for other statements.
std::optional<std::string> InsertTarget(const SqlStatement& statement) {
  const SqlReader reader(statement.text, statement.file, statement.line);
  if (!reader.Reads(0, {"INSERT", "INTO"}) || !reader.Is(3, ".")) return std::nullopt;
  return StrCat(reader.Name(2), ".", reader.Name(4));
}

/// The first rows of a check's result, for people: "user_id=7, copies=2; user_id=9, copies=2".
std::string DescribeRows(const Result& rows) {
  constexpr int kShown = 3;
  std::string text;
  for (int row = 0; row < std::min(rows.rows(), kShown); ++row) {
    if (row > 0) text += "; ";
    for (int column = 0; column < rows.columns(); ++column) {
      text += StrCat(column == 0 ? "" : ", ", rows.name(column), "=",
                     rows.is_null(row, column) ? "NULL" : rows.value(row, column));
    }
  }
  return text;
}

bool SameObject(const ObjectInfo& a, const ObjectInfo& b) {
  return a.size == b.size && a.etag == b.etag;
}

/// Throws `error` anew, with advice, if it says that a table is not there.
void AdviseOnMissingTable(const Error& error) {
  const auto* const sql_error = dynamic_cast<const SqlError*>(&error);
  if (sql_error == nullptr) return;
  const std::string& sqlstate = sql_error->sqlstate();
  if (sqlstate != "42P01" && sqlstate != "3F000") return;  // undefined table, schema
  throw Error(ErrorKind::kFailed, StrCat("the warehouse lacks a table: ", error.what()),
              "`create_tables --if-missing` makes what is not there.");
}

}  // namespace

EtlRun::EtlRun(const DwhConfig& config, const EtlOptions& options, Clock& clock,
               ProgressSink& progress)
    : config_(config), options_(options), clock_(clock), progress_(progress) {
  report_.started = clock_.Now();
  report_.finished = report_.started;
  // The process makes it unique: two machines may begin a run in one second.
  report_.run_id = StrCat(FormatCompact(report_.started), "-", getpid());
  const SqlVariables variables = MakeSqlVariables(config, report_.started);
  for (CopyStep& step : ReadCopies(config, variables)) {
    Source source;
    source.books.table = StrCat(step.copy.schema, ".", step.copy.table);
    source.books.source = step.copy.source;
    source.copy = std::move(step.copy);
    source.statement = std::move(step.statement);
    sources_.push_back(std::move(source));
  }
  inserts_ = ReadSqlFiles(config, "insert", variables);
  checks_ = ReadSqlFiles(config, "check", variables);
}

void EtlRun::Execute(Engine& engine) {
  Ledger ledger(engine.session(), config_.stage_schema);
  try {
    ExecuteWithRetries(engine, ledger);
    CollectBooks();
  } catch (const Error& error) {
    CollectBooks();
    RecordFailure(engine, ledger, error.kind() == ErrorKind::kRejected ? "rejected" : "failed");
    AdviseOnMissingTable(error);
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
      if (tries == kMostTries || !engine.IsTransient(error)) throw;
      PauseBeforeRetry(tries, error);
    }
  }
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
    source.fresh = ObjectList();
    source.counts.clear();
    SourceBooks books;
    books.table = source.books.table;
    books.source = source.books.source;
    source.books = std::move(books);
  }
  report_.vanished = 0;
  report_.tables.clear();
  rejects_.clear();
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
  engine.BeginStep("plan");
  Transaction transaction(engine.session());
  ledger.Lock();
  if (!Plan(engine, ledger) || options_.dry_run) return;
  DriftWatch drift(engine, config_.stage_schema);
  for (const Source& source : sources_) drift.Examine(source.copy, source.fresh);
  for (Source& source : sources_) {
    Stage(engine, source);
    for (const SqlStatement& statement : inserts_) engine.ReadAhead(statement);
  }
  CollectBooks();
  ThrowIfRefused(report_.sources, config_.etl.max_errors);
  Build(engine);
  Check(engine);
  engine.BeginStep("publish");
  drift.Save(report_.run_id);
  Publish(ledger);
  ThrowIfInterrupted();
  committing_ = true;
  transaction.Commit();
  committing_ = false;
  report_.published = true;
  LogInfo("Published.");
  engine.AfterCommit();
}

/// True if there is work.
bool EtlRun::Plan(Engine& engine, Ledger& ledger) {
  bool work = options_.full;
  for (Source& source : sources_) {
    source.objects = engine.List(source.copy);
    source.objects.SortByKey();  // a manifest has an order of its own
    source.books.listed = static_cast<int64_t>(source.objects.size());
    CompareWithLedger(source, ledger);
    const int64_t fresh = source.books.listed - source.books.known;
    LogInfo(StrCat("Found ", FormatCount(source.books.listed), " objects in ", source.books.source,
                   ", ", FormatCount(fresh), " of them new or changed."));
    work = work || fresh > 0;
  }
  return work;
}

/// Both are in the order of their keys, so one walk over both tells what is known and what is gone.
void EtlRun::CompareWithLedger(Source& source, Ledger& ledger) {
  const ObjectList& objects = source.objects;
  size_t at = 0;
  ledger.ForEachObject(source.copy.table, [&](const ObjectInfo& known) {
    while (at < objects.size() && objects.key(at) < known.key) source.fresh.Add(objects[at++]);
    if (at == objects.size() || objects.key(at) != known.key) {
      if (report_.vanished++ == 0) report_.vanished_example = known.key;
    } else if (SameObject(objects[at], known)) {
      ++source.books.known;
      ++at;
    }
  });
  while (at < objects.size()) source.fresh.Add(objects[at++]);
}

void EtlRun::Stage(Engine& engine, Source& source) {
  SourceBooks& books = source.books;
  LogInfo(StrCat("Beginning copy from '", books.source, "' into table ", books.table, "."));
  engine.BeginStep(StrCat("copy ", source.copy.table));
  progress_.Begin(StrCat("copy ", source.copy.table));
  LoadOutcome outcome;
  try {
    outcome = engine.Stage(source.statement, source.copy, source.objects, &progress_);
  } catch (...) {
    progress_.End();
    books.known = 0;
    books.failed = books.listed;
    throw;
  }
  progress_.End();
  books.known = 0;  // Everything was read again.
  (outcome.failed ? books.failed : books.loaded) = books.listed;
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
  report_.tables.push_back({books.table, books.counts.rows});
  LogInfo(StrCat("Completed copy from '", books.source, "' into table ", books.table, ": ",
                 FormatCount(books.counts.rows), " rows."));
}

void EtlRun::Build(Engine& engine) {
  for (const SqlStatement& statement : inserts_) {
    const std::optional<std::string> target = InsertTarget(statement);
    if (target) LogInfo(StrCat("Inserting data into table ", *target, "."));
    engine.BeginStep(StrCat("insert ", FileStem(statement)));
    const Result result = engine.Execute(statement);
    if (!target) continue;
    report_.tables.push_back({*target, result.affected()});
    engine.RefreshStatistics(*target);  // or the checks would be planned as if the table were empty
  }
}

void EtlRun::Check(Engine& engine) {
  LogInfo(StrCat("Checking the new state (", checks_.size(), " checks)."));
  engine.BeginStep("check");
  std::vector<std::string> failures;
  for (const SqlStatement& statement : checks_) {
    const Result rows = engine.Execute(statement);
    if (rows.rows() == 0) continue;
    failures.push_back(StrCat(FileStem(statement), " (", DescribeRows(rows), ")"));
  }
  if (failures.empty()) return;
  throw Error(ErrorKind::kRejected,
              StrCat("check failed, nothing published: ", Join(failures, "; ")),
              "the files in sql/<model>/check say what each check means.");
}

void EtlRun::Publish(Ledger& ledger) {
  LogInfo("Publishing.");
  CollectBooks();
  report_.finished = clock_.Now();
  for (const Source& source : sources_) {
    ledger.Replace(source.copy.table, report_.run_id, source.objects, source.counts);
  }
  ledger.AddRun(report_, "published");
}

/// Best effort: the error that brought us here is the one to tell.
void EtlRun::RecordFailure(Engine& engine, Ledger& ledger, const std::string& outcome) {
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

void EtlRun::CollectBooks() {
  report_.sources.clear();
  for (const Source& source : sources_) report_.sources.push_back(source.books);
}

}  // namespace dwh
