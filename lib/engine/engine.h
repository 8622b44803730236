#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "engine/row_insert.h"
#include "ingest/copy_options.h"
#include "ingest/loader.h"
#include "ingest/object_list.h"
#include "pg/connection.h"
#include "pg/sql_script.h"

namespace dwh {

/// The column of a staging table that says which load a row came with; filled by Engine::Stage().
constexpr std::string_view kLoadIdColumn = "load_id";

/// What Engine::Stage() is to load, and how.
struct StageRequest {
  const SqlStatement& statement;
  const CopyOptions& copy;    ///< The statement, parsed.
  const ObjectList& objects;  ///< In the order of their keys.
  /// Adds to what is in the table, as a part of the main session's transaction. Else the table is
  /// emptied first, and may change before that transaction commits: nobody but a run of etl reads
  /// it.
  bool append = false;
  /// Load ids given from here on are not in use. (What is loaded all at once may get 0 instead.)
  int64_t first_load_id = 1;
};

/// A database that carries out Redshift SQL (design: "One SQL, two engines"). Not thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;

  /// Runs one statement of sql/, in the engine's own dialect, in the main session. Throws SqlError,
  /// or Error(kUsage) for what the engine cannot do; the message names file and line.
  virtual Result Execute(const SqlStatement& statement) = 0;

  /// Execute(statement) will follow. The engine may begin to read for it, in a session of its own,
  /// if the statement inserts rows and reads nothing but what Stage() has put there; the effect of
  /// Execute() stays the same. May be called again, with no harm, after another Stage().
  virtual void ReadAhead(const SqlStatement& statement) = 0;

  /// The main session: for BEGIN, COMMIT and the run's own books.
  virtual Connection& session() = 0;

  /// Names what follows, for those who look at the server's work: "copy staging_events".
  virtual void BeginStep(const std::string& /*step*/) {}

  /// The run's transaction is committed: what was put aside for it may go. What goes wrong is
  /// logged only, for the run has succeeded.
  virtual void AfterCommit() {}

  /// Might the work that failed so succeed in a new session? Only then is Reconnect() called.
  virtual bool IsTransient(const Error& /*error*/) const { return false; }
  /// Puts a new main session in the place of the old one; what was not committed is lost, and
  /// references to session() stay good. Throws as the engine's constructor does.
  virtual void Reconnect() {}

  /// Appends rows in the main session, as fast as the engine takes them. Throws as row_insert.h
  /// says.
  virtual void Insert(const RowBatch& batch) = 0;

  /// Tells the planner what is in a table that has just been filled, in the main session; `table`
  /// is written as in sql/. Where the engine does so by itself, nothing happens.
  virtual void RefreshStatistics(const std::string& table) = 0;

  /// The main session has begun a transaction with kBeginSnapshot, and `queries` queries that read
  /// whole tables and aggregate them are to follow. Returns further engines, for as many threads as
  /// help to answer them: their main sessions read the same state of the database, for as long as
  /// they live. None where the database cannot lend a snapshot.
  virtual std::vector<std::unique_ptr<Engine>> ShareSnapshot(size_t /*queries*/) { return {}; }

  /// Where the objects are, and local control files.
  virtual ObjectSource& source() = 0;

  /// The objects that `copy` would read now.
  virtual ObjectList List(const CopyOptions& copy) = 0;

  /// Loads request.objects, exactly these, into the table that request.copy names: in the place of
  /// all that is in it, or in addition. If the outcome says failed, the errors are in
  /// stl_load_errors, also after a rollback of the main session, whose transaction may be over by
  /// then; a Stage() after that may do no more than find out what else is wrong, which an outcome
  /// that is not loaded tells. Throws what fails a COPY outright, as dwh::Load does.
  virtual LoadOutcome Stage(const StageRequest& request, ProgressSink* progress) = 0;
};

}  // namespace dwh
