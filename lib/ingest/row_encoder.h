#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ingest/column.h"
#include "ingest/copy_options.h"
#include "ingest/json_value.h"
#include "ingest/load_error.h"
#include "ingest/timestamp_format.h"

namespace dwh {

/// What comes before the first row and after the last of a binary COPY (PostgreSQL manual, COPY,
/// "Binary Format").
extern const std::string_view kBinaryCopyHeader;
extern const std::string_view kBinaryCopyTrailer;

/// Turns JSON values into rows of PostgreSQL's binary COPY, converting as Redshift's COPY does
/// (facts, sections 1.4, 1.5 and 9). Where the facts leave a behaviour open (section 10):
/// - A number goes into VARCHAR as written.
/// - An integer column takes any number that is whole (12, 12.0, 1.2e1), and a quoted one only if
///   it is written as an integer.
/// - DECIMAL is exact: it does not pass through binary floating point.
/// - true and false do not go into numeric columns; BOOLEAN takes no numbers but 0 and 1.
/// - Blanks and empty strings: TRIMBLANKS first, then EMPTYASNULL, then BLANKSASNULL, then lengths.
class RowEncoder {
 public:
  /// Throws Error(kUsage) for a TIMEFORMAT or DATEFORMAT that COPY does not know.
  RowEncoder(std::vector<Column> columns, const CopyOptions& options);

  /// Appends one row; `values` are in the order of the columns, and `load_id`, if there is one,
  /// comes after them as a BIGINT. If a value does not fit, `out` is left as it was and the index
  /// of the value's column comes back with the reason.
  std::optional<std::pair<size_t, FieldError>> Append(
      const std::vector<JsonValue>& values, std::string& out,
      std::optional<int64_t> load_id = std::nullopt) const;

  const std::vector<Column>& columns() const { return columns_; }

 private:
  std::optional<FieldError> AppendField(const Column& column, const JsonValue& value,
                                        std::string& out) const;
  std::string MakeText(std::string_view token) const;
  std::optional<FieldError> AppendText(const Column& column, std::string_view text,
                                       std::string& out) const;
  std::optional<FieldError> AppendDate(const Column& column, std::string_view text,
                                       std::string& out) const;
  std::optional<FieldError> AppendTimestamp(const Column& column, std::string_view text,
                                            std::string& out) const;
  std::optional<FieldError> AppendScalar(const Column& column, const JsonValue& value,
                                         std::string& out) const;

  std::vector<Column> columns_;
  CopyOptions options_;
  DateFormat date_format_;
  TimestampFormat timestamp_format_;
};

}  // namespace dwh
