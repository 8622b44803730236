#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "pg/connection.h"

namespace dwh {

using RowValue = std::variant<int64_t, std::string>;

/// Rows that a program has, made one by one as they are sent.
struct RowBatch {
  std::string table;    ///< An SQL name.
  std::string columns;  ///< "a, b, c"
  size_t rows = 0;
  std::function<std::vector<RowValue>(size_t)> row;
};

// Both append the rows in the session's transaction; no rows are no statement. They throw SqlError,
// and Error(kUsage) for text that is not UTF-8.

/// By INSERT with many rows each. As literals: Redshift does not find the types of parameters in a
/// list of VALUES.
void InsertByValues(Connection& session, const RowBatch& batch);

/// By COPY FROM STDIN, which Redshift does not have: PostgreSQL takes a tenth of the time that it
/// needs to parse the literals.
void InsertByCopy(Connection& session, const RowBatch& batch);

}  // namespace dwh
