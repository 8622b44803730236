#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pg/connection.h"

namespace dwh {

enum class ColumnType {
  kSmallInt,
  kInteger,
  kBigInt,
  kDecimal,
  kReal,
  kDouble,
  kBoolean,
  kChar,
  kVarchar,
  kDate,
  kTimestamp,
  kTimestampTz,
  kSuper,
};

/// A column of a table, as COPY sees it.
struct Column {
  std::string name;
  ColumnType type = ColumnType::kVarchar;
  int length = 0;  ///< CHAR, VARCHAR: bytes. DECIMAL: precision.
  int scale = 0;   ///< DECIMAL.
  bool not_null = false;
  bool has_default = false;
  bool identity = false;
};

/// Redshift's short name of the type, as in STL_LOAD_ERRORS: "int4", "varchar", "float8".
std::string_view TypeName(ColumnType type);

/// The columns of a table, in order. Throws Error(kFailed) if there is no such table or a column
/// has a type that COPY with JSON cannot fill.
std::vector<Column> ReadColumns(Connection& connection, const std::string& schema,
                                const std::string& table);

/// The columns that a COPY into `table_columns` fills, in its order: those of `names`, or all but
/// the IDENTITY columns (with EXPLICIT_IDS all). Throws Error(kFailed) for an unknown or repeated
/// name and for a NOT NULL column without DEFAULT that is left out (facts, section 1.8).
std::vector<Column> CopyColumns(const std::vector<Column>& table_columns,
                                const std::vector<std::string>& names, bool explicit_ids);

}  // namespace dwh
