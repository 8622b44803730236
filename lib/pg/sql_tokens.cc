#include "pg/sql_tokens.h"

#include <algorithm>

#include "base/ascii.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kBlanks = " \t\r\n\f\v";
constexpr std::string_view kOperatorBytes = "+-*/<>=~!@#%^&|`?";
constexpr std::string_view kPunctuation = "()[],;.";

bool IsWordStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool IsWordByte(char c) { return IsWordStart(c) || IsDigit(c) || c == '$'; }
bool IsOneOf(char c, std::string_view set) {
  return c != '\0' && set.find(c) != std::string_view::npos;
}

class Lexer {
 public:
  Lexer(std::string_view sql, std::string_view file, int line)
      : sql_(sql), file_(file), line_(line) {}

  std::vector<SqlToken> Run() {
    std::vector<SqlToken> tokens;
    while (SkipBlanksAndComments()) {
      const size_t start = position_;
      const SqlTokenKind kind = Scan();
      const std::string_view text = sql_.substr(start, position_ - start);
      tokens.push_back({kind, text, start, line_});
      CountLines(text);
    }
    return tokens;
  }

 private:
  char Peek(size_t ahead = 0) const {
    return position_ + ahead < sql_.size() ? sql_[position_ + ahead] : '\0';
  }
  bool At(std::string_view text) const { return sql_.substr(position_, text.size()) == text; }
  void CountLines(std::string_view text) {
    line_ += static_cast<int>(std::count(text.begin(), text.end(), '\n'));
  }
  template <typename Predicate>
  void SkipWhile(Predicate predicate) {
    while (position_ < sql_.size() && predicate(sql_[position_])) ++position_;
  }

  [[noreturn]] void Fail(const std::string& what, std::string hint) const {
    throw Error(ErrorKind::kUsage, StrCat(file_, ":", line_, ": ", what), std::move(hint));
  }

  /// False at the end of the text.
  bool SkipBlanksAndComments() {
    while (position_ < sql_.size()) {
      const size_t start = position_;
      if (At("--")) {
        SkipWhile([](char c) { return c != '\n'; });
      } else if (At("/*")) {
        SkipBlockComment();
      } else if (IsOneOf(Peek(), kBlanks)) {
        SkipWhile([](char c) { return IsOneOf(c, kBlanks); });
      } else {
        return true;
      }
      CountLines(sql_.substr(start, position_ - start));
    }
    return false;
  }

  void SkipBlockComment() {
    int depth = 0;
    do {
      if (At("/*")) {
        ++depth;
        position_ += 2;
      } else if (At("*/")) {
        --depth;
        position_ += 2;
      } else if (position_ >= sql_.size()) {
        Fail("this comment is not closed", "Close it with */; comments nest.");
      } else {
        ++position_;
      }
    } while (depth > 0);
  }

  SqlTokenKind Scan() {
    const char c = Peek();
    if (c == '\'') return ScanQuoted(SqlTokenKind::kString, true);
    if (c == '"') return ScanQuoted(SqlTokenKind::kQuoted, false);
    if (IsOneOf(c, "eEbBnNxX") && Peek(1) == '\'') {
      ++position_;
      return ScanQuoted(SqlTokenKind::kPrefixedString, c == 'e' || c == 'E');
    }
    if (IsWordStart(c) || StartsTemporaryName()) {
      ++position_;
      SkipWhile(IsWordByte);
      return SqlTokenKind::kWord;
    }
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return ScanNumber();
    if (c == '$') return ScanDollar();
    if (c == ':') return ScanColon();
    if (IsOneOf(c, kPunctuation)) return Take(1, SqlTokenKind::kSymbol);
    if (IsOneOf(c, kOperatorBytes)) return ScanOperator();
    if (c == '\\') FailAtPsqlCommand();
    Fail(StrCat("byte ", static_cast<int>(static_cast<unsigned char>(c)), " is not SQL"),
         "Save the file as UTF-8 text without control characters.");
  }

  SqlTokenKind Take(size_t bytes, SqlTokenKind kind) {
    position_ += bytes;
    return kind;
  }

  /// `#name`, but not the operator in `a#b`.
  bool StartsTemporaryName() const {
    return Peek() == '#' && IsWordStart(Peek(1)) &&
           (position_ == 0 || IsOneOf(sql_[position_ - 1], " \t\r\n\f\v(,"));
  }

