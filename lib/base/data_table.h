#pragma once

#include <optional>
#include <string>
#include <vector>

namespace dwh {

/// The answer to a query, apart from any database: what is printed, written and drawn.
struct DataTable {
  struct Column {
    std::string name;
    bool number = false;  ///< Its cells are decimal numbers as SQL writes them, such as "92.2".
  };
  using Cell = std::optional<std::string>;  ///< nullopt is NULL; else UTF-8 text.

  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;  ///< Each as long as `columns`.

  /// The place of the column; nullopt if there is none of that name.
  std::optional<size_t> Find(const std::string& name) const {
    for (size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].name == name) return i;
    }
    return std::nullopt;
  }
};

}  // namespace dwh
