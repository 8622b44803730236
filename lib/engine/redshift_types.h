#pragma once

#include <optional>
#include <string>

#include "engine/sql_reader.h"
#include "ingest/column.h"

namespace dwh {

/// A data type as PostgreSQL writes it.
struct SqlType {
  std::string text;
  size_t end = 0;         ///< The token after the type.
  bool floating = false;  ///< REAL or DOUBLE PRECISION.
  /// What COPY makes of a column of this type; nullopt for a type that it cannot fill.
  std::optional<ColumnType> column;
  int length = 0;  ///< As in Column.
  int scale = 0;
};

/// The type that begins at token `at`, in Redshift's meaning: bare VARCHAR and TEXT have 256 bytes,
/// bare NUMERIC is NUMERIC(18,0), MAX is 65535 (DG, "Character types", "Numeric types"). Unknown
/// types, and those that the local engine does not have, are refused by name: Error(kUsage).
///
/// Redshift counts the n of VARCHAR(n) in bytes, PostgreSQL in characters. Nothing is added for
/// that: whoever loads the table checks bytes.
SqlType TranslateType(const SqlReader& sql, size_t at);

}  // namespace dwh
