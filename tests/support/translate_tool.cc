// translate_tool FILE [name=value]...
// Shows what the local engine makes of a script: for each statement one line of JSON, with the
// PostgreSQL text or the parsed COPY. Exit status 2 with a message if the script is refused.
#include <array>
#include <iostream>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "pg/sql_script.h"

namespace {

using nlohmann::json;

json CopyAsJson(const dwh::CopyOptions& copy) {
  static constexpr std::array kMappings = {"auto", "auto ignorecase", "jsonpaths", "noshred"};
  static constexpr std::array kCompressions = {"none", "gzip", "bzip2", "zstd"};
  return {{"schema", copy.schema},
          {"table", copy.table},
          {"columns", copy.columns},
          {"source", copy.source},
          {"manifest", copy.manifest},
          {"region", copy.region},
          {"mapping", kMappings.at(static_cast<size_t>(copy.mapping))},
          {"jsonpaths", copy.jsonpaths},
          {"compression", kCompressions.at(static_cast<size_t>(copy.compression))},
          {"timeformat", copy.timeformat},
          {"dateformat", copy.dateformat},
          {"accept_any_date", copy.accept_any_date},
          {"empty_as_null", copy.empty_as_null},
          {"blanks_as_null", copy.blanks_as_null},
          {"trim_blanks", copy.trim_blanks},
          {"truncate_columns", copy.truncate_columns},
          {"round_decimals", copy.round_decimals},
          {"explicit_ids", copy.explicit_ids},
          {"accept_invalid_chars", copy.accept_invalid_chars},
          {"replacement_char", std::string(1, copy.replacement_char)},
          {"ignore_header_lines", copy.ignore_header_lines},
          {"max_error", copy.max_error},
          {"ignore_all_errors", copy.ignore_all_errors},
          {"no_load", copy.no_load},
          {"stat_update", copy.stat_update}};
}

void Translate(const std::string& file, const dwh::SqlVariables& variables) {
  for (const auto& statement : dwh::SplitSqlScript(dwh::ReadFile(file), file, variables)) {
    json line = {{"line", statement.line}};
    if (const auto copy = dwh::ParseCopy(statement.text, statement.file, statement.line)) {
      line["copy"] = CopyAsJson(*copy);
    } else {
      line["sql"] = dwh::ToPostgres(statement.text, statement.file, statement.line);
    }
    std::cout << line.dump() << '\n';
  }
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv + 1, argv + argc);
  if (args.empty()) {
    std::cerr << "usage: translate_tool FILE [name=value]...\n";
    return 2;
  }
  dwh::SqlVariables variables;
  for (size_t i = 1; i < args.size(); ++i) {
    const size_t equals = args[i].find('=');
    if (equals != std::string::npos)
      variables[args[i].substr(0, equals)] = args[i].substr(equals + 1);
  }
  try {
    Translate(args[0], variables);
  } catch (const dwh::Error& error) {
    std::cerr << error.what() << "\nhint: " << error.hint() << '\n';
    return 2;
  }
  return 0;
}