  /// At the opening quote. A doubled quote stands for one; with `backslash`, so does \'.
  SqlTokenKind ScanQuoted(SqlTokenKind kind, bool backslash) {
    const char quote = Peek();
    for (++position_; position_ < sql_.size(); ++position_) {
      if (backslash && Peek() == '\\') {
        ++position_;
      } else if (Peek() == quote) {
        if (Peek(1) != quote) return Take(1, kind);
        ++position_;
      }
    }
    Fail(StrCat("the quote ", quote, " is not closed"),
         "Close it; a quote inside is written twice, a backslash too.");
  }

  SqlTokenKind ScanNumber() {
    SkipWhile(IsDigit);
    if (Peek() == '.') {
      ++position_;
      SkipWhile(IsDigit);
    }
    const size_t sign = IsOneOf(Peek(1), "+-") ? 1 : 0;
    if (IsOneOf(Peek(), "eE") && IsDigit(Peek(1 + sign))) {
      position_ += 1 + sign;
      SkipWhile(IsDigit);
    }
    return SqlTokenKind::kNumber;
  }

  SqlTokenKind ScanDollar() {
    if (IsDigit(Peek(1))) {
      ++position_;
      SkipWhile(IsDigit);
      return SqlTokenKind::kParameter;
    }
    const size_t tag_end = sql_.find('$', position_ + 1);
    const std::string_view tag =
        tag_end == std::string_view::npos ? "" : sql_.substr(position_, tag_end - position_ + 1);
    const bool is_tag = tag.size() == 2 || (tag.size() > 2 && IsWordStart(tag[1]) &&
                                            std::all_of(tag.begin() + 1, tag.end() - 1,
                                                        [](char c) { return IsWordByte(c); }));
    if (!is_tag) Fail("'$' begins neither a parameter nor a dollar quote", "Quote the name.");
    const size_t close = sql_.find(tag, tag_end + 1);
    if (close == std::string_view::npos) {
      Fail(StrCat("the dollar quote ", tag, " is not closed"), "Close it with the same tag.");
    }
    return Take(close + tag.size() - position_, SqlTokenKind::kDollarString);
  }

  SqlTokenKind ScanColon() {
    if (At("::") || At(":=")) return Take(2, SqlTokenKind::kSymbol);
    ++position_;
    if (IsOneOf(Peek(), "'\"")) return ScanQuoted(SqlTokenKind::kVariable, false);
    if (!IsWordStart(Peek()) && !IsDigit(Peek())) return SqlTokenKind::kSymbol;
    SkipWhile([](char c) { return IsWordByte(c) && c != '$'; });
    return SqlTokenKind::kVariable;
  }

  /// PostgreSQL's rule: the longest run that holds no comment; it ends in + or - only if a
  /// character that standard operators do not have is in it, so that `a=-1` compares with -1.
  SqlTokenKind ScanOperator() {
    size_t length = 0;
    while (IsOneOf(Peek(length), kOperatorBytes)) {
      const std::string_view rest = sql_.substr(position_ + length, 2);
      if (rest == "--" || rest == "/*") break;
      ++length;
    }
    const std::string_view run = sql_.substr(position_, length);
    if (run.find_first_of("~!@#%^&|`?") == std::string_view::npos) {
      while (length > 1 && IsOneOf(run[length - 1], "+-")) --length;
    }
    return Take(length, SqlTokenKind::kSymbol);
  }

  [[noreturn]] void FailAtPsqlCommand() {
    const size_t start = position_++;
    SkipWhile(IsWordByte);
    Fail(StrCat("psql command '", sql_.substr(start, position_ - start), "'"),
         "Only SQL statements can stand here; take the psql command out.");
  }

  std::string_view sql_;
  std::string_view file_;
  int line_;  ///< Of the token or comment at hand.
  size_t position_ = 0;
};

}  // namespace

std::vector<SqlToken> TokenizeSql(std::string_view sql, std::string_view file, int first_line) {
  return Lexer(sql, file, first_line).Run();
}

std::string QuoteSqlLiteral(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') quoted += c;
    quoted += c;
  }
  return quoted + "'";
}

}  // namespace dwh
