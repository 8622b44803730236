#include "engine/redshift_expressions.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "engine/redshift_functions.h"
#include "engine/redshift_types.h"

namespace dwh {
namespace {

/// Words after which an operand begins: none of them can end one, or be an alias before `(`.
constexpr auto kKeywords = std::to_array<std::string_view>(
    {"ALL",       "AND",       "ANY",    "AS",     "ASC",      "BETWEEN", "BY",      "CASE",
     "CROSS",     "DEFAULT",   "DELETE", "DESC",   "DISTINCT", "ELSE",    "EXCEPT",  "EXISTS",
     "FROM",      "FULL",      "GROUP",  "HAVING", "ILIKE",    "IN",      "INNER",   "INSERT",
     "INTERSECT", "INTO",      "IS",     "JOIN",   "LIKE",     "LIMIT",   "MATCHED", "MINUS",
     "NOT",       "OFFSET",    "ON",     "OR",     "ORDER",    "OUTER",   "OVER",    "PARTITION",
     "RANGE",     "RECURSIVE", "ROWS",   "SELECT", "SET",      "SIMILAR", "SOME",    "TABLE",
     "THEN",      "TO",        "UNION",  "UPDATE", "USING",    "VALUES",  "WHEN",    "WHERE",
     "WITH",      "ESCAPE",    "ZONE"});

struct Refusal {
  std::vector<std::string_view> words;
  std::string_view hint;
};

/// Redshift's words without translation, and PostgreSQL's that Redshift does not have.
const std::vector<Refusal>& Refusals() {
  static const std::vector<Refusal> kRefusals = {
      {{"QUALIFY"}, "Filter on ROW_NUMBER() in an outer query."},
      {{"PIVOT"}, "Use SUM(CASE ...) with GROUP BY."},
      {{"UNPIVOT"}, "Use UNION ALL."},
      {{"IGNORE", "NULLS"}, "Filter the NULLs out in a subquery."},
      {{"RESPECT", "NULLS"}, "It is the default: leave it out."},
      {{"APPROXIMATE", "PERCENTILE_DISC"}, "Use PERCENTILE_CONT."},
      {{"CONNECT", "BY"}, "Use WITH RECURSIVE."},
      {{"ON", "CONFLICT"}, "Redshift has MERGE, or INSERT ... SELECT of what is absent."},
      {{"DISTINCT", "ON"}, "Redshift has no DISTINCT ON; use ROW_NUMBER() in a subquery."},
      {{"RETURNING"}, "Redshift has no RETURNING; query the table afterwards."},
      {{"FILTER", "("}, "Redshift has no FILTER; use SUM(CASE WHEN ... END)."},
      {{"IS", "DISTINCT", "FROM"}, "Write (a <> b OR (a IS NULL) <> (b IS NULL))."},
      {{"IS", "NOT", "DISTINCT", "FROM"}, "Write (a = b OR (a IS NULL AND b IS NULL))."},
      {{"ARRAY", "["}, "Redshift has no arrays."},
      {{"LATERAL"}, "Redshift has no LATERAL; use a join or a window function."},
      {{"TABLESAMPLE"}, "Redshift has no TABLESAMPLE; filter on RANDOM()."},
      {{"FOR", "UPDATE"}, "Redshift has no row locks; use LOCK."},
      {{"FOR", "SHARE"}, "Redshift has no row locks; use LOCK."},
      {{"MATERIALIZED", "("}, "Redshift has no MATERIALIZED in WITH: leave it out."},
      {{"CURRENT_TIMESTAMP"}, "Use GETDATE() or SYSDATE, or bind the time of the run."},
      {{"CURRENT_TIME"}, "Use GETDATE() or SYSDATE, or bind the time of the run."},
      {{"LOCALTIMESTAMP"}, "Use GETDATE() or SYSDATE, or bind the time of the run."},
      {{"LOCALTIME"}, "Use GETDATE() or SYSDATE, or bind the time of the run."},
  };
  return kRefusals;
}

constexpr auto kForeignSymbols = std::to_array<std::string_view>(
    {"[", "]", ":", ":=", "=>", "->", "->>", "#>", "#>>", "@>", "<@", "&&", "?"});

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

std::string ExpressionTranslator::Translate(SqlRange range) const {
  Output out;
  for (size_t at = range.first; at < range.last;) {
    if (at != range.first) out.text += sql_.Gap(at);
    at = Step(at, range, out);
  }
  return out.text + out.tail;
}

std::string ExpressionTranslator::Token(size_t at) const {
  const SqlToken& token = sql_[at];
  switch (token.kind) {
    case SqlTokenKind::kQuoted:
      // Redshift folds quoted identifiers too (enable_case_sensitive_identifier is off).
      return ToLower(token.text);
    case SqlTokenKind::kWord:
      return token.text.front() == '#' ? StrCat('"', ToLower(token.text), '"')
                                       : std::string(token.text);
    case SqlTokenKind::kString:
      return LiteralToken(at);
    case SqlTokenKind::kPrefixedString:
      sql_.Refuse(at, StrCat("a literal that begins with ", token.text.front(), "'"),
                  "Redshift has plain literals only; a backslash is written twice in them.");
    case SqlTokenKind::kVariable:
      sql_.Refuse(at, StrCat("variable ", token.text, " is not filled in"),
                  "Pass the script through SplitSqlScript first.");
    case SqlTokenKind::kSymbol:
      if (Contains(kForeignSymbols, token.text) || token.text == ";") {
        sql_.Refuse(at, StrCat("'", token.text, "' is not translated for the local engine"),
                    "Say it in plain SQL.");
      }
      return std::string(token.text);
    default:
      return std::string(token.text);
  }
}

/// An E'' literal gives backslashes the meaning that they have in Redshift's plain ones.
std::string ExpressionTranslator::LiteralToken(size_t at) const {
  const std::string_view text = sql_[at].text;
  if (text.find('\\') == std::string_view::npos) return std::string(text);
  static_cast<void>(sql_.Literal(at));  // refuses escapes of unsure meaning
  return StrCat("E", text);
}

size_t ExpressionTranslator::Step(size_t at, SqlRange range, Output& out) const {
  if (sql_.Is(at, "(")) {
    out.text += Parenthesized(at);
    return sql_.Close(at) + 1;
  }
  if (sql_.Is(at, "::")) {
    const SqlType type = TranslateType(sql_, at + 1);
    out.text += "::" + type.text;
    return type.end;
  }
  if (sql_[at].kind == SqlTokenKind::kWord) return StepWord(at, range, out);
  out.text += Token(at);
  return at + 1;
}

size_t ExpressionTranslator::StepWord(size_t at, SqlRange range, Output& out) const {
  if (at > 0 && sql_.Is(at - 1, ".")) {
    if (sql_.Is(at + 1, "(")) CheckQualifiedTable(at);
    out.text += Token(at);
    return at + 1;
  }
  CheckWord(at);
  if (sql_.Is(at, "SELECT")) return Top(at, range, out);
  if (sql_.Is(at + 1, "(")) {
    if (sql_.Is(at, "CAST")) return Cast(at, out);
    if (sql_.Is(at, "CONVERT")) return Convert(at, out);
    if (sql_.Is(at, "EXTRACT")) return Extract(at, out);
    if (IsCall(at)) return Call(at, out);
  }
  if (sql_.Is(at, "MINUS")) {
    out.text += "EXCEPT";
  } else if (sql_.Is(at, "SYSDATE")) {
    out.text += "(now() AT TIME ZONE 'UTC')";
  } else if (sql_.Is(at, "CURRENT_DATE")) {
    out.text += "CAST(now() AT TIME ZONE 'UTC' AS date)";
  } else if (!sql_.Reads(at, {"APPROXIMATE", "COUNT"})) {  // an exact count will do
    out.text += Token(at);
  }
  return at + 1;
}

void ExpressionTranslator::CheckWord(size_t at) const {
  if (sql_[at].text.front() == '#') CheckTemporaryName(at);
  for (const Refusal& refusal : Refusals()) {
    size_t i = at;
    const bool here = std::all_of(refusal.words.begin(), refusal.words.end(),
                                  [&](std::string_view word) { return sql_.Is(i++, word); });
    if (!here) continue;
    std::vector<std::string> words(refusal.words.begin(), refusal.words.end());
    if (words.back() == "(" || words.back() == "[") words.pop_back();
    sql_.Refuse(at, StrCat(Join(words, " "), " is not translated for the local engine"),
                std::string(refusal.hint));
  }
}

/// `#name` where a table or column can begin; elsewhere # is the operator XOR. PostgreSQL would
/// make a table of SELECT INTO "#name" that outlives the session.
void ExpressionTranslator::CheckTemporaryName(size_t at) const {
  const bool into = at > 1 && sql_.Is(at - 1, "INTO");
  if (into && !sql_.Is(at - 2, "INSERT") && !sql_.Is(at - 2, "MERGE")) {
    sql_.Refuse(at, "SELECT INTO a temporary table", "Use CREATE TEMP TABLE ... AS SELECT.");
  }
  if (at > 0 && EndsOperand(at - 1)) {
    sql_.Refuse(at, StrCat(sql_.Describe(at), " after an operand"),
                "Put a blank after # to mean the operator.");
  }
}

bool ExpressionTranslator::EndsOperand(size_t at) const {
  const SqlToken& token = sql_[at];
  if (token.kind == SqlTokenKind::kSymbol) return token.text == ")";
  return token.kind != SqlTokenKind::kWord || !Contains(kKeywords, ToUpper(token.text));
}

/// The word stands before a parenthesis. Is it a function, and not a keyword, or a table or alias
/// with a list of columns?
bool ExpressionTranslator::IsCall(size_t at) const {
  if (Contains(kKeywords, sql_.Upper(at))) return false;
  if (at == 0) return true;
  if (sql_.Is(at - 1, "INTO") || sql_.Is(at - 1, "AS")) return false;
  if (EndsOperand(at - 1) && !(at > 1 && sql_.Is(at - 2, "TOP"))) return false;
  const size_t close = sql_.Close(at + 1);
  return !sql_.Reads(close + 1, {"AS", "("});  // WITH name (columns) AS (
}

/// `schema.name (` is the target of INSERT INTO; functions have no schema in Redshift's queries.
void ExpressionTranslator::CheckQualifiedTable(size_t at) const {
  size_t first = at;
  while (first > 1 && sql_.Is(first - 1, ".")) first -= 2;
  if (first > 0 && sql_.Is(first - 1, "INTO")) return;
  sql_.Refuse(at, StrCat("function ", sql_[at].text, " with a schema before it"),
              "Only Redshift's own functions are known on the local engine.");
}

std::string ExpressionTranslator::Parenthesized(size_t open) const {
  const size_t close = sql_.Close(open);
  if (close == open + 1) return StrCat("(", sql_.Gap(close), ")");
  return StrCat("(", sql_.Gap(open + 1), Translate({open + 1, close}), sql_.Gap(close), ")");
}

/// SELECT [ALL | DISTINCT] TOP n
size_t ExpressionTranslator::Top(size_t at, SqlRange range, Output& out) const {
  out.text += Token(at++);
  size_t top = at;
  if (sql_.Is(at, "ALL") || sql_.Is(at, "DISTINCT")) ++top;
  if (!sql_.Is(top, "TOP")) return at;
  if (sql_[top + 1].kind != SqlTokenKind::kNumber) sql_.Expected(top + 1, "a number after TOP");
  for (const std::string_view word : {"UNION", "EXCEPT", "MINUS", "INTERSECT", "LIMIT", "OFFSET"}) {
    if (sql_.Find(range, word) == range.last) continue;
    sql_.Refuse(top, StrCat("TOP together with ", word, " is not translated for the local engine"),
                "Use LIMIT.");
  }
  if (top != at) out.text += StrCat(sql_.Gap(at), sql_[at].text);
  out.tail = StrCat(" LIMIT ", sql_[top + 1].text);
  return top + 2;
}

size_t ExpressionTranslator::Call(size_t at, Output& out) const {
  const size_t open = at + 1;
  size_t next = sql_.Close(open) + 1;
  FunctionCall call{sql_, at, sql_.Upper(at), sql_.List({open + 1, next - 1}), {}, "", {}, {}};
  call.text = StrCat(sql_[at].text, sql_.Gap(open), "(");
  for (const SqlRange& range : call.ranges) {
    call.args.push_back(Translate(range));
    if (range.first > open + 1) call.text += StrCat(sql_.Gap(range.first - 1), ",");
    call.text += StrCat(sql_.Gap(range.first), call.args.back());
  }
  call.text += StrCat(sql_.Gap(next - 1), ")");
  if (sql_.Reads(next, {"WITHIN", "GROUP", "("})) {
    const size_t close = sql_.Close(next + 2);
    call.within = Translate({next + 3, close});
    call.text += StrCat(" WITHIN GROUP (", *call.within, ")");
    next = close + 1;
  }
  if (sql_.Reads(next, {"OVER", "("})) call.over = SqlRange{next + 2, sql_.Close(next + 1)};
  out.text += TranslateFunction(call);
  return next;
}

/// CAST(expression AS type)
size_t ExpressionTranslator::Cast(size_t at, Output& out) const {
  const size_t close = sql_.Close(at + 1);
  const size_t as = sql_.Find({at + 2, close}, "AS");
  if (as == close) sql_.Expected(close, "AS and a type");
  const SqlType type = TranslateType(sql_, as + 1);
  if (type.end != close) sql_.Expected(type.end, "')'");
  out.text += StrCat(sql_[at].text, "(", Translate({at + 2, as}), " AS ", type.text, ")");
  return close + 1;
}

/// CONVERT(type, expression)
size_t ExpressionTranslator::Convert(size_t at, Output& out) const {
  const size_t close = sql_.Close(at + 1);
  const SqlType type = TranslateType(sql_, at + 2);
  const size_t first = sql_.Expect(type.end, ",");
  out.text += StrCat("CAST(", Translate({first, close}), " AS ", type.text, ")");
  return close + 1;
}

/// EXTRACT(unit FROM source)
size_t ExpressionTranslator::Extract(size_t at, Output& out) const {
  const size_t close = sql_.Close(at + 1);
  const size_t source = sql_.Expect(at + 3, "FROM");
  out.text += TranslateExtract(sql_, at + 2, Translate({source, close}));
  return close + 1;
}

}  // namespace dwh
