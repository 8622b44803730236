#include "warehouse/report_files.h"

#include <nlohmann/json.hpp>

#include "base/text.h"

namespace dwh {
namespace {

std::string CsvCell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += c;
    quoted += c;
  }
  return quoted + '"';
}

std::string CsvLine(const std::vector<std::string>& cells) {
  std::string line = Join(cells, ",");
  // A line with nothing in it would be no row.
  if (line.empty() && cells.size() == 1) line = "\"\"";
  return line + "\r\n";
}

}  // namespace

nlohmann::ordered_json ToJsonCell(const DataTable::Column& column, const DataTable::Cell& cell) {
  if (!cell) return nullptr;
  if (!column.number) return *cell;
  // What SQL calls a number and JSON does not (NaN) stays text.
  nlohmann::ordered_json number = nlohmann::ordered_json::parse(*cell, nullptr, false);
  return number.is_number() ? number : nlohmann::ordered_json(*cell);
}

std::string ToCsv(const DataTable& table) {
  std::vector<std::string> cells;
  for (const DataTable::Column& column : table.columns) cells.push_back(CsvCell(column.name));
  std::string text = CsvLine(cells);
  for (const auto& row : table.rows) {
    cells.clear();
    for (const DataTable::Cell& cell : row) cells.push_back(CsvCell(cell.value_or("")));
    text += CsvLine(cells);
  }
  return text;
}

std::string ToJson(const std::vector<Answer>& answers) {
  nlohmann::ordered_json document = nlohmann::ordered_json::object();
  for (const Answer& answer : answers) {
    nlohmann::ordered_json rows = nlohmann::ordered_json::array();
    for (const auto& cells : answer.table.rows) {
      nlohmann::ordered_json row = nlohmann::ordered_json::object();
      for (size_t i = 0; i < cells.size(); ++i) {
        row[answer.table.columns[i].name] = ToJsonCell(answer.table.columns[i], cells[i]);
      }
      rows.push_back(std::move(row));
    }
    document[answer.question.name] = std::move(rows);
  }
  constexpr int kIndent = 2;
  return document.dump(kIndent, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

}  // namespace dwh
