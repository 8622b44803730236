#pragma once

#include <cstdint>
#include <string>
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
  int64_t known = 0;   ///< Already loaded, unchanged.
  int64_t failed = 0;  ///< Of a load that was refused.
  int64_t bytes = 0;   ///< Of the objects loaded.
  ObjectCounts counts;
};

/// Throws Error(kFailed) that names the line of the books that does not add up.
void CheckBalance(const SourceBooks& books);

struct TableRows {
  std::string table;
  int64_t rows = 0;
};

/// What a run did.
struct EtlReport {
  std::string run_id;
  WallTime started;
  WallTime finished;
  bool published = false;  ///< False also where there was nothing new, or in a dry run.
  std::vector<SourceBooks> sources;
  int64_t vanished = 0;           ///< Objects of the ledger that the source no longer lists.
  std::string vanished_example;   ///< One of them.
  std::vector<TableRows> tables;  ///< Rows after the run, of each staging and star table.
};

}  // namespace dwh
