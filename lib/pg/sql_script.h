#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// One statement of a script, without its semicolon and without comments before it.
struct SqlStatement {
  std::string text;
  std::string file;  ///< As given to ReadSqlScript, for messages.
  int line = 1;      ///< Of the statement's first character.
};

/// psql variables: `:name` is replaced by the text as it is, `:'name'` by it as a Redshift literal
/// (QuoteSqlLiteral), `:"name"` as an identifier. Not replaced inside quotes, dollar quotes and
/// comments, nor in `::`. A value never begins or ends a statement. psql would leave an unset
/// variable as it stands and let the server stumble over it; here it is an error.
using SqlVariables = std::map<std::string, std::string>;

/// Splits a script of Redshift SQL (sql_tokens.h) at its semicolons and fills in the variables.
/// Throws Error(kUsage) with file and line for an unset variable, an unclosed quote, comment or
/// parenthesis, and psql commands (`\copy`).
std::vector<SqlStatement> SplitSqlScript(std::string_view script, std::string_view file,
                                         const SqlVariables& variables);

}  // namespace dwh
