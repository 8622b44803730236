#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql_tokens.h"

namespace dwh {

/// Tokens [first, last) of a statement.
struct SqlRange {
  size_t first = 0;
  size_t last = 0;
  size_t size() const { return last - first; }
};

/// One statement as tokens, with the questions that hand-written parsers ask. Positions are token
/// numbers; those past the last token give a token of kind kEnd. Keywords are asked for in capitals
/// and found in any case, never inside quotes.
class SqlReader {
 public:
  /// Throws Error(kUsage) as TokenizeSql does, and for parentheses without partner. `text` and
  /// `file` must outlive the reader.
  SqlReader(std::string_view text, std::string_view file, int line);

  size_t size() const { return tokens_.size(); }
  const SqlToken& operator[](size_t at) const { return at < tokens_.size() ? tokens_[at] : end_; }

  /// Is this token the given keyword or symbol?
  bool Is(size_t at, std::string_view word) const;
  /// Do the tokens from here on read so?
  bool Reads(size_t at, std::initializer_list<std::string_view> words) const;
  bool IsName(size_t at) const;
  /// The word in capitals; "" if the token is no word.
  std::string Upper(size_t at) const;
  /// The identifier as Redshift folds it: lower case, also inside quotes.
  std::string Name(size_t at) const;
  /// The value of a 'literal'. Refuses escapes with digits or letters whose meaning is not sure.
  std::string Literal(size_t at) const;

  /// Blanks and comments before a token.
  std::string_view Gap(size_t at) const;
  /// As written, from the first token to the last.
  std::string_view Source(SqlRange range) const;
  /// The partner of the opening parenthesis.
  size_t Close(size_t open) const { return close_[open]; }
  /// The next token at the same depth: past the partner of an opening parenthesis.
  size_t Skip(size_t at) const { return Is(at, "(") ? Close(at) + 1 : at + 1; }
  /// First place outside inner parentheses that is this keyword or symbol; range.last if none.
  size_t Find(SqlRange range, std::string_view word) const;
  /// The parts between commas outside inner parentheses; none for an empty range.
  std::vector<SqlRange> List(SqlRange range) const;

  /// "'word'", "a literal" or "the end of the statement". Never shows a literal: it may be a
  /// secret.
  std::string Describe(size_t at) const;
  /// Throws Error(kUsage): "file:line: what".
  [[noreturn]] void Refuse(size_t at, const std::string& what, const std::string& hint) const;
  /// Refuses the token, saying what should stand there.
  [[noreturn]] void Expected(size_t at, std::string_view what) const;
  /// Refuses unless the token is `word`; returns the next position.
  size_t Expect(size_t at, std::string_view word) const;

 private:
  std::string_view text_;
  std::string_view file_;
  std::vector<SqlToken> tokens_;
  std::vector<size_t> close_;
  SqlToken end_;
};

}  // namespace dwh
