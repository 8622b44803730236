// Runs a script of Redshift SQL on the local engine, for the Python tests:
//   run_sql_tool HOST PORT DATABASE USER SCRIPT [NAME=VALUE ...]      password in $PGPASSWORD
// Prints one JSON object for each statement, and one with "error" where it stops.

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/file.h"
#include "engine/local_engine.h"
#include "engine/redshift_dialect.h"
#include "ingest/local_source.h"

namespace {

using Json = nlohmann::ordered_json;

Json ShowRows(const dwh::Result& result) {
  Json rows = Json::array();
  for (int row = 0; result.raw() != nullptr && row < result.rows(); ++row) {
    Json values = Json::array();
    for (int column = 0; column < result.columns(); ++column) {
      const bool null = result.is_null(row, column);
      values.push_back(null ? Json() : Json(result.value(row, column)));
    }
    rows.push_back(values);
  }
  return {{"rows", rows}};
}

Json ShowLoad(const dwh::LoadOutcome& outcome) {
  Json errors = Json::array();
  for (const dwh::LoadError& error : outcome.errors) {
    errors.push_back({{"filename", error.filename},
                      {"line", error.line_number},
                      {"column", error.column},
                      {"type", error.type},
                      {"length", error.column_length},
                      {"position", error.position},
                      {"raw_value", error.raw_field_value},
                      {"code", static_cast<int>(error.code)},
                      {"reason", error.reason}});
  }
  return {{"loaded", outcome.total.rows},
          {"records", outcome.total.records},
          {"rejected", outcome.total.rejects},
          {"failed", outcome.failed},
          {"errors", errors}};
}

void Run(const dwh::SqlStatement& statement, dwh::LocalEngine& engine) {
  const auto copy = dwh::ParseCopy(statement.text, statement.file, statement.line);
  const Json shown =
      copy ? ShowLoad(engine.Copy(*copy, nullptr)) : ShowRows(engine.Execute(statement));
  std::cout << shown.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  dwh::ConnectParams params;
  params.host = args.at(1);
  params.port = std::stoi(args.at(2));
  params.database = args.at(3);
  params.user = args.at(4);
  const char* const password = std::getenv("PGPASSWORD");
  params.password = dwh::Secret(password == nullptr ? "" : password);
  dwh::SqlVariables variables;
  for (size_t i = 6; i < args.size(); ++i) {
    const size_t equals = args[i].find('=');
    variables[args[i].substr(0, equals)] = args[i].substr(equals + 1);
  }
  try {
    dwh::LocalEngine engine(params, dwh::MakeLocalSource());
    for (const dwh::SqlStatement& statement :
         dwh::SplitSqlScript(dwh::ReadFile(args.at(5)), args.at(5), variables)) {
      Run(statement, engine);
    }
  } catch (const dwh::Error& error) {
    std::cout << Json({{"error", error.what()},
                       {"hint", error.hint()},
                       {"kind", static_cast<int>(error.kind())}})
                     .dump(-1, ' ', false, Json::error_handler_t::replace)
              << "\n";
    return 1;
  }
  return 0;
}
