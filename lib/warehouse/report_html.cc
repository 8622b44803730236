#include "warehouse/report_html.h"

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>

#include "base/digest.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "warehouse/report_files.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

/// What is more is no picture any longer, and makes the page slow on a phone.
constexpr size_t kMostRows = 5000;

constexpr std::string_view kDebiansChartJs = "/usr/share/javascript/chart.js/chart.min.js";

std::string ReadChartJs() {
  const char* const own = std::getenv("DWH_CHART_JS");
  const bool chosen = own != nullptr && *own != '\0';
  const std::filesystem::path path = chosen ? own : kDebiansChartJs;
  if (!chosen && !std::filesystem::exists(path)) {
    throw Error(ErrorKind::kFailed,
                StrCat("cannot draw: the chart library ", path.string(), " is not there"),
                "Install the package libjs-chart.js, or set DWH_CHART_JS to chart.min.js of "
                "Chart.js 3.");
  }
  std::string text = ReadFile(path);
  if (text.find("Chart.js v3.") == std::string::npos ||
      text.find("</script") != std::string::npos) {
    throw Error(ErrorKind::kUsage, StrCat(path.string(), " is not Chart.js 3"),
                "DWH_CHART_JS names its chart.min.js.");
  }
  return text;
}

std::string EscapeHtml(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

/// JSON within a script element: no `<` of a text can end the element or begin a comment.
std::string EscapeJson(const std::string& json) {
  std::string escaped;
  escaped.reserve(json.size());
  for (const char c : json) {
    if (c == '<') {
      escaped += "\\u003c";
    } else if (c == '>') {
      escaped += "\\u003e";
    } else if (c == '&') {
      escaped += "\\u0026";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

nlohmann::ordered_json ToJson(const Answer& answer) {
  const auto& [question, table] = answer;
  if (table.rows.size() > kMostRows) {
    throw Error(ErrorKind::kUsage,
                StrCat(question.file, ": ", FormatCount(static_cast<int64_t>(table.rows.size())),
                       " rows are too many for a dashboard"),
                StrCat("LIMIT ", kMostRows, " or less will do."));
  }
  nlohmann::ordered_json columns = nlohmann::ordered_json::array();
  for (const DataTable::Column& column : table.columns) {
    columns.push_back({{"name", column.name}, {"number", column.number}});
  }
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const auto& cells : table.rows) {
    nlohmann::ordered_json row = nlohmann::ordered_json::array();
    for (size_t i = 0; i < cells.size(); ++i) row.push_back(ToJsonCell(table.columns[i], cells[i]));
    rows.push_back(std::move(row));
  }
  return {{"name", question.name},
          {"title", question.title},
          {"section", question.section},
          {"answers", question.answers},
          {"chart", {{"kind", question.chart.kind}, {"columns", question.chart.columns}}},
          {"columns", std::move(columns)},
          {"rows", std::move(rows)}};
}

std::string Hash(const std::string& script) {
  return StrCat("'sha256-", Base64Text(AsBytes(Sha256(script))), "'");
}

/// `page` with each {{name}} replaced, once: what is put in is not looked at again.
std::string Fill(std::string_view page, const std::map<std::string, std::string>& values) {
  std::string text;
  while (!page.empty()) {
    const size_t open = std::min(page.find("{{"), page.size());
    text += page.substr(0, open);
    page.remove_prefix(open);
    const size_t close = page.find("}}");
    if (close == std::string_view::npos) break;
    const auto value = values.find(std::string(page.substr(2, close - 2)));
    if (value == values.end()) {
      throw Error(ErrorKind::kFailed,
                  StrCat("dashboard.html has no use for ", page.substr(0, close + 2)),
                  "The folder config/dashboard belongs to another version.");
    }
    text += value->second;
    page.remove_prefix(close + 2);
  }
  return text + std::string(page);
}

}  // namespace

DashboardParts ReadDashboardParts() {
  const std::filesystem::path folder = FindHome() / "config" / "dashboard";
  return {ReadFile(folder / "dashboard.html"), ReadFile(folder / "dashboard.css"),
          ReadFile(folder / "dashboard.js"), ReadChartJs()};
}

std::string RenderDashboard(const DashboardParts& parts, const std::string& title,
                            const std::string& made, const std::vector<Answer>& answers) {
  nlohmann::ordered_json questions = nlohmann::ordered_json::array();
  for (const Answer& answer : answers) questions.push_back(ToJson(answer));
  const nlohmann::ordered_json data = {{"made", made}, {"questions", std::move(questions)}};
  const std::string policy = StrCat("default-src 'none'; script-src ", Hash(parts.library), " ",
                                    Hash(parts.script), "; style-src ", Hash(parts.style),
                                    "; img-src data:; base-uri 'none'; form-action 'none'");
  const std::string json =
      data.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  return Fill(parts.page, {{"policy", policy},
                           {"title", EscapeHtml(title)},
                           {"style", parts.style},
                           {"data", EscapeJson(json)},
                           {"library", parts.library},
                           {"script", parts.script}});
}

}  // namespace dwh
