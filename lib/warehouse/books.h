#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "ingest/loader.h"

namespace dwh {

/// The books of one source and its staging table (design, section 9.3): objects listed = loaded +
/// known + failed, records = rows + rejects.
struct SourceBooks {
  std::string table;   ///< "stage.staging_events"
  std::string source;  ///< As dwh.cfg names it.
  int64_t listed = 0;
  int64_t loaded = 0;
  int64_t known = 0;     ///< Already loaded, unchanged.
  int64_t failed = 0;    ///< In quarantine, or of a load that was refused.
  int64_t bytes = 0;     ///< Of the objects loaded.
  bool refused = false;  ///< The load of this source.
  ObjectCounts counts;
};

/// Throws Error(kFailed) that names the line of the books that does not add up.
void CheckBalance(const SourceBooks& books);

/// Throws Error(kRejected) that names every table whose load was refused. Only after all sources
/// were read: whoever mends the files wants to know of all that is wrong.
void ThrowIfRefused(const std::vector<SourceBooks>& sources, int64_t max_errors);

/// The rejected records of one staging table.
struct TableRejects {
  std::string schema;
  std::string table;
  std::vector<LoadError> errors;
  std::vector<NarrowColumn> narrow;
};

struct TableRows {
  std::string table;
  int64_t rows = 0;
};

/// How a run brought staging and star up to date.
enum class LoadMode {
  kFull,         ///< Everything the source holds, from the beginning.
  kIncremental,  ///< New and changed objects, and what depends on them.
};

/// One stretch of a run: "plan", "copy staging_events", "insert users", "check", "publish".
struct Phase {
  std::string name;
  std::chrono::milliseconds time{0};
};

/// An object that could not be loaded and was left out, so that the others could be published
/// ([ETL] QUARANTINE). It is new to the next run too.
struct Quarantined {
  std::string table;
  std::string key;
  std::string reason;
};

/// What a run did.
struct EtlReport {
  std::string run_id;
  WallTime started;
  WallTime finished;
  LoadMode mode = LoadMode::kFull;
  std::vector<Phase> phases;  ///< In the order of their beginning.
  std::vector<Quarantined> quarantined;
  bool published = false;  ///< False also where there was nothing new, or in a dry run.
  std::vector<SourceBooks> sources;
  int64_t vanished = 0;           ///< Objects of the ledger that the source no longer lists.
  std::string vanished_example;   ///< One of them.
  std::vector<TableRows> tables;  ///< Rows after the run, of each staging and star table.
  std::string error;              ///< Why it failed; "" if it did not.
};

/// "20181112023719-4711": the second and the process, as two machines may begin a run in one
/// second.
std::string MakeRunId(WallTime started);

/// All sources as one; without names.
SourceBooks SumOf(const std::vector<SourceBooks>& sources);

/// The time of each phase, in the order of the first of its name: a run that starts over goes
/// through them again.
std::vector<Phase> SumOf(const std::vector<Phase>& phases);

std::string_view LoadModeName(LoadMode mode);  ///< "full", "incremental".

}  // namespace dwh
