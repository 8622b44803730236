#pragma once

#include <string>

#include "engine/sql_reader.h"

namespace dwh {

/// Translates queries and expressions token by token: what needs no translation stays byte for
/// byte, comments and blanks too, so that the server's error positions stay near the truth.
/// All functions throw Error(kUsage) for what is refused.
class ExpressionTranslator {
 public:
  /// `sql` must outlive the translator.
  explicit ExpressionTranslator(const SqlReader& sql) : sql_(sql) {}

  /// The range as PostgreSQL, without the blanks before its first token. A range that begins a
  /// query or a parenthesis must reach to its end, where TOP n becomes LIMIT n.
  std::string Translate(SqlRange range) const;

  /// One token on its own: an identifier folded, `#name` quoted, a literal with backslashes as E''.
  std::string Token(size_t at) const;

 private:
  struct Output {
    std::string text;
    std::string tail;  ///< LIMIT n of a TOP n, for the end of the range.
  };

  /// Appends the translation of the construct at `at`; returns the token after it.
  size_t Step(size_t at, SqlRange range, Output& out) const;
  size_t StepWord(size_t at, SqlRange range, Output& out) const;
  size_t Top(size_t at, SqlRange range, Output& out) const;
  size_t Call(size_t at, Output& out) const;
  size_t Cast(size_t at, Output& out) const;
  size_t Convert(size_t at, Output& out) const;
  size_t Extract(size_t at, Output& out) const;
  std::string LiteralToken(size_t at) const;
  std::string Parenthesized(size_t open) const;
  bool IsCall(size_t at) const;
  bool EndsOperand(size_t at) const;
  void CheckWord(size_t at) const;
  void CheckQualifiedTable(size_t at) const;
  void CheckTemporaryName(size_t at) const;

  const SqlReader& sql_;
};

}  // namespace dwh
