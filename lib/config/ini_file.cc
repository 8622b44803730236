#include "config/ini_file.h"

#include <ini.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlanks = " \t\r\f\v";

struct Line {
  int number = 0;
  size_t begin = 0;
  std::string_view text;  ///< Without its line end.

  size_t Indent() const { return std::min(text.find_first_not_of(kBlanks), text.size()); }
};

std::vector<Line> SplitLines(std::string_view text) {
  std::vector<Line> lines;
  size_t begin = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    std::string_view line = text.substr(begin, end - begin);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back({static_cast<int>(lines.size()) + 1, begin, line});
    begin = end + 1;
  }
  return lines;
}

/// A line as inih understands it.
struct Parsed {
  std::string section;
  std::string key;
  std::string value;
};

int KeepParsed(void* user, const char* section, const char* name, const char* value) {
  *static_cast<Parsed*>(user) = {section, name, value};
  return 1;
}

/// Gives inih one line at a time, because it tells neither the line of a key nor a section without
/// keys, and with its own handling of several lines it hands out a continued value as if the key
/// were repeated. Its settings are variables of the library and must be undone from its defaults:
/// 200 bytes a line, and " ;" ends a value.
std::optional<Parsed> ParseLine(std::string_view line) {
  ini_use_stack = false;
  ini_allow_realloc = true;
  ini_max_line = 1 << 30;
  ini_allow_inline_comments = false;
  ini_allow_multiline = false;
  std::string text(line);
  // inih speaks of a section only when it has a key.
  if (text.starts_with('[')) text += "\n_=";
  Parsed parsed;
  if (ini_parse_string(text.c_str(), KeepParsed, &parsed) != 0) return std::nullopt;
  return parsed;
}

class Parser {
 public:
  IniFile Parse(std::string_view text) {
    for (const Line& line : SplitLines(text)) ParseOne(line);
    for (IniEntry& entry : file_.entries) Finish(entry);
    return std::move(file_);
  }

 private:
  void ParseOne(const Line& line) {
    const std::string_view content = Trim(line.text);
    if (content.empty()) {
      ++blank_lines_;
      return;
    }
    if (content.front() == '#' || content.front() == ';') return;
    if (open_ && line.Indent() > indent_) return Continue(line, content);
    blank_lines_ = 0;
    open_ = false;
    indent_ = line.Indent();
    if (content.find('\0') != std::string_view::npos) return Mistake(line, "holds a NUL byte");
    const std::optional<Parsed> parsed = ParseLine(content);
    if (!parsed) return Mistake(line, "expected '[section]' or 'key = value'");
    if (content.front() == '[') return OpenSection(line, parsed->section);
    AddKey(line, *parsed);
  }

  void OpenSection(const Line& line, std::string_view name) {
    section_ = Trim(name);
    if (section_.empty()) return Mistake(line, "a section without a name");
    file_.sections.push_back({section_, line.number});
  }

  void AddKey(const Line& line, const Parsed& parsed) {
    if (parsed.key.empty()) return Mistake(line, "a value without a key");
    // The lines of a repeated key's value belong to it, so the entry is taken up and then dropped.
    open_ = true;
    dropped_ = false;
    if (section_.empty()) return Drop(line, StrCat("key '", parsed.key, "' before any [section]"));
    const auto [first, is_new] =
        first_lines_.try_emplace({ToLower(section_), ToLower(parsed.key)}, line.number);
    if (!is_new) {
      return Drop(line, StrCat("key '", parsed.key, "' of [", section_, "] is already on line ",
                               first->second));
    }
    IniEntry entry;
    entry.section = section_;
    entry.key = parsed.key;
    entry.value = parsed.value;
    entry.line = line.number;
    const size_t separator = line.text.find_first_of("=:");
    const size_t after = line.text.find_first_not_of(kBlanks, separator + 1);
    entry.value_begin = line.begin + std::min(after, line.text.size());
    entry.value_end = entry.value_begin + parsed.value.size();
    file_.entries.push_back(std::move(entry));
  }

  void Continue(const Line& line, std::string_view content) {
    if (!dropped_) {
      IniEntry& entry = file_.entries.back();
      entry.value.append(static_cast<size_t>(blank_lines_) + 1, '\n').append(content);
      entry.extra_lines.push_back(line.number);
    }
    blank_lines_ = 0;
  }

  static void Finish(IniEntry& entry) {
    const std::string& value = entry.value;
    if (value.size() < 2 || value.front() != value.back()) return;
    if (value.front() != '\'' && value.front() != '"') return;
    entry.quote = value.front();
    entry.value = value.substr(1, value.size() - 2);
  }

  void Drop(const Line& line, std::string text) {
    dropped_ = true;
    Mistake(line, std::move(text));
  }

