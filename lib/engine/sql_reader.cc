#include "engine/sql_reader.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dwh {

SqlReader::SqlReader(std::string_view text, std::string_view file, int line)
    : text_(text), file_(file), tokens_(TokenizeSql(text, file, line)), close_(tokens_.size()) {
  end_.offset = text.size();
  end_.line = tokens_.empty() ? line : tokens_.back().line;
  std::vector<size_t> open;
  for (size_t i = 0; i < tokens_.size(); ++i) {
    if (Is(i, "(")) open.push_back(i);
    if (!Is(i, ")")) continue;
    if (open.empty()) Refuse(i, "')' without '('", "Remove it.");
    close_[open.back()] = i;
    open.pop_back();
  }
  if (!open.empty()) Refuse(open.back(), "'(' is not closed", "Close it.");
}

bool SqlReader::Is(size_t at, std::string_view word) const {
  const SqlToken& token = (*this)[at];
  if (token.kind == SqlTokenKind::kSymbol) return token.text == word;
  return token.kind == SqlTokenKind::kWord && token.text.size() == word.size() &&
         ToUpper(token.text) == word;
}

bool SqlReader::Reads(size_t at, std::initializer_list<std::string_view> words) const {
  return std::all_of(words.begin(), words.end(),
                     [&](std::string_view word) { return Is(at++, word); });
}

bool SqlReader::IsName(size_t at) const {
  const SqlTokenKind kind = (*this)[at].kind;
  return kind == SqlTokenKind::kWord || kind == SqlTokenKind::kQuoted;
}

std::string SqlReader::Upper(size_t at) const {
  const SqlToken& token = (*this)[at];
  return token.kind == SqlTokenKind::kWord ? ToUpper(token.text) : "";
}

std::string SqlReader::Name(size_t at) const {
  if (!IsName(at)) Expected(at, "a name");
  const SqlToken& token = (*this)[at];
  if (token.kind == SqlTokenKind::kWord) return ToLower(token.text);
  std::string name;
  for (size_t i = 1; i + 1 < token.text.size(); ++i) {
    name += token.text[i];
    if (token.text[i] == '"') ++i;
  }
  if (name.empty()) Refuse(at, "an empty name", "Write a name between the quotes.");
  return ToLower(name);
}

std::string SqlReader::Literal(size_t at) const {
  constexpr std::string_view kLetters = "bfnrt";
  constexpr std::string_view kMeanings = "\b\f\n\r\t";
  const SqlToken& token = (*this)[at];
  if (token.kind != SqlTokenKind::kString) Expected(at, "a literal in single quotes");
  std::string value;
  for (size_t i = 1; i + 1 < token.text.size(); ++i) {
    char c = token.text[i];
    if (c == '\'') ++i;
    if (c == '\\') {
      c = token.text[++i];
      if ((c >= '0' && c <= '9') || c == 'x' || c == 'u' || c == 'U') {
        Refuse(at, StrCat("escape '\\", c, "' in a literal"),
               "Write the character itself, and a backslash twice.");
      }
      if (const size_t letter = kLetters.find(c); letter != std::string_view::npos)
        c = kMeanings[letter];
    }
    value += c;
  }
  return value;
}

std::string_view SqlReader::Gap(size_t at) const {
  const size_t start = at == 0 ? 0 : (*this)[at - 1].offset + (*this)[at - 1].text.size();
  return text_.substr(start, (*this)[at].offset - start);
}

std::string_view SqlReader::Source(SqlRange range) const {
  if (range.size() == 0) return {};
  const SqlToken& last = tokens_[range.last - 1];
  const size_t start = tokens_[range.first].offset;
  return text_.substr(start, last.offset + last.text.size() - start);
}

size_t SqlReader::Find(SqlRange range, std::string_view word) const {
  size_t at = range.first;
  while (at < range.last && !Is(at, word)) at = Skip(at);
  return std::min(at, range.last);
}

std::vector<SqlRange> SqlReader::List(SqlRange range) const {
  std::vector<SqlRange> parts;
  if (range.size() == 0) return parts;
  for (size_t first = range.first; first <= range.last;) {
    const size_t comma = Find({first, range.last}, ",");
    if (comma == first) Expected(first, "something");
    parts.push_back({first, comma});
    first = comma + 1;
  }
  return parts;
}

std::string SqlReader::Describe(size_t at) const {
  const SqlToken& token = (*this)[at];
  switch (token.kind) {
    case SqlTokenKind::kEnd:
      return "the end of the statement";
    case SqlTokenKind::kString:
    case SqlTokenKind::kPrefixedString:
    case SqlTokenKind::kDollarString:
      return "a literal";
    default:
      return StrCat("'", token.text, "'");
  }
}

void SqlReader::Refuse(size_t at, const std::string& what, const std::string& hint) const {
  throw Error(ErrorKind::kUsage, StrCat(file_, ":", (*this)[at].line, ": ", what), hint);
}

void SqlReader::Expected(size_t at, std::string_view what) const {
  Refuse(at, StrCat("expected ", what, " but found ", Describe(at)), "Correct the statement.");
}

size_t SqlReader::Expect(size_t at, std::string_view word) const {
  if (!Is(at, word)) Expected(at, StrCat("'", word, "'"));
  return at + 1;
}

}  // namespace dwh
