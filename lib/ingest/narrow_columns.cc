#include "ingest/narrow_columns.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/text.h"
#include "ingest/number_text.h"

namespace dwh {
namespace {

bool IsText(const LoadError& error) { return error.type == "varchar" || error.type == "char"; }

bool FitsBigInt(const LoadError& error) {
  int64_t number = 0;
  return !ParseInteger(Trim(error.raw_field_value), true, std::numeric_limits<int64_t>::min(),
                       std::numeric_limits<int64_t>::max(), "Long", number);
}

int64_t Number(std::string_view text) {
  int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

void NarrowColumns::Add(const LoadError& error) {
  const bool text = IsText(error) && error.code == LoadErrorCode::kOutOfRange;
  const bool number =
      (error.type == "int2" || error.type == "int4") && error.code == LoadErrorCode::kOverflow;
  if (!text && !number) return;
  NarrowColumn& column = columns_[error.column];
  column.name = error.column;
  column.type = error.type;
  ++column.records;
  if (number) {
    if (!FitsBigInt(error)) beyond_.insert(error.column);
    return;
  }
  column.length = Number(error.column_length);
  const bool known = error.field_bytes > 0;
  const int64_t bytes =
      known ? error.field_bytes
            : std::max(static_cast<int64_t>(error.raw_field_value.size()), column.length + 1);
  column.longest = std::max(column.longest, bytes);
  column.at_least = column.at_least || !known;
}

std::vector<NarrowColumn> NarrowColumns::List() const {
  std::vector<NarrowColumn> list;
  for (const auto& [name, column] : columns_) {
    if (!beyond_.contains(name)) list.push_back(column);
  }
  return list;
}

std::vector<NarrowColumn> NarrowColumnsOf(const std::vector<LoadError>& errors) {
  NarrowColumns columns;
  for (const LoadError& error : errors) columns.Add(error);
  std::vector<NarrowColumn> list = columns.List();
  for (NarrowColumn& column : list) column.at_least = true;
  return list;
}

}  // namespace dwh
