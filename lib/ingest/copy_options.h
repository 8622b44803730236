#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace dwh {

/// How JSON finds its columns (COPY's FORMAT AS JSON '...', facts section 1.1).
enum class JsonMapping { kAuto, kAutoIgnoreCase, kJsonPaths, kNoShred };

enum class Compression { kNone, kGzip, kBzip2, kZstd };

/// What a COPY statement says, whoever carries it out. Defaults are COPY's own.
struct CopyOptions {
  std::string schema;                ///< "" = the search path decides.
  std::string table;                 ///< Folded as SQL folds identifiers; not quoted.
  std::vector<std::string> columns;  ///< Empty = all but the IDENTITY columns.
  std::string source;                ///< "s3://bucket/prefix" or a path; as written.
  bool manifest = false;
  std::string region;
  JsonMapping mapping = JsonMapping::kAuto;
  std::string jsonpaths;  ///< Where the JSONPaths file is; only with kJsonPaths.
  Compression compression = Compression::kNone;

  std::string
      timeformat;  ///< "" = the default; "auto", "epochsecs", "epochmillisecs" or a pattern.
  std::string dateformat;  ///< "" = the default; "auto" or a pattern.
  bool accept_any_date = false;
  bool empty_as_null = false;
  bool blanks_as_null = false;
  bool trim_blanks = false;
  bool truncate_columns = false;
  bool round_decimals = false;  ///< ROUNDEC
  bool explicit_ids = false;
  bool accept_invalid_chars = false;
  char replacement_char = '?';
  int64_t ignore_header_lines = 0;
  /// As in COPY: the load fails at the n-th error, and 0 means the same as 1 (facts, fact 4).
  int64_t max_error = 0;
  bool ignore_all_errors = false;
  bool no_load = false;     ///< Parse and check only.
  bool stat_update = true;  ///< Refresh the planner's statistics after a load into an empty table.
};

}  // namespace dwh
