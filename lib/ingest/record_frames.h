#pragma once

#include <cstddef>
#include <string_view>

namespace dwh {

/// How a text of JSON objects or arrays, with any or no white space between them, falls into
/// records (facts, section 1.2), also where some of them are broken. Three rules make the cuts
/// certain:
/// - In valid JSON an opening bracket follows `:` in an object, `[` or `,` in an array, or begins a
///   record. So where a line ends in anything else and the next begins with an opening bracket, a
///   record ends, however broken it is.
/// - A string holds no line break. So an open string ends its record at the line's end.
/// - A record that turns out to be broken ends before its first line that begins, in the first
///   column, with the bracket that the record begins with: a broken line costs no other line.

/// COPY fails for larger objects, braces included (facts, section 1.2).
constexpr size_t kMaxObjectBytes = size_t{4} << 20;

/// Brackets within brackets of one record; a record with more is not valid. It also bounds how far
/// reading goes beyond a line that opens brackets and closes none.
constexpr size_t kMaxJsonDepth = 1000;

struct RecordFrame {
  enum class Kind {
    kRecord,  ///< Brackets and quotes are balanced.
    kBroken,  ///< An object or array without its end.
    kJunk,    ///< Neither white space nor the beginning of an object or array.
  };
  Kind kind = Kind::kRecord;
  size_t length = 0;     ///< Bytes from the beginning of the text; no white space at the end.
  bool complete = true;  ///< False if the frame might be another one if the text went on.
};

/// The first frame of `text`, which begins with anything but white space.
RecordFrame FindFrame(std::string_view text);

/// Length of the white space that `text` begins with.
size_t SkipWhiteSpace(std::string_view text);

/// How much of `record`, which is not valid JSON, is lost by the third rule.
size_t BrokenLength(std::string_view record);

/// The last place in `text` where a frame surely ends, whatever bytes follow; 0 if there is none.
/// `text` begins where a frame begins, or with white space.
size_t LastRecordEnd(std::string_view text);

}  // namespace dwh
