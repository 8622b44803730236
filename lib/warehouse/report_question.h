#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/sql_script.h"

namespace dwh {

/// One question to the warehouse: a file with one SELECT of Redshift SQL, headed by comments:
///
///   -- title: Most played songs
///   -- section: Music
///   -- answers: The songs that are played most;
///   --   a line that is set in goes on with the one before.
///   -- chart: bars title plays
///   -- overview: limit=5
///   -- param: limit number 10 How many songs
///
/// Every line is optional, and other comments are no header.
struct Question {
  struct Param {
    enum class Kind {
      kNumber,  ///< Digits; in the SQL `:name` or `:'name'`.
      kDate,    ///< 2018-11-30, or empty; in the SQL `:'name'` only.
      kText,    ///< Anything; in the SQL `:'name'` only.
    };
    std::string name;
    Kind kind = Kind::kText;
    std::string value;  ///< The default.
    std::string description;
  };
  /// How to draw the answer, and the columns that are drawn:
  ///   figures                 one row: each column is a headline figure
  ///   line X SERIES...        over days
  ///   bars LABEL VALUE...     lying
  ///   columns LABEL VALUE...  standing, one on the other
  ///   heatmap X Y VALUE       shades
  ///   states STATE VALUE      a map of the US states by their two letters
  ///   table                   nothing but the table
  struct Chart {
    std::string kind = "table";
    std::vector<std::string> columns;
  };

  std::string name;     ///< The file's, less ".sql" and the number that orders it.
  std::string file;     ///< For messages.
  std::string title;    ///< The name if the header has none.
  std::string section;  ///< Questions of one section stand together.
  std::string answers;
  Chart chart;
  /// Set if the question is asked by plain `report`: the parameters that differ there.
  std::optional<std::map<std::string, std::string>> overview;
  std::vector<Param> params;
  std::string script;
};

/// Throws Error(kUsage), with file and line, for a header that cannot be meant so: an unknown kind
/// of chart or parameter, a key that is nearly a known one, a default that is no such value, a text
/// or date that the SQL does not quote.
Question ParseQuestion(const std::string& file, std::string_view name, std::string script);

/// Throws Error(kUsage) for a value that does not fit its parameter. `settings` are values by
/// parameter; those that are not this question's are passed over.
void CheckSettings(const Question& question, const std::map<std::string, std::string>& settings);

/// The question's one statement. Parameters without a setting have their default; `variables` are
/// what sql/ may use besides. Values go in by psql's notation only. Throws Error(kUsage) as
/// CheckSettings does, and for a file that is not one SELECT.
SqlStatement BindQuestion(const Question& question,
                          const std::map<std::string, std::string>& settings,
                          const SqlVariables& variables);

}  // namespace dwh
