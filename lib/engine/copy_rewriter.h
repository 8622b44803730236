#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ingest/copy_options.h"
#include "pg/sql_script.h"

namespace dwh {

/// What to change in a COPY statement before it is sent; what is empty stays as written.
struct CopyChanges {
  std::string table;             ///< Where to load into instead, as it stands in SQL.
  std::string source;            ///< Where to read from instead.
  std::optional<bool> manifest;  ///< Whether the source is a manifest.
  std::string jsonpaths;         ///< Where the JSONPaths file is instead.
  std::string region;            ///< Of the source's bucket; a REGION that is written stays.
  Compression compression = Compression::kNone;  ///< Of a source that was compressed on the way.
  std::optional<int64_t> max_error;
  bool no_load = false;  ///< Parse and check only.
};

/// The COPY of sql/ with `changes`; every other token, blank and comment as written. Throws
/// Error(kUsage), naming file and line, for what ParseCopy refuses, and for an IAM_ROLE that is
/// empty.
std::string RewriteCopy(const SqlStatement& statement, const CopyChanges& changes);

}  // namespace dwh
