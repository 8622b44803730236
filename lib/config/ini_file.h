#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// One key of an INI file. Lines count from 1; offsets are bytes of the text that was parsed.
struct IniEntry {
  std::string section;  ///< As written, without blanks around it.
  std::string key;      ///< As written.
  /// Without blanks around it and without one matching pair of outer quotes. Continuation lines are
  /// joined to it with '\n'.
  std::string value;
  char quote = 0;  ///< The quote that was removed: ' or " or 0.
  int line = 0;
  size_t value_begin = 0;        ///< Where the value stands in its first line, quotes and all.
  size_t value_end = 0;          ///< The end of the first line's value.
  std::vector<int> extra_lines;  ///< Lines that continue the value, empty ones left out.
};

struct IniSection {
  std::string name;
  int line = 0;
};

struct IniMistake {
  int line = 0;
  std::string text;
};

/// What a text holds, and every line that could not be understood.
struct IniFile {
  std::vector<IniSection> sections;  ///< One per header, in order: a section may be split.
  std::vector<IniEntry> entries;     ///< In order. A repeated key is here once, and a mistake.
  std::vector<IniMistake> mistakes;  ///< In order of their lines.
};

/// Reads INI text as Python's configparser does without interpolation: '#' and ';' make a comment
/// only at the start of a line, '=' or ':' ends a key, a line indented deeper than its key goes on
/// with the value, '%' means itself. Beyond that: names of sections and keys are equal whatever
/// their case, a section may be split, values may be quoted, a byte order mark and CRLF are
/// allowed. Lines may have any length. Never throws for what a text holds.
IniFile ParseIni(std::string_view text);

/// `text` with one value changed: in place, in the quotes it stands in, if the section has the key;
/// else as a new last key of the section; else in a new section at the end. All other bytes stay
/// but the continuation lines of the old value. The value reads back equal. Throws Error(kFailed)
/// for a value that INI cannot hold (a line break or NUL); the message does not hold the value.
std::string SetIniValue(std::string_view text, std::string_view section, std::string_view key,
                        std::string_view value);

}  // namespace dwh
