#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/progress.h"
#include "ingest/column.h"
#include "ingest/copy_options.h"
#include "ingest/load_error.h"
#include "ingest/narrow_columns.h"
#include "ingest/object_list.h"
#include "pg/connection.h"

namespace dwh {

/// COPY ... FORMAT AS JSON into PostgreSQL with Redshift's meaning (facts, sections 1, 2 and 9).

/// The objects a COPY reads: those under its prefix, or those of its manifest. Throws Error
/// if there are none, a mandatory one is missing, or the manifest is not one.
ObjectList ListObjects(ObjectSource& source, const CopyOptions& options);

/// What became of one object: records = rows + rejects.
struct ObjectCounts {
  int64_t records = 0;
  int64_t rows = 0;
  int64_t rejects = 0;
  int64_t load_id = 0;  ///< What its rows bear in the column of that name, where there is one.

  /// Sums up all but the load id.
  void Add(const ObjectCounts& more) {
    records += more.records;
    rows += more.rows;
    rejects += more.rejects;
  }
};

/// A column that no record fills: each row of an object bears the object's number in it.
struct LoadIds {
  std::string column;  ///< BIGINT, and none of the columns that the COPY fills.
  int64_t first = 0;   ///< Of the first object; the next ones follow.
};

struct LoadOutcome {
  bool failed = false;  ///< MAXERROR was reached; nothing is loaded.
  bool loaded = true;   ///< False where the objects were only checked.
  ObjectCounts total;
  int64_t bytes = 0;
  std::vector<ObjectCounts> objects;  ///< In the order of the objects given.
  std::vector<LoadError> errors;      ///< The first kMaxListedErrors by object and line.
  std::vector<NarrowColumn> narrow;   ///< Of all errors, as far as they are known.
};

constexpr size_t kMaxListedErrors = 1000;

/// Loads `objects`. Reading, parsing and sending overlap: one thread reads, and one thread for each
/// session parses and sends; without sessions several only parse, and nothing is loaded.
/// `table_columns` are all columns of the table. Each session must be in a transaction; the rows
/// are in it afterwards, not committed. If the outcome says failed, or on any Error, nothing was
/// put into the table by the sessions once they roll back. After MAXERROR is reached the rest is
/// still read, to list what else is wrong. Throws Error:
/// - kRejected for what fails a COPY outright (facts, section 1.8),
/// - kUsage for options that contradict the table,
/// - kFailed for objects that vanish or change, and when the server confirms another number of rows
///   than were sent,
/// - kInterrupted.
LoadOutcome Load(const CopyOptions& options, const std::vector<Column>& table_columns,
                 ObjectSource& source, const ObjectList& objects,
                 std::span<Connection* const> sessions, ProgressSink* progress,
                 const std::optional<LoadIds>& load_ids = std::nullopt);

}  // namespace dwh
