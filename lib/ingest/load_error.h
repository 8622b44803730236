#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace dwh {

/// Redshift's load error codes (facts, section 2).
enum class LoadErrorCode {
  kOutOfRange = 1204,
  kBadDate = 1205,
  kBadTimestamp = 1206,
  kBadDigit = 1207,
  kBadFloat = 1208,
  kBadDecimal = 1209,
  kBadBoolean = 1210,
  kMissingValue = 1213,
  kBadLine = 1216,
  kBadUtf8 = 1220,
  kOverflow = 1222,
  kBadSuper = 1224,
};

/// One rejected record, with the columns of STL_LOAD_ERRORS that a load can know.
struct LoadError {
  std::string filename;
  int64_t line_number = 0;  ///< The last line of the record, as Redshift counts.
  std::string column;       ///< "" if the record as a whole is at fault.
  std::string type;         ///< Redshift's name of the column's type, such as "int4".
  std::string column_length;
  int position = 0;
  std::string raw_line;         ///< At most 1024 bytes.
  std::string raw_field_value;  ///< At most 1024 bytes.
  int64_t field_bytes = 0;      ///< Of a text that is too long, whole; 0 where that is not known.
  LoadErrorCode code = LoadErrorCode::kBadLine;
  std::string reason;  ///< At most 100 bytes.
};

/// One object cannot be loaded at all, whatever MAXERROR says, and fails the COPY of all of them.
class ObjectError : public Error {
 public:
  ObjectError(const Error& error, std::string_view key)
      : Error(error.kind(), error.what(), error.hint()), key_(key) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// Why one value does not fit its column.
struct FieldError {
  LoadErrorCode code = LoadErrorCode::kBadLine;
  std::string reason;
  int position = 0;
  int64_t bytes = 0;  ///< Of a text that is too long.
};

}  // namespace dwh
