#include "warehouse/run_history.h"

#include <chrono>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "warehouse/report_files.h"

namespace dwh {
namespace {

/// What is behind the first two columns, the run's id and its beginning, in the order of the query.
constexpr std::string_view kColumns =
    "finished_at, mode, outcome, objects_listed, objects_loaded, objects_failed, objects_vanished, "
    "records, rows_loaded, rejects, bytes, host, phases, error";

/// "2026-11-22T13:00:01Z" of a timestamp of SQL's.
std::string Moment(std::string_view timestamp) {
  const auto time = ParseIso8601(timestamp);
  return time ? FormatIso8601(*time) : std::string(timestamp);
}

std::string SecondsBetween(std::string_view from, std::string_view to) {
  const auto begin = ParseIso8601(from);
  const auto end = ParseIso8601(to);
  if (!begin || !end) return "0";
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(*end - *begin);
  return StrCat(std::chrono::duration<double>(took).count());
}

Result Query(Connection& session, const std::string& stage_schema, int limit) {
  try {
    return session.Exec(StrCat("SELECT run_id, started_at, ", kColumns, " FROM ",
                               session.QuoteIdentifier(stage_schema),
                               ".etl_runs ORDER BY started_at DESC, run_id DESC LIMIT ", limit));
  } catch (const SqlError& error) {
    const std::string& state = error.sqlstate();
    const bool missing = state == "42P01" || state == "3F000";  // undefined table, schema
    if (!missing && state != "42703") throw;                    // undefined column
    throw Error(ErrorKind::kFailed, StrCat("no history: ", error.what()),
                missing ? "`create_tables --if-missing` makes what is not there."
                        : "the tables are of another version; `create_tables --force` makes them "
                          "anew, and `etl` loads everything again.");
  }
}

}  // namespace

DataTable ReadHistory(Connection& session, const std::string& stage_schema, int limit) {
  const Result rows = Query(session, stage_schema, limit);
  constexpr int kFinished = 2;
  DataTable history;
  history.columns = {{"run_id"}, {"started"}, {"seconds", true}};
  for (int column = kFinished + 1; column < rows.columns(); ++column) {
    history.columns.push_back({std::string(rows.name(column)), rows.is_number(column)});
  }
  for (int row = 0; row < rows.rows(); ++row) {
    std::vector<DataTable::Cell> cells = {
        std::string(rows.value(row, 0)), Moment(rows.value(row, 1)),
        SecondsBetween(rows.value(row, 1), rows.value(row, kFinished))};
    for (int column = kFinished + 1; column < rows.columns(); ++column) {
      cells.push_back(rows.is_null(row, column)
                          ? DataTable::Cell()
                          : DataTable::Cell(std::string(rows.value(row, column))));
    }
    history.rows.push_back(std::move(cells));
  }
  return history;
}

std::string HistoryJson(const DataTable& history) {
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (const auto& cells : history.rows) {
    nlohmann::ordered_json run = nlohmann::ordered_json::object();
    for (size_t i = 0; i < cells.size(); ++i) {
      const DataTable::Column& column = history.columns[i];
      run[column.name] = column.name == "phases" && cells[i]
                             ? nlohmann::ordered_json::parse(*cells[i], nullptr, false)
                             : ToJsonCell(column, cells[i]);
    }
    runs.push_back(std::move(run));
  }
  constexpr int kIndent = 2;
  return runs.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace dwh
