#include "ingest/column.h"

#include <algorithm>
#include <array>
#include <map>

#include "base/text.h"

namespace dwh {
namespace {

// A column without a length, as a table made by hand may have: the most Redshift's VARCHAR holds.
constexpr int kMaxVarchar = 65535;

struct TypeEntry {
  std::string_view postgres;
  ColumnType type;
};

constexpr std::array<TypeEntry, 14> kTypes = {{{"int2", ColumnType::kSmallInt},
                                               {"int4", ColumnType::kInteger},
                                               {"int8", ColumnType::kBigInt},
                                               {"numeric", ColumnType::kDecimal},
                                               {"float4", ColumnType::kReal},
                                               {"float8", ColumnType::kDouble},
                                               {"bool", ColumnType::kBoolean},
                                               {"bpchar", ColumnType::kChar},
                                               {"varchar", ColumnType::kVarchar},
                                               {"text", ColumnType::kVarchar},
                                               {"date", ColumnType::kDate},
                                               {"timestamp", ColumnType::kTimestamp},
                                               {"timestamptz", ColumnType::kTimestampTz},
                                               {"jsonb", ColumnType::kSuper}}};

/// Fills in length and scale from PostgreSQL's type modifier.
void SetModifier(Column& column, int64_t modifier) {
  constexpr int64_t kHeader = 4;  // PostgreSQL adds the size of a varlena header
  if (column.type == ColumnType::kDecimal) {
    column.length = modifier < 0 ? 38 : static_cast<int>((modifier - kHeader) >> 16);
    column.scale = modifier < 0 ? 0 : static_cast<int>((modifier - kHeader) & 0x7FF);
  } else if (column.type == ColumnType::kChar || column.type == ColumnType::kVarchar) {
    column.length = modifier < 0 ? kMaxVarchar : static_cast<int>(modifier - kHeader);
  }
}

}  // namespace

std::string_view TypeName(ColumnType type) {
  switch (type) {
    case ColumnType::kSmallInt:
      return "int2";
    case ColumnType::kInteger:
      return "int4";
    case ColumnType::kBigInt:
      return "int8";
    case ColumnType::kDecimal:
      return "numeric";
    case ColumnType::kReal:
      return "float4";
    case ColumnType::kDouble:
      return "float8";
    case ColumnType::kBoolean:
      return "bool";
    case ColumnType::kChar:
      return "char";
    case ColumnType::kVarchar:
      return "varchar";
    case ColumnType::kDate:
      return "date";
    case ColumnType::kTimestamp:
      return "timestamp";
    case ColumnType::kTimestampTz:
      return "timestamptz";
    case ColumnType::kSuper:
      return "super";
  }
  return "";
}

std::vector<Column> ReadColumns(Connection& connection, const std::string& schema,
                                const std::string& table) {
  std::string name = connection.QuoteIdentifier(table);
  if (!schema.empty()) name = StrCat(connection.QuoteIdentifier(schema), ".", name);
  const std::array<std::optional<std::string>, 1> params = {name};
  const Result rows = connection.Exec(
      "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull::int, a.atthasdef::int, "
      "(a.attidentity <> '')::int FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid "
      "WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped "
      "ORDER BY a.attnum",
      params);
  if (rows.rows() == 0) {
    throw Error(ErrorKind::kFailed, StrCat("table ", name, " does not exist"),
                "`create_tables` makes the tables.");
  }
  std::vector<Column> columns;
  for (int row = 0; row < rows.rows(); ++row) {
    Column column;
    column.name = rows.value(row, 0);
    const auto* const entry =
        std::find_if(kTypes.begin(), kTypes.end(),
                     [&](const TypeEntry& known) { return known.postgres == rows.value(row, 1); });
    if (entry == kTypes.end()) {
      throw Error(ErrorKind::kFailed, StrCat("COPY cannot fill column ", column.name, " of table ",
                                             name, ": its type is ", rows.value(row, 1)));
    }
    column.type = entry->type;
    SetModifier(column, rows.integer(row, 2));
    column.not_null = rows.integer(row, 3) == 1;
    column.has_default = rows.integer(row, 4) == 1;
    column.identity = rows.integer(row, 5) == 1;
    columns.push_back(std::move(column));
  }
  return columns;
}

std::vector<Column> CopyColumns(const std::vector<Column>& table_columns,
                                const std::vector<std::string>& names, bool explicit_ids) {
  std::map<std::string_view, const Column*> left_out;
  for (const Column& column : table_columns) left_out.emplace(column.name, &column);
  std::vector<Column> chosen;
  for (const std::string& name : names) {
    const auto found = left_out.find(name);
    if (found == left_out.end()) {
      throw Error(ErrorKind::kFailed,
                  StrCat("column ", name, " of the COPY is not in the table, or is listed twice"));
    }
    chosen.push_back(*found->second);
    left_out.erase(found);
  }
  if (names.empty()) {
    std::copy_if(table_columns.begin(), table_columns.end(), std::back_inserter(chosen),
                 [&](const Column& column) { return explicit_ids || !column.identity; });
    return chosen;
  }
  for (const auto& [name, column] : left_out) {
    if (!column->not_null || column->has_default || column->identity) continue;
    throw Error(ErrorKind::kFailed,
                StrCat("NOT NULL column without DEFAULT must be included in column list: ", name));
  }
  return chosen;
}

}  // namespace dwh
