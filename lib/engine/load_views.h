#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ingest/load_error.h"
#include "pg/connection.h"

namespace dwh {

/// Which of Redshift's system views there are: a serverless workgroup has the SYS ones only (facts,
/// section 3).
enum class RedshiftKind { kCluster, kServerless };

/// What Redshift says of the COPYs of one session. All functions throw SqlError.
class LoadViews {
 public:
  LoadViews(Connection& session, RedshiftKind kind) : session_(session), kind_(kind) {}

  /// A mark before a COPY: errors of this session's queries after it are that COPY's. By query
  /// number, and neither by time, which clocks and zones blur, nor by pg_last_copy_id(), which a
  /// COPY that fails leaves as it was.
  int64_t NewestQuery();

  /// The first errors after the mark by file and line, at most kMaxListedErrors. A serverless
  /// workgroup leaves raw_line and raw_field_value empty.
  std::vector<LoadError> Errors(int64_t after_query);
  /// How many there are for each line of each file.
  void ForEachErrorLine(
      int64_t after_query,
      const std::function<void(std::string_view file, int64_t line, int64_t errors)>& visit);

  /// Rows that the last COPY of this session loaded.
  int64_t LastCopyRows();
  /// The files that it read, by the first 256 bytes of their names, each with its lines.
  std::map<std::string, int64_t> LastCopyFiles();

  /// How many files COPY reads side by side. A workgroup does not tell; then a guess.
  size_t Slices();

  /// The kind's words for Progress: rows, files done, files; of the COPY that session `pid` runs.
  static std::string ProgressQuery(RedshiftKind kind, int64_t pid);

 private:
  std::map<std::string, int64_t> ReadNumbers(const std::string& sql);

  Connection& session_;
  RedshiftKind kind_;
};

/// `key` as those views show a file's name: cut to 256 bytes, no blanks at the end.
std::string ViewFileName(std::string_view key);

}  // namespace dwh
