#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/data_table.h"

namespace dwh {

/// How much the place where an answer is shown can take.
struct AnswerStyle {
  size_t width = 0;     ///< Columns of the terminal, to which long texts are cut; 0: no limit.
  bool blocks = false;  ///< Bars of Unicode's block characters; else of '#'.
  std::optional<size_t> bar;  ///< The column of numbers that gets a bar beside it.
  bool upright = false;       ///< The columns of the first row as lines: for headline figures.
};

/// The answer in aligned columns, numbers on the right, each line ending in a newline. "(no rows)"
/// if it has none.
std::string RenderAnswer(const DataTable& table, const AnswerStyle& style);

/// "1,234,567.8". Anything but a plain decimal number stays as it is.
std::string GroupDigits(std::string_view number);

/// The style of standard output: with bars and within its width on a terminal, plain elsewhere.
AnswerStyle StdoutStyle();

}  // namespace dwh
