#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// What a piece of SQL text is. Blanks and comments are between tokens.
enum class SqlTokenKind {
  kWord,            ///< Keyword or plain identifier; `#name` of a Redshift temporary table.
  kQuoted,          ///< "identifier"
  kNumber,          ///< 12, .5, 1.5e-3
  kString,          ///< 'literal'
  kPrefixedString,  ///< E'literal', also with B, N and X.
  kDollarString,    ///< $tag$text$tag$
  kParameter,       ///< $1
  kVariable,        ///< psql's :name, :'name' and :"name"
  kSymbol,          ///< An operator, or one of ( ) [ ] , ; . :: : :=
  kEnd,             ///< Only SqlReader makes these: what follows the last token.
};

struct SqlToken {
  SqlTokenKind kind = SqlTokenKind::kEnd;
  std::string_view text;  ///< As written, quotes included; lives as long as the tokenized text.
  size_t offset = 0;      ///< Of the first byte in the tokenized text.
  int line = 1;           ///< Of the first byte.
};

/// The tokens of Redshift SQL, whose first line has the number `first_line` in `file`.
///
/// In an ordinary literal a backslash escapes the next character, as in PostgreSQL 8.0, from which
/// Redshift descends; its documentation doubles backslashes for that reason (DG, "LIKE"). Block
/// comments nest. Throws Error(kUsage) with file and line for an unclosed quote or comment, a psql
/// command (`\copy`) and bytes that are no SQL.
std::vector<SqlToken> TokenizeSql(std::string_view sql, std::string_view file, int first_line);

/// `text` as an ordinary Redshift literal: quotes and backslashes doubled.
///
/// This form, and not E'...', because Redshift takes E for the name of a type ("type "e" does not
/// exist"). PostgreSQL reads a backslash otherwise; ToPostgres() sees to that.
std::string QuoteSqlLiteral(std::string_view text);

}  // namespace dwh
