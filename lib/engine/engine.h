#pragma once

#include <string>
#include <vector>

#include "base/progress.h"
#include "ingest/copy_options.h"
#include "ingest/loader.h"
#include "ingest/object_list.h"
#include "pg/connection.h"
#include "pg/sql_script.h"

namespace dwh {

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

  /// The main session: for BEGIN, COMMIT and values through parameters.
  virtual Connection& session() = 0;

  /// Tells the planner what is in a table that has just been filled, in the main session; `table`
  /// is written as in sql/. Where the engine does so by itself, nothing happens.
  virtual void RefreshStatistics(const std::string& table) = 0;

  /// What the main session runs from here on reads whole tables and aggregates them: the engine may
  /// plan for that. Nothing else changes.
  virtual void PrepareForReports() {}

  /// The objects that `copy` would read now.
  virtual ObjectList List(const CopyOptions& copy) = 0;

  /// Empties the table that `copy` names and loads `objects` into it. A staging table may change
  /// before the main session's transaction commits: nobody but a run of etl reads it. If the
  /// outcome says failed the table is empty, and the errors are in stl_load_errors, also after a
  /// rollback of the main session. Throws as dwh::Load does.
  virtual LoadOutcome Stage(const CopyOptions& copy, const ObjectList& objects,
                            ProgressSink* progress) = 0;
};

}  // namespace dwh
