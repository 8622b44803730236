#include "warehouse/results.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/column_advice.h"

namespace dwh {

void RequireResultsFolder(const std::filesystem::path& folder) {
  // The dot at the end makes a file in the folder's place an error too.
  if (access((folder / ".").c_str(), W_OK | X_OK) == 0) return;
  throw Error(ErrorKind::kUsage,
              StrCat("cannot write results into ", folder.string(), ": ", ErrnoText(errno)),
              "RESULTS_DIR in [ETL] of dwh.cfg names the folder; it must be there.");
}

std::filesystem::path WriteLoadErrors(const std::filesystem::path& folder,
                                      const TableRejects& rejects) {
  const std::filesystem::path path = folder / StrCat("load_errors_", rejects.table, ".json");
  if (rejects.errors.empty() && !std::filesystem::exists(path)) return "";
  nlohmann::ordered_json columns = nlohmann::ordered_json::object();
  for (const LoadError& error : rejects.errors) {
    columns[error.column].push_back({{"err_reason", error.reason},
                                     {"err_code", static_cast<int>(error.code)},
                                     {"filename", error.filename},
                                     {"line_number", error.line_number},
                                     {"type", error.type},
                                     {"col_length", error.column_length},
                                     {"position", error.position},
                                     {"raw_field_value", error.raw_field_value},
                                     {"raw_line", error.raw_line}});
  }
  // A raw value may be cut or hold bytes that are not UTF-8: they are shown as U+FFFD.
  constexpr int kIndent = 2;
  const std::string text =
      columns.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
  constexpr mode_t kReadable = 0644;
  WriteFileAtomic(path, text, kReadable);
  return rejects.errors.empty() ? "" : path;
}

std::vector<std::filesystem::path> SaveLoadErrors(const DwhConfig& config,
                                                  const std::vector<TableRejects>& rejects) {
  constexpr size_t kShown = 20;
  std::vector<std::filesystem::path> files;
  for (const TableRejects& table : rejects) {
    const std::filesystem::path path = WriteLoadErrors(config.etl.results_dir, table);
    if (path.empty()) continue;
    files.push_back(path);
    LogWarning(StrCat("Saving table ", table.table, " load errors into file ", path.string(), "."));
    for (size_t i = 0; i < std::min(kShown, table.errors.size()); ++i) {
      LogWarning("  " + DescribeLoadError(table.errors[i]));
    }
    if (table.errors.size() > kShown) {
      LogWarning(StrCat("  ... and ", table.errors.size() - kShown, " more in the file."));
    }
    for (const std::string& line : AdviseOnColumns(config.engine, table)) LogWarning("  " + line);
  }
  return files;
}

std::string DescribeLoadError(const LoadError& error) {
  std::string text = StrCat(error.filename, " line ", error.line_number);
  if (!error.column.empty()) text += StrCat(", column ", error.column);
  text += StrCat(": ", error.reason, " (", static_cast<int>(error.code), ")");
  constexpr size_t kShown = 60;
  const std::string& raw = error.column.empty() ? error.raw_line : error.raw_field_value;
  if (!raw.empty()) {
    text += StrCat(": ", TruncateUtf8(raw, kShown), raw.size() > kShown ? " ..." : "");
  }
  return text;
}

}  // namespace dwh
