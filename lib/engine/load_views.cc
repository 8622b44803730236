#include "engine/load_views.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "ingest/loader.h"

namespace dwh {
namespace {

/// The names of one kind's views and columns; CHAR columns are padded with blanks.
struct ViewNames {
  std::string_view errors;
  std::string_view query;
  std::string_view session;
  std::string_view file;
  std::string_view error_columns;
  std::string_view files;
};

constexpr ViewNames kClusterViews = {
    .errors = "stl_load_errors",
    .query = "query",
    .session = "session",
    .file = "filename",
    .error_columns =
        "TRIM(filename), line_number, TRIM(colname), TRIM(type), TRIM(col_length), "
        "position, err_code, TRIM(err_reason), TRIM(raw_line), TRIM(raw_field_value)",
    .files = "stl_load_commits"};

constexpr ViewNames kServerlessViews = {
    .errors = "sys_load_error_detail",
    .query = "query_id",
    .session = "session_id",
    .file = "file_name",
    .error_columns =
        "TRIM(file_name), line_number, TRIM(column_name), TRIM(column_type), "
        "TRIM(column_length), position, error_code, TRIM(error_message), '', ''",
    .files = "sys_load_detail"};

const ViewNames& NamesOf(RedshiftKind kind) {
  return kind == RedshiftKind::kCluster ? kClusterViews : kServerlessViews;
}

std::string OwnErrors(const ViewNames& names, int64_t after_query) {
  return StrCat(" FROM ", names.errors, " WHERE ", names.session, " = pg_backend_pid() AND ",
                names.query, " > ", after_query);
}

}  // namespace

std::string ViewFileName(std::string_view key) {
  constexpr size_t kWidth = 256;
  key = TruncateUtf8(key, kWidth);
  return std::string(key.substr(0, key.find_last_not_of(' ') + 1));
}

int64_t LoadViews::NewestQuery() {
  const ViewNames& names = NamesOf(kind_);
  return session_.Exec(StrCat("SELECT COALESCE(MAX(", names.query, "), 0)", OwnErrors(names, -1)))
      .integer(0, 0);
}

std::vector<LoadError> LoadViews::Errors(int64_t after_query) {
  const ViewNames& names = NamesOf(kind_);
  const Result rows =
      session_.Exec(StrCat("SELECT ", names.error_columns, OwnErrors(names, after_query),
                           " ORDER BY 1, 2, 3 LIMIT ", kMaxListedErrors));
  std::vector<LoadError> errors;
  for (int row = 0; row < rows.rows(); ++row) {
    const auto text = [&](int column) { return std::string(rows.value(row, column)); };
    LoadError error;
    error.filename = text(0);
    error.line_number = rows.integer(row, 1);
    error.column = text(2);
    error.type = text(3);
    error.column_length = text(4);
    error.position = static_cast<int>(rows.integer(row, 5));
    error.code = static_cast<LoadErrorCode>(rows.integer(row, 6));
    error.reason = text(7);
    error.raw_line = text(8);
    error.raw_field_value = text(9);
    errors.push_back(std::move(error));
  }
  return errors;
}

void LoadViews::ForEachErrorLine(
    int64_t after_query, const std::function<void(std::string_view, int64_t, int64_t)>& visit) {
  const ViewNames& names = NamesOf(kind_);
  session_.ForEachRow(
      StrCat("SELECT TRIM(", names.file, "), line_number, COUNT(*)", OwnErrors(names, after_query),
             " GROUP BY 1, 2"),
      [&](const Result& row) { visit(row.value(0, 0), row.integer(0, 1), row.integer(0, 2)); });
}

size_t LoadViews::Slices() {
  constexpr size_t kGuess = 16;
  if (kind_ == RedshiftKind::kServerless) return kGuess;
  const Result row = session_.Exec("SELECT COUNT(DISTINCT slice) FROM stv_slices");
  return static_cast<size_t>(std::max<int64_t>(1, row.integer(0, 0)));
}

int64_t LoadViews::LastCopyRows() {
  return session_.Exec("SELECT pg_last_copy_count()").integer(0, 0);
}

std::map<std::string, int64_t> LoadViews::LastCopyFiles() {
  const ViewNames& names = NamesOf(kind_);
  // A file that was read in parts has several rows.
  return ReadNumbers(StrCat("SELECT TRIM(", names.file, "), SUM(lines_scanned) FROM ", names.files,
                            " WHERE ", names.query, " = pg_last_copy_id() GROUP BY 1"));
}

std::map<std::string, int64_t> LoadViews::ReadNumbers(const std::string& sql) {
  std::map<std::string, int64_t> numbers;
  session_.ForEachRow(
      sql, [&](const Result& row) { numbers.emplace(row.value(0, 0), row.integer(0, 1)); });
  return numbers;
}

std::string LoadViews::ProgressQuery(RedshiftKind kind, int64_t pid) {
  // bytes_loaded and lines move once in a million rows only; files are the finer measure.
  if (kind == RedshiftKind::kCluster) {
    return StrCat(
        "SELECT SUM(lines), SUM(num_files_complete), SUM(num_files) FROM stv_load_state "
        "WHERE session = ",
        pid);
  }
  return StrCat(
      "SELECT loaded_rows, file_count_scanned, source_file_count FROM sys_load_history "
      "WHERE session_id = ",
      pid, " ORDER BY start_time DESC LIMIT 1");
}

}  // namespace dwh
