#include "base/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <numeric>

#include "base/ascii.h"

namespace dwh {
namespace {

char Lower(char c) { return IsUpper(c) ? static_cast<char>(c + 32) : c; }
char Upper(char c) { return IsLower(c) ? static_cast<char>(c - 32) : c; }

bool IsWhiteSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string Printf(const char* format, double value, const char* unit) {
  std::array<char, 64> text{};
  const int length = std::snprintf(text.data(), text.size(), format, value, unit);
  return {text.data(), static_cast<size_t>(length)};
}

/// Length of the valid UTF-8 character at `at`, or 0. RFC 3629, table of well-formed sequences.
size_t Utf8CharLength(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) -> unsigned {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0U;
  };
  const auto tail = [&](size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const bool overlong = lead == 0xE0 && byte(1) < 0xA0;
    const bool surrogate = lead == 0xED && byte(1) > 0x9F;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const bool overlong = lead == 0xF0 && byte(1) < 0x90;
    const bool too_high = lead == 0xF4 && byte(1) > 0x8F;
    return tail(1) && tail(2) && tail(3) && !overlong && !too_high ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string ToLower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), Lower);
  return result;
}

std::string ToUpper(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), Upper);
  return result;
}

std::string_view Trim(std::string_view text) {
  // By hand: find_first_not_of with a set takes ten times as long, and every field is trimmed.
  while (!text.empty() && IsWhiteSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsWhiteSpace(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  size_t start = 0;
  for (size_t end = text.find(separator); end != std::string_view::npos;
       end = text.find(separator, start)) {
    parts.emplace_back(text.substr(start, end - start));
    start = end + 1;
  }
  parts.emplace_back(text.substr(start));
  return parts;
}

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (&part != parts.data()) result += separator;
    result += part;
  }
  return result;
}

std::string NearestMatch(std::string_view word, std::span<const std::string> candidates) {
  const std::string wanted = ToLower(word);
  size_t best = std::max<size_t>(1, word.size() / 3) + 1;
  std::string nearest;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(wanted, ToLower(candidate));
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string FormatCount(int64_t count) {
  std::string digits = std::to_string(count);
  const size_t first = count < 0 ? 1 : 0;
  for (size_t at = digits.size(); at > first + 3;) digits.insert(at -= 3, 1, ',');
  return digits;
}

std::string FormatBytes(int64_t bytes) {
  if (bytes < 1000) return StrCat(bytes, bytes == 1 ? " byte" : " bytes");
  constexpr std::array kUnits = {"kB", "MB", "GB", "TB", "PB"};
  double value = static_cast<double>(bytes) / 1000;
  size_t unit = 0;
  while (value >= 999.5 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  return Printf(value < 9.95 ? "%.1f %s" : "%.0f %s", value, kUnits.at(unit));
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const double seconds = static_cast<double>(duration.count()) / 1000;
  if (seconds < 9.995) return Printf("%.2f %s", seconds, "s");
  if (seconds < 99.95) return Printf("%.1f %s", seconds, "s");
  const auto two = [](int64_t n) { return StrCat(n < 10 ? "0" : "", n); };
  const int64_t whole = duration.count() / 1000;
  if (whole < 3600) return StrCat(whole / 60, " min ", two(whole % 60), " s");
  return StrCat(whole / 3600, " h ", two(whole % 3600 / 60), " min");
}

size_t ValidUtf8Prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t length = Utf8CharLength(text, at);
    if (length == 0) break;
    at += length;
  }
  return at;
}

std::string_view TruncateUtf8(std::string_view text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && IsUtf8Continuation(text[end])) --end;
  return text.substr(0, end);
}

std::string JsonQuote(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  std::string quoted = "\"";
  while (!text.empty()) {
    const size_t length = Utf8CharLength(text, 0);
    const auto byte = static_cast<unsigned char>(text.front());
    if (length == 0) {
      quoted += "\xEF\xBF\xBD";
    } else if (byte < 0x20) {
      quoted.append("\\u00") += kHexDigits[byte >> 4U];
      quoted += kHexDigits[byte & 15U];
    } else {
      if (byte == '"' || byte == '\\') quoted += '\\';
      quoted += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(1, length));
  }
  return quoted + "\"";
}

}  // namespace dwh
