#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/dwh_config.h"
#include "pg/sql_script.h"

namespace dwh {

/// The folder that holds sql/ and config/ as shipped: $DWH_HOME, or the installed one beside the
/// program (../share/sparkify_dwh), or the source tree above it. Throws Error(kFailed) if there is
/// none.
std::filesystem::path FindHome();

/// What sql/ calls :name, from the configuration. `run_time` is the start of the run.
SqlVariables MakeSqlVariables(const DwhConfig& config, WallTime run_time);

/// The statements of a step of the model, in the order of the file names: those of
/// sql/classic/<step>/*.sql, where for another model a file of the same name in sql/<model>/<step>
/// takes the place of one, and further ones join. Throws Error(kUsage) as SplitSqlScript does,
/// Error(kFailed) if there are no such files.
std::vector<SqlStatement> ReadSqlFiles(const DwhConfig& config, std::string_view step,
                                       const SqlVariables& variables);

}  // namespace dwh
