#include "warehouse/column_advice.h"

#include <algorithm>
#include <bit>

#include "base/text.h"

namespace dwh {
namespace {

/// Of a VARCHAR, in bytes.
constexpr int64_t kLongest = 65535;

bool IsNumber(const NarrowColumn& column) { return column.type.starts_with("int"); }

/// The type that takes the values; "" if none does.
std::string WiderType(const NarrowColumn& column) {
  if (IsNumber(column)) return "BIGINT";
  if (column.longest > kLongest) return "";
  const auto power = std::bit_ceil(static_cast<uint64_t>(column.longest));
  return StrCat("VARCHAR(", std::min(kLongest, static_cast<int64_t>(power)), ")");
}

std::string WhatIsWrong(const NarrowColumn& column) {
  const std::string few = column.at_least ? "at least " : "";
  const std::string many =
      StrCat(few, FormatCount(column.records), column.records == 1 ? " record" : " records");
  if (IsNumber(column)) {
    return StrCat("column ", column.name, ": ", many, " with a number that ",
                  column.type == "int2" ? "SMALLINT" : "INTEGER", " does not hold");
  }
  return StrCat("column ", column.name, ": ", many, " with more than ", FormatCount(column.length),
                " bytes, the longest ", few, FormatCount(column.longest));
}

/// Redshift changes the type of a column that holds rows only from VARCHAR to a longer VARCHAR.
bool CanAlter(EngineKind engine, const NarrowColumn& column) {
  return engine == EngineKind::kLocal || column.type == "varchar";
}

bool IsPlain(std::string_view name) {
  return std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

}  // namespace

std::vector<std::string> AdviseOnColumns(EngineKind engine, const TableRejects& rejects) {
  std::vector<std::string> lines;
  bool alter = false;
  bool create = false;
  for (const NarrowColumn& column : rejects.narrow) {
    const std::string type = WiderType(column);
    std::string advice = "no column is that long: TRUNCATECOLUMNS in sql/<model>/copy cuts them.";
    if (CanAlter(engine, column) && !type.empty()) {
      alter = true;
      const std::string quote = IsPlain(column.name) ? "" : "\"";
      advice = StrCat("ALTER TABLE \"", rejects.schema, "\".", rejects.table, " ALTER COLUMN ",
                      quote, column.name, quote, " TYPE ", type, ";");
    } else if (!type.empty()) {
      create = true;
      advice = StrCat("declare it ", type, ".");
    }
    lines.push_back(StrCat(WhatIsWrong(column), "; ", advice));
  }
  if (alter) {
    lines.push_back(StrCat(
        "Run the ALTER", engine == EngineKind::kLocal ? "" : " outside of a transaction",
        ", write the type into sql/<model>/create too, and see there whether a column of the star "
        "takes the value; then run etl, or `etl --retry-rejects` if the other records are "
        "loaded."));
  }
  if (create) {
    lines.emplace_back(
        "Redshift alters no such column: write the type into sql/<model>/create, then "
        "`create_tables "
        "--force` and etl.");
  }
  return lines;
}

}  // namespace dwh