  void Mistake(const Line& line, std::string text) {
    file_.mistakes.push_back({line.number, std::move(text)});
  }

  IniFile file_;
  std::map<std::pair<std::string, std::string>, int> first_lines_;
  std::string section_;
  size_t indent_ = 0;     // of the last line that continued nothing
  bool open_ = false;     // a key's value may go on
  bool dropped_ = false;  // that key is a mistake and not in entries
  int blank_lines_ = 0;   // since the last line of the value
};

bool SameName(std::string_view a, std::string_view b) { return ToLower(a) == ToLower(b); }

std::string Written(std::string_view value, char quote) {
  const bool has_pair = value.size() >= 2 && value.front() == value.back() &&
                        (value.front() == '\'' || value.front() == '"');
  if (quote == 0 && (has_pair || Trim(value) != value)) quote = '"';
  if (quote == 0) return std::string(value);
  return StrCat(quote, value, quote);
}

std::string ReplaceValue(std::string_view text, const IniEntry& entry, std::string_view value) {
  std::string result(text.substr(0, entry.value_begin));
  result += Written(value, entry.quote);
  size_t kept = entry.value_end;
  const std::vector<Line> lines = SplitLines(text);
  for (const int number : entry.extra_lines) {
    const size_t begin = lines[static_cast<size_t>(number) - 1].begin;
    result += text.substr(kept, begin - kept);
    kept = std::min(text.find('\n', begin), text.size() - 1) + 1;
  }
  return result.append(text.substr(kept));
}

/// The last line that a new key of `section` may follow, or 0 if there is no such section.
int LastLine(const IniFile& file, std::string_view section) {
  int last = 0;
  for (const IniSection& header : file.sections) {
    if (SameName(header.name, section)) last = header.line;
  }
  for (const IniEntry& entry : file.entries) {
    if (!SameName(entry.section, section)) continue;
    last = std::max(last, entry.extra_lines.empty() ? entry.line : entry.extra_lines.back());
  }
  return last;
}

/// How far to indent a key that is put behind line `after`. As deep as the key before it, because a
/// deeper line would go on with that one's value. Behind a bare header as deep as the next header,
/// which would else go on with the new value.
size_t NewIndent(const std::vector<Line>& lines, const IniFile& file, int after) {
  const auto indent = [&](int number) { return lines[static_cast<size_t>(number) - 1].Indent(); };
  int header = 0;
  int next_header = 0;
  for (const IniSection& section : file.sections) {
    if (section.line <= after) header = section.line;
    if (section.line > after && next_header == 0) next_header = section.line;
  }
  int key = 0;
  for (const IniEntry& entry : file.entries) {
    if (entry.line > header && entry.line <= after) key = entry.line;
  }
  if (key > 0) return indent(key);
  return next_header > 0 ? indent(next_header) : 0;
}

/// `text` with `lines` before the byte at `at`, in the line ends that the text has.
std::string InsertLines(std::string_view text, size_t at,
                        std::initializer_list<std::string> lines) {
  const std::string_view first_line = text.substr(0, std::min(text.find('\n'), text.size()));
  const std::string_view line_end = first_line.ends_with('\r') ? "\r\n" : "\n";
  std::string result(text.substr(0, at));
  if (at > 0 && !result.ends_with('\n') && result != kByteOrderMark) result += line_end;
  for (const std::string& line : lines) result.append(line).append(line_end);
  return result.append(text.substr(at));
}

}  // namespace

IniFile ParseIni(std::string_view text) { return Parser().Parse(text); }

std::string SetIniValue(std::string_view text, std::string_view section, std::string_view key,
                        std::string_view value) {
  if (value.find_first_of(std::string_view("\n\0", 2)) != std::string_view::npos) {
    throw Error(ErrorKind::kFailed,
                StrCat("the value for ", key, " in [", section, "] holds a line break or NUL"));
  }
  const IniFile file = ParseIni(text);
  for (const IniEntry& entry : file.entries) {
    if (!SameName(entry.section, section) || !SameName(entry.key, key)) continue;
    return ReplaceValue(text, entry, value);
  }
  const std::string line = StrCat(key, "=", Written(value, 0));
  const int after = LastLine(file, section);
  if (after == 0) {
    const std::string header = StrCat("[", section, "]");
    if (SplitLines(text).empty()) return InsertLines(text, text.size(), {header, line});
    return InsertLines(text, text.size(), {"", header, line});
  }
  const std::vector<Line> lines = SplitLines(text);
  const std::string indent(NewIndent(lines, file, after), ' ');
  const size_t begin = lines[static_cast<size_t>(after) - 1].begin;
  const size_t at = std::min(text.find('\n', begin), text.size() - 1) + 1;
  return InsertLines(text, at, {indent + line});
}

}  // namespace dwh
