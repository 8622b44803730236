#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/sql_reader.h"

namespace dwh {

/// A function call as it stands in an expression. Strings are parts already translated.
struct FunctionCall {
  const SqlReader& sql;
  size_t at = 0;                      ///< The token that is the name.
  std::string name;                   ///< In capitals.
  std::vector<SqlRange> ranges;       ///< The arguments as tokens.
  std::vector<std::string> args;      ///< The arguments.
  std::string text;                   ///< The whole call, WITHIN GROUP included, name unchanged.
  std::optional<std::string> within;  ///< What stands in WITHIN GROUP (...).
  std::optional<SqlRange> over;       ///< What stands in OVER (...).
};

/// The call in PostgreSQL's words, OVER (...) not included.
///
/// Only functions that are listed pass: those that mean the same on both, and those that can be
/// written so that they do. All others, and calls that Redshift would not take, are refused by name
/// and line: Error(kUsage). The session's time zone is taken to be UTC, Redshift's default.
std::string TranslateFunction(const FunctionCall& call);

/// EXTRACT(unit FROM source): an integer of that unit alone, as on Redshift, where EXTRACT gives
/// seconds without their fraction and milliseconds without their seconds.
std::string TranslateExtract(const SqlReader& sql, size_t unit, const std::string& source);

}  // namespace dwh
