#pragma once

#include <cstdint>
#include <string_view>

namespace dwh {

/// One value of a record on its way into a column. Views live until the parser reads on.
struct JsonValue {
  enum class Kind : uint8_t {
    kAbsent,  ///< No such key. Loads like null.
    kNull,
    kTrue,
    kFalse,
    kNumber,  ///< text = the number as written.
    kString,  ///< text = the string, unescaped, valid UTF-8 without NUL.
    kNested,  ///< An object or array; text = as written, valid JSON.
    /// Holds what UTF-8 or PostgreSQL cannot; text = "ed a0 80 (error 5)". In the token bytes that
    /// are not UTF-8 are replaced, escapes are as written.
    kBadText,
  };
  Kind kind = Kind::kAbsent;
  std::string_view text;
  std::string_view token;  ///< The value as written, for error reports.
};

}  // namespace dwh
