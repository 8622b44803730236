#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/data_table.h"
#include "warehouse/report_run.h"

namespace dwh {

/// RFC 4180: a line of names, then the rows, each ending in CR LF. Cells with a comma, a quote or a
/// line break are quoted; NULL is an empty cell.
std::string ToCsv(const DataTable& table);

/// {"top_songs": [{"title": "You're The One", "plays": 37}, ...], ...}: the rows of each answer
/// under its question's name. Numbers are numbers, NULL is null, bytes that are not UTF-8 become
/// U+FFFD.
std::string ToJson(const std::vector<Answer>& answers);

/// A number for a cell of numbers, else a string or null.
nlohmann::ordered_json ToJsonCell(const DataTable::Column& column, const DataTable::Cell& cell);

}  // namespace dwh
