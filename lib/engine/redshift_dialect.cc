#include "engine/redshift_dialect.h"

#include <algorithm>
#include <array>
#include <vector>

#include "base/text.h"
#include "engine/redshift_expressions.h"
#include "engine/redshift_tables.h"
#include "engine/sql_reader.h"

namespace dwh {
namespace {

std::string Tokens(const SqlReader& sql, SqlRange range) {
  const ExpressionTranslator expressions(sql);
  std::string text;
  for (size_t at = range.first; at < range.last; ++at) {
    text += sql.Gap(at);
    text += expressions.Token(at);
  }
  return text;
}

/// Written alike on both engines.
std::string AsIs(const SqlReader& sql) { return Tokens(sql, {0, sql.size()}); }

std::string Query(const SqlReader& sql) {
  return ExpressionTranslator(sql).Translate({0, sql.size()});
}

std::string With(const SqlReader& sql) {
  for (const std::string_view verb : {"INSERT", "UPDATE", "DELETE", "MERGE"}) {
    const size_t at = sql.Find({0, sql.size()}, verb);
    if (at == sql.size()) continue;
    sql.Refuse(at, StrCat("WITH before ", verb, " does not exist on Redshift"),
               "Put WITH before the SELECT inside the statement.");
  }
  return Query(sql);
}

/// The token after a name that may have a schema.
size_t SkipName(const SqlReader& sql, size_t at) {
  static_cast<void>(sql.Name(at++));
  while (sql.Is(at, ".")) {
    static_cast<void>(sql.Name(at + 1));
    at += 2;
  }
  return at;
}

/// DELETE [FROM] table [USING ...] [WHERE ...]
std::string Delete(const SqlReader& sql) {
  const bool from = sql.Is(1, "FROM");
  const size_t name = from ? 2 : 1;
  const size_t rest = SkipName(sql, name);
  if (rest < sql.size() && !sql.Is(rest, "USING") && !sql.Is(rest, "WHERE")) {
    sql.Refuse(rest, StrCat("DELETE with ", sql.Describe(rest), " after the table"),
               "Redshift takes no alias there: write the table's name in the conditions.");
  }
  const ExpressionTranslator expressions(sql);
  return StrCat(sql[0].text, from ? "" : " FROM", sql.Gap(1),
                expressions.Translate({1, sql.size()}));
}

/// Exactly WHEN MATCHED THEN ... and WHEN NOT MATCHED THEN ..., in either order (DG, "MERGE").
std::string Merge(const SqlReader& sql) {
  if (const size_t at = sql.Find({0, sql.size()}, "REMOVE"); at != sql.size()) {
    sql.Refuse(at, "MERGE ... REMOVE DUPLICATES is not translated for the local engine",
               "Write WHEN MATCHED and WHEN NOT MATCHED.");
  }
  size_t matched = 0;
  size_t not_matched = 0;
  for (size_t at = 0; at < sql.size(); at = sql.Skip(at)) {
    const bool negated = sql.Reads(at, {"WHEN", "NOT", "MATCHED"});
    if (!negated && !sql.Reads(at, {"WHEN", "MATCHED"})) continue;
    ++(negated ? not_matched : matched);
    const size_t then = at + (negated ? 3 : 2);
    if (!sql.Is(then, "THEN")) {
      sql.Refuse(then, "MERGE with a condition beside MATCHED does not exist on Redshift",
                 "Filter the source in a subquery.");
    }
    if (sql.Is(then + 1, "DO")) {
      sql.Refuse(then + 1, "MERGE ... DO NOTHING does not exist on Redshift",
                 "Filter the source in a subquery.");
    }
  }
  if (matched != 1 || not_matched != 1) {
    sql.Refuse(0, "Redshift's MERGE has one WHEN MATCHED and one WHEN NOT MATCHED",
               "Write both, or use UPDATE, DELETE or INSERT.");
  }
  return Query(sql);
}

/// CREATE [OR REPLACE] VIEW name [(columns)] AS query
std::string CreateView(const SqlReader& sql) {
  const size_t name = sql.Is(1, "OR") ? 4 : 2;
  const size_t after_name = SkipName(sql, name);
  const size_t as = sql.Is(after_name, "(") ? sql.Skip(after_name) : after_name;
  sql.Expect(as, "AS");
  if (const size_t with = sql.Find({as, sql.size()}, "NO");
      sql.Reads(with, {"NO", "SCHEMA", "BINDING"})) {
    sql.Refuse(with, "WITH NO SCHEMA BINDING is not translated for the local engine",
               "Leave it out, and create the view again after its tables.");
  }
  return StrCat(Tokens(sql, {0, as + 1}), sql.Gap(as + 1),
                ExpressionTranslator(sql).Translate({as + 1, sql.size()}));
}

/// ANALYZE [VERBOSE] [table [(columns)]] [PREDICATE COLUMNS | ALL COLUMNS]
std::string Analyze(const SqlReader& sql) {
  size_t end = sql.size();
  if (sql.Is(1, "COMPRESSION")) {
    sql.Refuse(1, "ANALYZE COMPRESSION is not translated for the local engine",
               "Tables of the local engine have no encodings.");
  }
  const size_t predicate = end < 2 ? end : end - 2;
  if (sql.Reads(predicate, {"PREDICATE", "COLUMNS"}) || sql.Reads(predicate, {"ALL", "COLUMNS"})) {
    end = predicate;
  }
  return Tokens(sql, {0, end});
}

/// LOCK [TABLE] a, b: ACCESS EXCLUSIVE on both engines.
std::string Lock(const SqlReader& sql) {
  if (const size_t mode = sql.Find({0, sql.size()}, "IN"); mode != sql.size()) {
    sql.Refuse(mode, "LOCK ... IN ... MODE does not exist on Redshift", "Write LOCK table.");
  }
  return AsIs(sql);
}

/// SET | RESET. The label of a query is the application's name in PostgreSQL.
std::string Set(const SqlReader& sql) {
  static const std::vector<std::string> kKnown = {"query_group", "statement_timeout", "search_path",
                                                  "datestyle", "application_name"};
  const size_t at = sql.Is(1, "LOCAL") || sql.Is(1, "SESSION") ? 2 : 1;
  const std::string name = ToLower(sql.Upper(at));
  if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
    const std::string nearest = NearestMatch(name, kKnown);
    sql.Refuse(at, StrCat("setting ", sql.Describe(at), " is not translated for the local engine"),
               nearest.empty() ? StrCat("Known are ", Join(kKnown, ", "), ".")
                               : StrCat("Did you mean ", nearest, "?"));
  }
  if (name != "query_group") return AsIs(sql);
  return StrCat(Tokens(sql, {0, at}), sql.Gap(at), "application_name",
                Tokens(sql, {at + 1, sql.size()}));
}

struct Statement {
  std::vector<std::string_view> words;
  std::string (*translate)(const SqlReader&);
};

const std::vector<Statement>& Statements() {
  static const std::vector<Statement> kStatements = {
      {{"SELECT"}, Query},
      {{"("}, Query},
      {{"WITH"}, With},
      {{"INSERT", "INTO"}, Query},
      {{"UPDATE"}, Query},
      {{"DELETE"}, Delete},
      {{"MERGE", "INTO"}, Merge},
      {{"CREATE", "TABLE"}, TranslateCreateTable},
      {{"CREATE", "TEMP", "TABLE"}, TranslateCreateTable},
      {{"CREATE", "TEMPORARY", "TABLE"}, TranslateCreateTable},
      {{"CREATE", "LOCAL", "TEMP", "TABLE"}, TranslateCreateTable},
      {{"CREATE", "LOCAL", "TEMPORARY", "TABLE"}, TranslateCreateTable},
      {{"ALTER", "TABLE"}, TranslateAlterTable},
      {{"CREATE", "VIEW"}, CreateView},
      {{"CREATE", "OR", "REPLACE", "VIEW"}, CreateView},
      {{"CREATE", "SCHEMA"}, AsIs},
      {{"DROP", "TABLE"}, AsIs},
      {{"DROP", "VIEW"}, AsIs},
      {{"DROP", "SCHEMA"}, AsIs},
      {{"COMMENT", "ON"}, AsIs},
      {{"ANALYZE"}, Analyze},
      {{"ANALYSE"}, Analyze},
      {{"BEGIN"}, AsIs},
      {{"START", "TRANSACTION"}, AsIs},
      {{"COMMIT"}, AsIs},
      {{"END"}, AsIs},
      {{"ROLLBACK"}, AsIs},
      {{"ABORT"}, AsIs},
      {{"LOCK"}, Lock},
      {{"SET"}, Set},
      {{"RESET"}, Set},
  };
  return kStatements;
}

struct RefusedStatement {
  std::string_view word;
  std::string_view hint;
};
constexpr std::array kRefused = {
    RefusedStatement{"COPY", "Give it to ParseCopy and the loader."},
    RefusedStatement{"TRUNCATE",
                     "TRUNCATE commits on Redshift, and does not in PostgreSQL: use DELETE FROM."},
    RefusedStatement{"VACUUM", "Redshift and the local engine do it by themselves."},
    RefusedStatement{"UNLOAD", "Query the rows, and write the file on this side."},
    RefusedStatement{"GRANT", "Access is managed outside of these scripts."},
    RefusedStatement{"REVOKE", "Access is managed outside of these scripts."},
};

[[noreturn]] void RefuseStatement(const SqlReader& sql) {
  const std::string word = sql.Upper(0);
  const auto* refused = std::find_if(kRefused.begin(), kRefused.end(),
                                     [&](const auto& entry) { return entry.word == word; });
  std::string name = word;
  for (size_t at = 1; at < 3 && (word == "CREATE" || word == "DROP" || word == "ALTER"); ++at) {
    name += StrCat(" ", sql.Upper(at));
  }
  std::vector<std::string> known;
  for (const Statement& statement : Statements()) known.emplace_back(statement.words.front());
  const std::string nearest = NearestMatch(word, known);
  const std::string hint =
      nearest.empty() || nearest == word
          ? "It is not among the statements that mean the same on both engines."
          : StrCat("Did you mean ", nearest, "?");
  sql.Refuse(0,
             StrCat("statement ", word.empty() ? sql.Describe(0) : std::string(Trim(name)),
                    " is not translated for the local engine"),
             refused == kRefused.end() ? hint : std::string(refused->hint));
}

}  // namespace

std::string ToPostgres(std::string_view statement, std::string_view file, int line) {
  const SqlReader sql(statement, file, line);
  for (const Statement& known : Statements()) {
    size_t at = 0;
    if (std::all_of(known.words.begin(), known.words.end(),
                    [&](std::string_view word) { return sql.Is(at++, word); })) {
      return known.translate(sql);
    }
  }
  RefuseStatement(sql);
}

}  // namespace dwh
