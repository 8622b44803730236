#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// Everything given, as one string. Has no overload for Secret, on purpose.
template <typename... Parts>
std::string StrCat(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return std::move(out).str();
}

/// ASCII letters only; other bytes stay as they are.
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);

/// Without the ASCII white space at both ends.
std::string_view Trim(std::string_view text);

std::vector<std::string> Split(std::string_view text, char separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);

/// The candidate nearest to `word` by edit distance, ignoring case, or "" if none is near enough
/// to be a plausible slip of the fingers (more than a third of the letters differ).
std::string NearestMatch(std::string_view word, std::span<const std::string> candidates);

/// "1,234,567".
std::string FormatCount(int64_t count);
/// "482 MB", "1.4 GB", "17 bytes": decimal units, as disks and networks are sold.
std::string FormatBytes(int64_t bytes);
/// "0.84 s", "12.3 s", "4 min 07 s", "2 h 03 min".
std::string FormatDuration(std::chrono::milliseconds duration);

/// The length in bytes of the longest valid UTF-8 prefix (RFC 3629: no surrogates, no overlong
/// forms, nothing above U+10FFFF).
size_t ValidUtf8Prefix(std::string_view text);
/// `text` cut to at most `max_bytes` without splitting a UTF-8 character.
std::string_view TruncateUtf8(std::string_view text, size_t max_bytes);

/// `text` as a JSON string, quotes and all. Bytes that are not UTF-8 become U+FFFD.
std::string JsonQuote(std::string_view text);

}  // namespace dwh
