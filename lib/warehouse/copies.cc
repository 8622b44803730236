#include "warehouse/copies.h"

#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

void RequireSource(const std::string& value, const std::string& key, const DwhConfig& config) {
  if (!value.empty()) return;
  throw Error(ErrorKind::kUsage, StrCat(config.path.string(), ": [S3] ", key, " is not set"),
              "it names the folder or s3:// prefix to load.");
}

}  // namespace

std::vector<CopyStep> ReadCopies(const DwhConfig& config, const SqlVariables& variables) {
  RequireSource(config.s3.log_data, "LOG_DATA", config);
  RequireSource(config.s3.song_data, "SONG_DATA", config);
  std::vector<CopyStep> copies;
  for (SqlStatement& statement : ReadSqlFiles(config, "copy", variables)) {
    const auto copy = ParseCopy(statement.text, statement.file, statement.line);
    if (!copy) {
      throw Error(ErrorKind::kUsage,
                  StrCat(statement.file, ":", statement.line, ": not a COPY statement"));
    }
    copies.push_back({std::move(statement), *copy});
  }
  return copies;
}

}  // namespace dwh
