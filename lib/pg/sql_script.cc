#include "pg/sql_script.h"

#include <span>

#include "base/error.h"
#include "base/text.h"
#include "pg/sql_tokens.h"

namespace dwh {
namespace {

[[noreturn]] void Fail(std::string_view file, int line, const std::string& what, std::string hint) {
  throw Error(ErrorKind::kUsage, StrCat(file, ":", line, ": ", what), std::move(hint));
}

std::string QuoteIdentifierText(std::string_view name) {
  std::string quoted = "\"";
  for (const char c : name) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + "\"";
}

[[noreturn]] void FailUnset(std::string_view name, int line, std::string_view file,
                            const SqlVariables& variables) {
  std::vector<std::string> names;
  for (const auto& [known, value] : variables) names.push_back(known);
  const std::string nearest = NearestMatch(name, names);
  Fail(file, line, StrCat("variable '", name, "' is not set"),
       nearest.empty() ? StrCat("Set here: ", names.empty() ? "none" : Join(names, ", "), ".")
                       : StrCat("Did you mean :", nearest, "?"));
}

std::string VariableText(const SqlToken& token, std::string_view file,
                         const SqlVariables& variables) {
  std::string_view name = token.text.substr(1);
  const char quote = name.front();
  if (quote == '\'' || quote == '"') name = name.substr(1, name.size() - 2);
  const auto found = variables.find(std::string(name));
  if (found == variables.end()) FailUnset(name, token.line, file, variables);
  const std::string& value = found->second;
  // libpq takes C strings: a statement would silently end here.
  if (value.find('\0') != std::string::npos) {
    Fail(file, token.line, StrCat("the value of variable '", name, "' holds a NUL byte"),
         "SQL text cannot hold one.");
  }
  if (quote == '\'') return QuoteSqlLiteral(value);
  return quote == '"' ? QuoteIdentifierText(value) : value;
}

SqlStatement MakeStatement(std::string_view script, std::string_view file,
                           std::span<const SqlToken> tokens, const SqlVariables& variables) {
  SqlStatement statement{"", std::string(file), tokens.front().line};
  size_t copied = tokens.front().offset;
  for (const SqlToken& token : tokens) {
    statement.text += script.substr(copied, token.offset - copied);
    copied = token.offset + token.text.size();
    statement.text += token.kind == SqlTokenKind::kVariable ? VariableText(token, file, variables)
                                                            : std::string(token.text);
  }
  return statement;
}

/// Finds a forgotten parenthesis where it is, not at the end of the file.
class ParenthesisCheck {
 public:
  explicit ParenthesisCheck(std::string_view file) : file_(file) {}

  void See(const SqlToken& token) {
    if (token.text == "(") open_lines_.push_back(token.line);
    if (token.text != ")") return;
    if (open_lines_.empty()) Fail(file_, token.line, "')' without '('", "Remove it.");
    open_lines_.pop_back();
  }
  void EndStatement() const {
    if (open_lines_.empty()) return;
    Fail(file_, open_lines_.back(), "'(' is not closed in its statement",
         "Close it before the semicolon.");
  }

 private:
  std::string_view file_;
  std::vector<int> open_lines_;
};

}  // namespace

std::vector<SqlStatement> SplitSqlScript(std::string_view script, std::string_view file,
                                         const SqlVariables& variables) {
  // Some editors begin UTF-8 files with a byte order mark; psql ignores it too.
  if (script.substr(0, 3) == "\xEF\xBB\xBF") script.remove_prefix(3);
  const std::vector<SqlToken> tokens = TokenizeSql(script, file, 1);
  std::vector<SqlStatement> statements;
  ParenthesisCheck parentheses(file);
  size_t first = 0;
  for (size_t i = 0; i <= tokens.size(); ++i) {
    if (i < tokens.size() && tokens[i].text != ";") {
      parentheses.See(tokens[i]);
      continue;
    }
    parentheses.EndStatement();
    const std::span<const SqlToken> part = std::span(tokens).subspan(first, i - first);
    if (!part.empty()) statements.push_back(MakeStatement(script, file, part, variables));
    first = i + 1;
  }
  return statements;
}

}  // namespace dwh
