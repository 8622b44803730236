#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// Rows in aligned columns, for a terminal:
///
///   table            rows
///   ---------------  -----
///   staging_events   8,056
class TextTable {
 public:
  enum class Align { kLeft, kRight };
  struct Column {
    std::string title;
    Align align = Align::kLeft;
  };

  explicit TextTable(std::vector<Column> columns);
  /// A row with fewer cells than columns is filled with empty ones; more are a programming error
  /// (std::logic_error). Control characters in cells are shown as "\x19".
  void AddRow(const std::vector<std::string>& cells);
  /// Title, rule and rows, each ending in a newline, without blanks at line ends.
  std::string Render() const;
  /// The rows alone.
  std::string RenderRows() const;

 private:
  std::vector<size_t> Widths() const;
  std::string Line(const std::vector<std::string>& cells, const std::vector<size_t>& widths) const;

  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

/// Columns that valid UTF-8 text takes on a terminal: 2 for wide characters, 0 for combining ones.
size_t DisplayWidth(std::string_view text);

/// `text`, or as much of it as fits into so many columns with an ellipsis behind. `columns` is at
/// least 1.
std::string CutToWidth(std::string_view text, size_t columns);

}  // namespace dwh
