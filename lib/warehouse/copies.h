#pragma once

#include <vector>

#include "config/dwh_config.h"
#include "ingest/copy_options.h"
#include "pg/sql_script.h"

namespace dwh {

/// One COPY of sql/<model>/copy.
struct CopyStep {
  SqlStatement statement;
  CopyOptions copy;
};

/// All of them, in order. Throws Error(kUsage) if dwh.cfg does not name the sources, and for a
/// statement that is no COPY.
std::vector<CopyStep> ReadCopies(const DwhConfig& config, const SqlVariables& variables);

}  // namespace dwh
