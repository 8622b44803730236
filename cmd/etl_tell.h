#pragma once

#include <vector>

#include "base/data_table.h"
#include "config/dwh_config.h"
#include "warehouse/books.h"

namespace dwh {

/// Prints the runs of ReadHistory(): all of it as JSON, or what a terminal has room for.
void TellHistory(const DataTable& history, bool json);

/// Prints what became of the objects and records of each source.
void TellBooks(const std::vector<SourceBooks>& sources);

/// Prints what a dry run has found.
void TellPlan(const EtlReport& report);

/// Warns of objects that are gone from the source, if there are any.
void TellVanished(const EtlReport& report);

/// Writes rows and books into `etl_YYYYMMDDHHMMSS.results` and, if `print`, on standard output.
void TellDone(const DwhConfig& config, const EtlReport& report, bool print);

}  // namespace dwh
