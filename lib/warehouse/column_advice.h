#pragma once

#include <string>
#include <vector>

#include "config/dwh_config.h"
#include "warehouse/books.h"

namespace dwh {

/// What would make room for the values that were too long or too large for their columns: a line
/// for each column, and one that says how to go on. Empty if there are none.
std::vector<std::string> AdviseOnColumns(EngineKind engine, const TableRejects& rejects);

}  // namespace dwh
