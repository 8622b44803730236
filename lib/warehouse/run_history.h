#pragma once

#include <string>

#include "base/data_table.h"
#include "pg/connection.h"

namespace dwh {

/// The last `limit` runs in the ledger, newest first: the columns of stage.etl_runs in the words of
/// its people. The last three (host, phases, error) are too long for a terminal. Throws SqlError;
/// Error(kFailed) with advice if there are no tables, or those of another version.
DataTable ReadHistory(Connection& session, const std::string& stage_schema, int limit);

/// [{"run_id": ..., "phases": {"plan": 0.12, ...}, "error": null}, ...]: every column, numbers as
/// numbers.
std::string HistoryJson(const DataTable& history);

}  // namespace dwh
