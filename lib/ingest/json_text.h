#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace dwh {

/// Pieces of JSON that the loader reads by itself, because it needs more than a parser's yes or no:
/// numbers stay as written, and a bad character is told by its bytes.

/// A byte sequence that is not UTF-8, as COPY reports it.
struct BadUtf8 {
  size_t length = 1;  ///< Bytes that belong to it.
  int error = 0;      ///< COPY's number (facts, section 2, code 1220).
};

/// What is wrong at the start of `text`, which begins with a byte that no valid character begins
/// with or continues (see ValidUtf8Prefix in base/text.h).
BadUtf8 DiagnoseUtf8(std::string_view text);

/// "ed a0 80 (error 5)".
std::string DescribeBadUtf8(std::string_view bytes, int error);

enum class UnescapeStatus { kOk, kBadEscape, kBadText };

/// Appends the string between the quotes of `body` to `out`, escapes resolved. kBadEscape: not a
/// JSON string. kBadText: a lone surrogate or \u0000; `problem` tells it; with a `replacement` each
/// is replaced by a run of that character as long as its UTF-8 form, and the status is kOk.
UnescapeStatus UnescapeJson(std::string_view body, std::optional<char> replacement,
                            std::string& out, std::string& problem);

/// True if `token` is a number by JSON's grammar.
bool IsJsonNumber(std::string_view token);

/// The index after the string of valid JSON whose opening quote is at `at`.
size_t EndOfJsonString(std::string_view json, size_t at);

/// Appends valid JSON text without white space around tokens but with one blank after each colon:
/// the form in which Redshift stores a nested value in a VARCHAR (facts, section 1.3).
void AppendCompactJson(std::string_view json, std::string& out);

}  // namespace dwh
