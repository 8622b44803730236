#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/dwh_config.h"
#include "warehouse/books.h"

namespace dwh {

/// Throws Error(kUsage) if nothing could be written into RESULTS_DIR: better before the work than
/// after it.
void RequireResultsFolder(const std::filesystem::path& folder);

/// Writes `load_errors_<table>.json`: {"<column>": [{"err_reason", "err_code", "filename",
/// "line_number", "raw_field_value", ...}]}; records that are no valid JSON stand under "". A table
/// without rejects gets a file only to replace an older one, which would be taken for this run's.
/// Returns the path if there was something to tell, else "". Throws Error(kFailed).
std::filesystem::path WriteLoadErrors(const std::filesystem::path& folder,
                                      const TableRejects& rejects);

/// WriteLoadErrors() of each table that has any, and warnings that name the file, the first of the
/// records and what would make room for them. Returns the files.
std::vector<std::filesystem::path> SaveLoadErrors(const DwhConfig& config,
                                                  const std::vector<TableRejects>& rejects);

/// "file.json line 3, column year: Invalid digit, Value 'x', Pos 0, Type: Integer (1207), value
/// 'x'".
std::string DescribeLoadError(const LoadError& error);

}  // namespace dwh
