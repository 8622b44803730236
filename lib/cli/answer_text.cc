#include "cli/answer_text.h"

#include <langinfo.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <clocale>
#include <cmath>
#include <cstdlib>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"
#include "cli/console.h"
#include "cli/text_table.h"

namespace dwh {
namespace {

/// Texts are not cut shorter than this, whatever the terminal's width.
constexpr size_t kFewestColumns = 12;
constexpr size_t kBarWidth = 16;

/// Whether a person would group the digits: of a count, not of a year or a key.
bool IsQuantity(const std::string& name) {
  return !name.ends_with("_id") && !name.ends_with("year") && name != "id";
}

std::string Title(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string CellText(const DataTable::Column& column, const DataTable::Cell& cell) {
  if (!cell) return "-";
  return column.number && IsQuantity(column.name) ? GroupDigits(*cell) : *cell;
}

double NumberIn(const DataTable::Cell& cell) {
  return cell ? std::max(0.0, std::strtod(cell->c_str(), nullptr)) : 0.0;
}

std::string Bar(double share, bool blocks) {
  constexpr size_t kSteps = 8;  // eighths of a column, as fine as the characters go
  constexpr std::array<std::string_view, kSteps> kEighths = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
  const auto eighths = static_cast<size_t>(std::lround(share * double{kBarWidth * kSteps}));
  std::string bar;
  for (size_t i = 0; i < eighths / kSteps; ++i) bar += blocks ? "█" : "#";
  if (blocks) bar += kEighths.at(eighths % kSteps);
  return bar;
}

std::vector<std::string> Bars(const DataTable& table, const AnswerStyle& style) {
  double greatest = 0;
  for (const auto& row : table.rows) greatest = std::max(greatest, NumberIn(row[*style.bar]));
  std::vector<std::string> bars;
  for (const auto& row : table.rows) {
    bars.push_back(greatest > 0 ? Bar(NumberIn(row[*style.bar]) / greatest, style.blocks) : "");
  }
  return bars;
}

/// The longest text that lets the rows fit; nothing is cut where there is no width.
size_t LongestText(const DataTable& table, const AnswerStyle& style) {
  constexpr size_t kUnlimited = 100'000;
  if (style.width == 0) return kUnlimited;
  std::vector<size_t> texts;
  size_t fixed = style.bar ? kBarWidth + 2 : 0;
  for (size_t i = 0; i < table.columns.size(); ++i) {
    size_t width = DisplayWidth(table.columns[i].name);
    for (const auto& row : table.rows) {
      width = std::max(width, DisplayWidth(CellText(table.columns[i], row[i])));
    }
    fixed += i == 0 ? 0 : 2;
    if (table.columns[i].number) {
      fixed += width;
    } else {
      texts.push_back(width);
    }
  }
  size_t longest = texts.empty() ? 0 : *std::max_element(texts.begin(), texts.end());
  const auto total = [&] {
    size_t sum = fixed;
    for (const size_t text : texts) sum += std::min(text, longest);
    return sum;
  };
  while (longest > kFewestColumns && total() > style.width) --longest;
  return std::max(longest, kFewestColumns);
}

std::string RenderUpright(const DataTable& table) {
  TextTable text({{"", TextTable::Align::kLeft}, {"", TextTable::Align::kRight}});
  for (size_t i = 0; i < table.columns.size(); ++i) {
    text.AddRow({Title(table.columns[i].name), CellText(table.columns[i], table.rows[0][i])});
  }
  return text.RenderRows();
}

}  // namespace

std::string GroupDigits(std::string_view number) {
  const size_t first = number.starts_with('-') ? 1 : 0;
  size_t end = first;
  while (end < number.size() && IsDigit(number[end])) ++end;
  std::string text(number);
  if (end < number.size() && number[end] != '.') return text;
  for (size_t at = end; at > first + 3;) text.insert(at -= 3, 1, ',');
  return text;
}

std::string RenderAnswer(const DataTable& table, const AnswerStyle& style) {
  if (table.rows.empty()) return "(no rows)\n";
  if (style.upright) return RenderUpright(table);
  std::vector<TextTable::Column> columns;
  for (const DataTable::Column& column : table.columns) {
    columns.push_back(
        {Title(column.name), column.number ? TextTable::Align::kRight : TextTable::Align::kLeft});
  }
  std::vector<std::string> bars;
  if (style.bar) {
    columns.emplace_back();
    bars = Bars(table, style);
  }
  TextTable text(std::move(columns));
  const size_t longest = LongestText(table, style);
  for (size_t i = 0; i < table.rows.size(); ++i) {
    std::vector<std::string> cells;
    for (size_t column = 0; column < table.columns.size(); ++column) {
      cells.push_back(CutToWidth(CellText(table.columns[column], table.rows[i][column]), longest));
    }
    if (style.bar) cells.push_back(bars[i]);
    text.AddRow(cells);
  }
  return text.Render();
}

AnswerStyle StdoutStyle() {
  AnswerStyle style;
  if (isatty(STDOUT_FILENO) != 1) return style;
  style.width = Console(STDOUT_FILENO, STDIN_FILENO).Width();
  const locale_t locale = newlocale(LC_CTYPE_MASK, "", nullptr);
  if (locale == nullptr) return style;
  style.blocks = std::string_view(nl_langinfo_l(CODESET, locale)) == "UTF-8";
  freelocale(locale);
  return style;
}

}  // namespace dwh
