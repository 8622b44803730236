#include "ingest/json_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/ascii.h"

namespace dwh {
namespace {

unsigned Byte(std::string_view text, size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

/// The value of four hex digits, or -1.
int32_t HexValue(std::string_view digits) {
  if (digits.size() < 4) return -1;
  int32_t value = 0;
  for (const char c : digits.substr(0, 4)) {
    const char lower = static_cast<char>(c | 0x20);
    if (IsDigit(c)) {
      value = value * 16 + (c - '0');
    } else if (lower >= 'a' && lower <= 'f') {
      value = value * 16 + (lower - 'a' + 10);
    } else {
      return -1;
    }
  }
  return value;
}

/// Also encodes surrogates, as three bytes, to show them in messages.
void AppendUtf8(uint32_t code, std::string& out) {
  const auto put = [&out](uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0U | code >> 6);
    put(0x80U | (code & 0x3FU));
  } else if (code < 0x10000) {
    put(0xE0U | code >> 12);
    put(0x80U | (code >> 6 & 0x3FU));
    put(0x80U | (code & 0x3FU));
  } else {
    put(0xF0U | code >> 18);
    put(0x80U | (code >> 12 & 0x3FU));
    put(0x80U | (code >> 6 & 0x3FU));
    put(0x80U | (code & 0x3FU));
  }
}

/// The character of a one-letter escape, or 0.
char SimpleEscape(char letter) {
  switch (letter) {
    case '"':
    case '\\':
    case '/':
      return letter;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return 0;
  }
}

struct UnicodeEscape {
  int32_t code = -1;  ///< -1: not hex digits.
  size_t length = 6;  ///< Bytes of the escape, or of both escapes of a pair.
};

/// Reads \uXXXX, or a pair of them, at the start of `text`.
UnicodeEscape ReadUnicodeEscape(std::string_view text) {
  const int32_t high = HexValue(text.substr(std::min<size_t>(2, text.size())));
  const bool leads = high >= 0xD800 && high <= 0xDBFF;
  if (!leads || text.size() < 12 || text[6] != '\\' || text[7] != 'u') return {high, 6};
  const int32_t low = HexValue(text.substr(8));
  if (low < 0xDC00 || low > 0xDFFF) return {high, 6};
  return {0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 12};
}

size_t SkipDigits(std::string_view text, size_t at) {
  while (at < text.size() && IsDigit(text[at])) ++at;
  return at;
}

}  // namespace

BadUtf8 DiagnoseUtf8(std::string_view text) {
  const unsigned lead = Byte(text, 0);
  if (IsUtf8Continuation(static_cast<char>(lead)) || lead >= 0xFE) return {1, 3};
  const size_t wanted = lead >= 0xFC   ? 6
                        : lead >= 0xF8 ? 5
                        : lead >= 0xF0 ? 4
                        : lead >= 0xE0 ? 3
                                       : 2;
  size_t length = 1;
  while (length < wanted && length < text.size() && IsUtf8Continuation(text[length])) ++length;
  if (wanted > 4) return {length, 1};
  if (length < wanted) return {length, length == text.size() || text[length] == '"' ? 2 : 4};
  const unsigned second = Byte(text, 1);
  if (lead == 0xED && second >= 0xA0) return {length, 5};
  if (lead > 0xF4 || (lead == 0xF4 && second >= 0x90)) return {length, 8};
  return {length, 9};
}

std::string DescribeBadUtf8(std::string_view bytes, int error) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string text;
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    text += {kHex[value >> 4], kHex[value & 0xFU], ' '};
  }
  return text + "(error " + std::to_string(error) + ")";
}

UnescapeStatus UnescapeJson(std::string_view body, std::optional<char> replacement,
                            std::string& out, std::string& problem) {
  constexpr int kSurrogate = 5;
  constexpr int kNoCodePoint = 9;
  while (true) {
    const size_t escape = body.find('\\');
    out.append(body.substr(0, escape));
    if (escape == std::string_view::npos) break;
    body.remove_prefix(escape);
    if (body.size() < 2) return UnescapeStatus::kBadEscape;
    if (body[1] != 'u') {
      const char c = SimpleEscape(body[1]);
      if (c == 0) return UnescapeStatus::kBadEscape;
      out.push_back(c);
      body.remove_prefix(2);
      continue;
    }
    const UnicodeEscape read = ReadUnicodeEscape(body);
    if (read.code < 0) return UnescapeStatus::kBadEscape;
    body.remove_prefix(read.length);
    const bool surrogate = read.code >= 0xD800 && read.code <= 0xDFFF;
    if (read.code != 0 && !surrogate) {
      AppendUtf8(static_cast<uint32_t>(read.code), out);
    } else if (replacement) {
      out.append(surrogate ? 3 : 1, *replacement);
    } else if (problem.empty()) {
      std::string bytes;
      AppendUtf8(static_cast<uint32_t>(read.code), bytes);
      problem = DescribeBadUtf8(bytes, surrogate ? kSurrogate : kNoCodePoint);
    }
  }
  return problem.empty() ? UnescapeStatus::kOk : UnescapeStatus::kBadText;
}

bool IsJsonNumber(std::string_view token) {
  size_t at = token.starts_with('-') ? 1 : 0;
  const size_t whole = at;
  at = SkipDigits(token, at);
  if (at == whole || (token[whole] == '0' && at > whole + 1)) return false;
  if (at < token.size() && token[at] == '.') {
    const size_t fraction = at + 1;
    at = SkipDigits(token, fraction);
    if (at == fraction) return false;
  }
  if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
    ++at;
    if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
    const size_t exponent = at;
    at = SkipDigits(token, at);
    if (at == exponent) return false;
  }
  return at == token.size();
}

size_t EndOfJsonString(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return std::min(at + 1, json.size());
}

void AppendCompactJson(std::string_view json, std::string& out) {
  for (size_t at = 0; at < json.size();) {
    const char c = json[at];
    if (c == '"') {
      const size_t end = EndOfJsonString(json, at);
      out.append(json.substr(at, end - at));
      at = end;
      continue;
    }
    ++at;
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
    out.push_back(c);
    if (c == ':') out.push_back(' ');
  }
}

}  // namespace dwh
