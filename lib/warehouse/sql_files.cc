#include "warehouse/sql_files.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <map>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

bool IsHome(const std::filesystem::path& folder) {
  std::error_code error;
  return std::filesystem::is_directory(folder / "sql" / "classic", error);
}

/// The .sql files of a folder, which need not exist, by name.
std::map<std::string, std::filesystem::path> SqlFiles(const std::filesystem::path& folder) {
  std::error_code error;
  std::map<std::string, std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".sql") files[entry.path().filename()] = entry.path();
  }
  return files;
}

}  // namespace

std::filesystem::path FindHome() {
  if (const char* const home = std::getenv("DWH_HOME"); home != nullptr && *home != '\0') {
    if (IsHome(home)) return home;
    throw Error(ErrorKind::kUsage, StrCat("DWH_HOME=", home, " holds no sql/classic"),
                "set it to the folder that holds sql/ and config/, or leave it unset.");
  }
  const std::filesystem::path program = ExecutablePath();
  for (std::filesystem::path folder = program.parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (IsHome(folder)) return folder;
    if (IsHome(folder / "share" / "sparkify_dwh")) return folder / "share" / "sparkify_dwh";
  }
  throw Error(ErrorKind::kFailed, StrCat("cannot find the folder sql/ near ", program.string()),
              "install with `cmake --install`, or set DWH_HOME to the folder that holds sql/.");
}

SqlVariables MakeSqlVariables(const DwhConfig& config, WallTime run_time) {
  std::string jsonpath = config.s3.log_jsonpath;
  if (jsonpath.empty()) jsonpath = FindHome() / "config" / "log_json_path.json";
  return {{"stage_schema", config.stage_schema},
          {"star_schema", config.star_schema},
          {"log_data", config.s3.log_data},
          {"log_jsonpath", jsonpath},
          {"song_data", config.s3.song_data},
          {"iam_role", config.iam_role.arn},
          {"max_errors", std::to_string(config.etl.max_errors)},
          {"run_time", FormatSqlTimestamp(run_time)}};
}

std::vector<SqlStatement> ReadSqlFiles(const DwhConfig& config, std::string_view step,
                                       const SqlVariables& variables) {
  const std::filesystem::path home = FindHome();
  const std::filesystem::path base = home / "sql" / "classic" / step;
  std::map<std::string, std::filesystem::path> files =
      SqlFiles(home / "sql" / ModelName(config.model) / step);
  files.merge(SqlFiles(base));
  if (files.empty()) {
    throw Error(ErrorKind::kFailed, StrCat("no SQL files in ", base.string()));
  }
  std::vector<SqlStatement> statements;
  for (const auto& [name, file] : files) {
    std::vector<SqlStatement> more =
        SplitSqlScript(ReadFile(file), std::filesystem::relative(file, home).string(), variables);
    std::move(more.begin(), more.end(), std::back_inserter(statements));
  }
  return statements;
}

}  // namespace dwh
