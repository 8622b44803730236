#include "ingest/number_text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <vector>

#include "base/ascii.h"
#include "base/text.h"

namespace dwh {
namespace {

/// from_chars takes no plus; after one it must not see a minus.
std::string_view WithoutPlus(std::string_view text) {
  const bool plus = text.starts_with('+') && !text.starts_with("+-");
  return text.substr(plus ? 1 : 0);
}

FieldError BadDigit(LoadErrorCode code, std::string_view text, size_t at, std::string_view type) {
  // A whole character: the reason goes into a text column.
  std::string_view shown = text.substr(std::min(at, text.size()));
  size_t length = shown.empty() ? 0 : 1;
  while (length < shown.size() && IsUtf8Continuation(shown[length])) {
    ++length;
  }
  shown = shown.substr(0, length);
  return {code, StrCat("Invalid digit, Value '", shown, "', Pos ", at, ", Type: ", type),
          static_cast<int>(at)};
}

/// A decimal number taken apart: 0.DIGITS times 10 to the power of `point`.
struct Digits {
  bool negative = false;
  std::string digits;  ///< Without zeros at either end; empty for zero.
  int64_t point = 0;
};

/// Exponents beyond this overflow every type; larger ones would only make loops long.
constexpr int64_t kMaxExponent = 100000;

/// nullopt, and where reading stopped, if `text` is not [sign]digits[.digits][e[sign]digits].
std::optional<Digits> TakeApart(std::string_view text, size_t& at) {
  Digits number;
  at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  number.negative = text.starts_with('-');
  const size_t first = at;
  bool fraction = false;
  for (; at < text.size() && (IsDigit(text[at]) || (text[at] == '.' && !fraction)); ++at) {
    if (text[at] == '.') {
      fraction = true;
    } else {
      number.digits.push_back(text[at]);
      if (!fraction) ++number.point;
    }
  }
  if (number.digits.empty()) {
    at = first;
    return std::nullopt;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    int64_t exponent = 0;
    const char* const begin = WithoutPlus(text.substr(at + 1)).data();
    const auto [end, error] = std::from_chars(begin, text.data() + text.size(), exponent);
    if (error == std::errc::invalid_argument) return std::nullopt;
    if (error == std::errc::result_out_of_range)
      exponent = *begin == '-' ? -kMaxExponent : kMaxExponent;
    number.point += std::clamp(exponent, -kMaxExponent, kMaxExponent);
    at = static_cast<size_t>(end - text.data());
  }
  if (at != text.size()) return std::nullopt;
  const size_t zeros = std::min(number.digits.find_first_not_of('0'), number.digits.size());
  number.digits.erase(0, zeros);
  number.point -= static_cast<int64_t>(zeros);
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
  if (number.digits.empty()) number.point = 0;  // zero, whatever its exponent
  return number;
}

/// Cuts or rounds to `scale` digits after the point. `digits` may become empty: zero.
void SetScale(Digits& number, int scale, bool round) {
  const int64_t kept = number.point + scale;
  if (kept >= static_cast<int64_t>(number.digits.size())) return;
  const bool up = round && kept >= 0 && number.digits[static_cast<size_t>(kept)] >= '5';
  number.digits.resize(static_cast<size_t>(std::max<int64_t>(kept, 0)));
  if (up) {
    size_t at = number.digits.size();
    while (at > 0 && number.digits[at - 1] == '9') number.digits[--at] = '0';
    if (at > 0) {
      ++number.digits[at - 1];
    } else {
      number.digits.insert(number.digits.begin(), '1');
      ++number.point;
    }
  }
  number.digits.erase(number.digits.find_last_not_of('0') + 1);
}

void PutInt16(int value, std::string& out) {
  out.push_back(static_cast<char>(value >> 8 & 0xFF));
  out.push_back(static_cast<char>(value & 0xFF));
}

/// numeric_send: groups of four decimal digits aligned at the point.
void PutNumeric(const Digits& number, int scale, std::string& out) {
  constexpr int kNegative = 0x4000;
  std::vector<int> groups;
  int64_t weight = 0;
  if (!number.digits.empty()) {
    weight = (number.point > 0 ? (number.point + 3) / 4 : number.point / 4) - 1;
    const int64_t leading = (weight + 1) * 4 - number.point;  // zeros that fill the first group
    std::string padded(static_cast<size_t>(leading), '0');
    padded += number.digits;
    padded.append((4 - padded.size() % 4) % 4, '0');
    for (size_t at = 0; at < padded.size(); at += 4) {
      groups.push_back((padded[at] - '0') * 1000 + (padded[at + 1] - '0') * 100 +
                       (padded[at + 2] - '0') * 10 + (padded[at + 3] - '0'));
    }
  }
  PutInt16(static_cast<int>(groups.size()), out);
  PutInt16(static_cast<int>(weight), out);
  PutInt16(number.negative && !groups.empty() ? kNegative : 0, out);
  PutInt16(scale, out);
  for (const int group : groups) PutInt16(group, out);
}

}  // namespace

std::optional<FieldError> ParseInteger(std::string_view text, bool whole_numbers, int64_t min,
                                       int64_t max, std::string_view type, int64_t& number) {
  const std::string_view unsigned_text = WithoutPlus(text);
  const char* const last = unsigned_text.data() + unsigned_text.size();
  const auto [end, error] = std::from_chars(unsigned_text.data(), last, number);
  const auto overflow = [type] {
    return FieldError{LoadErrorCode::kOverflow, StrCat("Overflow, Column type: ", type)};
  };
  if (end == last && error == std::errc()) {
    if (number < min || number > max) return overflow();
    return std::nullopt;
  }
  if (end == last && error == std::errc::result_out_of_range) return overflow();
  size_t at = 0;
  const std::optional<Digits> digits = whole_numbers ? TakeApart(text, at) : std::nullopt;
  const bool whole = digits && digits->point >= static_cast<int64_t>(digits->digits.size());
  if (!whole) {
    const size_t start = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const auto* const bad =
        std::find_if_not(text.begin() + static_cast<int64_t>(start), text.end(), IsDigit);
    return BadDigit(LoadErrorCode::kBadDigit, text, static_cast<size_t>(bad - text.begin()), type);
  }
  constexpr int64_t kDigitsOfLong = 19;
  if (digits->point > kDigitsOfLong) return overflow();
  std::string plain = digits->negative ? "-" : "";
  plain += digits->digits.empty() ? "0" : digits->digits;
  plain.append(static_cast<size_t>(digits->point) - digits->digits.size(), '0');
  return ParseInteger(plain, false, min, max, type, number);
}

std::optional<FieldError> AppendDecimal(std::string_view text, int precision, int scale, bool round,
                                        std::string& out) {
  size_t at = 0;
  std::optional<Digits> number = TakeApart(text, at);
  if (!number) return BadDigit(LoadErrorCode::kBadDecimal, text, at, "Decimal");
  SetScale(*number, scale, round);
  if (!number->digits.empty() && number->point > precision - scale) {
    return FieldError{LoadErrorCode::kOverflow, "Overflow, Column type: Decimal"};
  }
  PutNumeric(*number, scale, out);
  return std::nullopt;
}

std::optional<FieldError> ParseDouble(std::string_view text, std::string_view type,
                                      double& number) {
  const std::string_view plain = WithoutPlus(text);
  size_t at = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), number);
  // from_chars takes "inf" and "nan", but JSON has neither.
  if (error == std::errc() && end == plain.data() + plain.size() && std::isfinite(number)) {
    return std::nullopt;
  }
  const std::optional<Digits> digits = TakeApart(text, at);
  if (!digits) return BadDigit(LoadErrorCode::kBadFloat, text, at, type);
  // Out of a double's range: too small is zero, too large is an error.
  if (digits->point > 0) {
    return FieldError{LoadErrorCode::kOverflow, StrCat("Overflow, Column type: ", type)};
  }
  number = digits->negative ? -0.0 : 0.0;
  return std::nullopt;
}

}  // namespace dwh
