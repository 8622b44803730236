#pragma once

#include <cstddef>
#include <string_view>

namespace dwh {

/// How a text of JSON objects or arrays, with any or no white space between them, falls into
/// records (facts, section 1.2), also where some of them are broken. Three rules make the cuts
/// certain:
/// - In valid JSON no opening bracket follows a closing one but for white space, unless a record
/// ends
///   between them. So where a line ends in a closing bracket and the next begins with an opening
///   one, a record ends, however broken it is.
/// - A string holds no line break. So an open string ends its record at the line's end.
/// - After a broken record reading goes on at the next line that begins with `{` in its first
/// column.

/// COPY fails for larger objects, braces included (facts, section 1.2).
constexpr size_t kMaxObjectBytes = size_t{4} << 20;

struct RecordFrame {
  enum class Kind {
    kRecord,  ///< Brackets and quotes are balanced.
    kBroken,  ///< An object or array without its end.
    kJunk,    ///< Neither white space nor the beginning of an object or array.
  };
  Kind kind = Kind::kRecord;
  size_t length = 0;  ///< Bytes from the beginning of the text.
};

/// The first frame of `text`, which begins with anything but white space. `text` ends at a record's
/// end or at the end of its object.
RecordFrame FindFrame(std::string_view text);

/// Length of the white space that `text` begins with.
size_t SkipWhiteSpace(std::string_view text);

/// Where the last record of `text` that is surely complete ends, if more bytes may follow: the
/// first byte after a line break where a record ends, or after the last balanced record; 0 if there
/// is no such place. `text` begins at a record.
size_t LastRecordEnd(std::string_view text);

}  // namespace dwh
