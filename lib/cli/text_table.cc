#include "cli/text_table.h"

#include <algorithm>
#include <clocale>
#include <cwchar>
#include <stdexcept>
#include <utility>

#include "base/text.h"

namespace dwh {
namespace {

/// Makes this thread read text as UTF-8, whatever the user's locale is.
class Utf8Scope {
 public:
  Utf8Scope() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    before_ = uselocale(utf8);
  }
  Utf8Scope(const Utf8Scope&) = delete;
  Utf8Scope& operator=(const Utf8Scope&) = delete;
  ~Utf8Scope() { uselocale(before_); }

 private:
  locale_t before_;
};

/// Calls `use` with each character and its width, -1 for control characters and broken UTF-8.
template <typename Use>
void ForEachCharacter(std::string_view text, Use use) {
  const Utf8Scope scope;
  while (!text.empty()) {
    wchar_t character = 0;
    std::mbstate_t state{};
    const size_t length = std::mbrtowc(&character, text.data(), text.size(), &state);
    const bool broken = length == 0 || length > text.size();
    const size_t taken = broken ? 1 : length;
    use(text.substr(0, taken), broken ? -1 : wcwidth(character));
    text.remove_prefix(taken);
  }
}

std::string Visible(std::string_view cell) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string visible;
  ForEachCharacter(cell, [&](std::string_view bytes, int width) {
    if (width >= 0) {
      visible += bytes;
      return;
    }
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      visible.append("\\x") += kHexDigits[byte >> 4U];
      visible += kHexDigits[byte & 15U];
    }
  });
  return visible;
}

}  // namespace

TextTable::TextTable(std::vector<Column> columns) : columns_(std::move(columns)) {}

void TextTable::AddRow(const std::vector<std::string>& cells) {
  if (cells.size() > columns_.size()) throw std::logic_error("more cells than columns");
  std::vector<std::string>& row = rows_.emplace_back(columns_.size());
  std::transform(cells.begin(), cells.end(), row.begin(), Visible);
}

std::vector<size_t> TextTable::Widths() const {
  std::vector<size_t> widths;
  for (size_t i = 0; i < columns_.size(); ++i) {
    size_t width = DisplayWidth(columns_[i].title);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[i]));
    widths.push_back(width);
  }
  return widths;
}

std::string TextTable::Line(const std::vector<std::string>& cells,
                            const std::vector<size_t>& widths) const {
  std::string text;
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string padding(widths[i] - DisplayWidth(cells[i]), ' ');
    const bool right = columns_[i].align == Align::kRight;
    text += StrCat(i == 0 ? "" : "  ", right ? padding : "", cells[i], right ? "" : padding);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  return text + "\n";
}

std::string TextTable::Render() const {
  const std::vector<size_t> widths = Widths();
  std::vector<std::string> titles;
  std::vector<std::string> rules;
  for (size_t i = 0; i < columns_.size(); ++i) {
    titles.push_back(columns_[i].title);
    rules.emplace_back(columns_[i].title.empty() ? 0 : widths[i], '-');
  }
  return Line(titles, widths) + Line(rules, widths) + RenderRows();
}

std::string TextTable::RenderRows() const {
  const std::vector<size_t> widths = Widths();
  std::string text;
  for (const auto& row : rows_) text += Line(row, widths);
  return text;
}

size_t DisplayWidth(std::string_view text) {
  size_t width = 0;
  ForEachCharacter(text, [&](std::string_view, int character) {
    width += character > 0 ? static_cast<size_t>(character) : 0;
  });
  return width;
}

std::string CutToWidth(std::string_view text, size_t columns) {
  if (DisplayWidth(text) <= columns) return std::string(text);
  size_t width = 1;  // of the ellipsis
  std::string cut;
  bool full = false;
  ForEachCharacter(text, [&](std::string_view bytes, int character) {
    width += character > 0 ? static_cast<size_t>(character) : 0;
    full = full || width > columns;
    if (!full) cut += bytes;
  });
  return cut + "…";
}

}  // namespace dwh
