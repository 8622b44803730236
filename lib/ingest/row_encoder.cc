#include "ingest/row_encoder.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include "base/text.h"
#include "ingest/json_text.h"
#include "ingest/number_text.h"

namespace dwh {
namespace {

using Kind = JsonValue::Kind;
using namespace std::string_view_literals;

template <typename Integer>
void PutBigEndian(Integer value, std::string& out) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  std::array<char, sizeof(Integer)> bytes{};
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte) {
    *byte = static_cast<char>(bits & 0xFFU);
    if constexpr (sizeof(Integer) > 1) bits >>= 8U;
  }
  out.append(bytes.data(), bytes.size());
}

std::optional<FieldError> PutNull(const Column& column, std::string& out) {
  if (column.not_null) {
    return FieldError{LoadErrorCode::kMissingValue, "Missing data for not-null field"};
  }
  PutBigEndian<int32_t>(-1, out);
  return std::nullopt;
}

template <typename Integer>
void PutField(Integer value, std::string& out) {
  PutBigEndian<int32_t>(sizeof(Integer), out);
  PutBigEndian(value, out);
}

void PutBytes(std::string_view bytes, std::string& out) {
  PutBigEndian(static_cast<int32_t>(bytes.size()), out);
  out.append(bytes);
}

template <typename Integer>
std::optional<FieldError> PutInteger(const JsonValue& value, std::string_view text,
                                     std::string_view type, std::string& out) {
  int64_t number = 0;
  std::optional<FieldError> error =
      ParseInteger(text, value.kind == Kind::kNumber, std::numeric_limits<Integer>::min(),
                   std::numeric_limits<Integer>::max(), type, number);
  if (!error) PutField(static_cast<Integer>(number), out);
  return error;
}

std::optional<FieldError> PutReal(std::string_view text, std::string& out) {
  double number = 0;
  if (std::optional<FieldError> error = ParseDouble(text, "Real", number)) return error;
  const auto narrow = static_cast<float>(number);
  if (std::isinf(narrow)) {
    return FieldError{LoadErrorCode::kOverflow, "Overflow, Column type: Real"};
  }
  PutField(std::bit_cast<int32_t>(narrow), out);
  return std::nullopt;
}

std::optional<FieldError> PutDouble(std::string_view text, std::string& out) {
  double number = 0;
  std::optional<FieldError> error = ParseDouble(text, "Double", number);
  if (!error) PutField(std::bit_cast<int64_t>(number), out);
  return error;
}

std::optional<FieldError> PutDecimal(const Column& column, std::string_view text, bool round,
                                     std::string& out) {
  std::string digits;
  std::optional<FieldError> error = AppendDecimal(text, column.length, column.scale, round, digits);
  if (!error) PutBytes(digits, out);
  return error;
}

std::optional<FieldError> PutBoolean(std::string_view text, std::string& out) {
  constexpr std::array kTrue = {"1"sv, "t"sv, "true"sv, "y"sv, "yes"sv};
  constexpr std::array kFalse = {"0"sv, "f"sv, "false"sv, "n"sv, "no"sv};
  const std::string word = ToLower(text);
  const bool is_true = std::find(kTrue.begin(), kTrue.end(), word) != kTrue.end();
  if (!is_true && std::find(kFalse.begin(), kFalse.end(), word) == kFalse.end()) {
    return FieldError{LoadErrorCode::kBadBoolean, "Unknown boolean format"};
  }
  PutField(static_cast<int8_t>(is_true ? 1 : 0), out);
  return std::nullopt;
}

/// jsonb would refuse \u0000, lone surrogates and numbers of astronomic size, and with them the
/// whole COPY.
bool FitsJsonb(std::string_view json) {
  std::string unescaped;
  std::string problem;
  const bool escapes = json.find('\\') != std::string_view::npos;
  if (escapes && UnescapeJson(json, std::nullopt, unescaped, problem) != UnescapeStatus::kOk) {
    return false;
  }
  // PostgreSQL's limits are 131,072 digits before the point and 16,383 behind it.
  constexpr size_t kMaxNumberBytes = 10000;
  constexpr size_t kMaxExponentDigits = 3;
  for (size_t at = 0; at < json.size();) {
    if (json[at] == '"') {
      at = EndOfJsonString(json, at);
      continue;
    }
    const size_t end = std::min(json.find_first_not_of("+-.0123456789eE", at), json.size());
    const std::string_view number = json.substr(at, end - at);
    const size_t exponent = std::min(number.find_first_of("eE"), number.size());
    const size_t digits = std::min(number.find_first_not_of("eE+-", exponent), number.size());
    if (number.size() > kMaxNumberBytes || number.size() - digits > kMaxExponentDigits) {
      return false;
    }
    at = std::max(end, at + 1);
  }
  return true;
}

std::optional<FieldError> PutSuper(std::string_view json, std::string& out) {
  if (!FitsJsonb(json)) return FieldError{LoadErrorCode::kBadSuper, "Invalid JSON value for SUPER"};
  constexpr char kJsonbVersion = 1;
  PutBigEndian(static_cast<int32_t>(json.size() + 1), out);
  out.push_back(kJsonbVersion);
  out.append(json);
  return std::nullopt;
}

/// CHAR holds single-byte characters only.
std::optional<FieldError> CheckChar(std::string_view text) {
  const auto* const wide = std::find_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (wide == text.end()) return std::nullopt;
  const auto at = static_cast<size_t>(wide - text.begin());
  const std::string shown = DescribeBadUtf8(text.substr(at, 4), 0);
  return FieldError{
      LoadErrorCode::kBadUtf8,
      StrCat(
          "Multibyte character not supported for CHAR (Hint: Try using  VARCHAR). Invalid char: ",
          shown.substr(0, shown.find(" ("))),
      static_cast<int>(at)};
}

bool IsText(ColumnType type) { return type == ColumnType::kChar || type == ColumnType::kVarchar; }

}  // namespace

const std::string_view kBinaryCopyHeader = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"sv;
const std::string_view kBinaryCopyTrailer = "\377\377"sv;

RowEncoder::RowEncoder(std::vector<Column> columns, const CopyOptions& options)
    : columns_(std::move(columns)),
      options_(options),
      date_format_(options.dateformat),
      timestamp_format_(options.timeformat) {}

std::optional<std::pair<size_t, FieldError>> RowEncoder::Append(
    const std::vector<JsonValue>& values, std::string& out, std::optional<int64_t> load_id) const {
  const size_t begin = out.size();
  PutBigEndian(static_cast<int16_t>(columns_.size() + (load_id ? 1 : 0)), out);
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (std::optional<FieldError> error = AppendField(columns_[i], values[i], out)) {
      out.resize(begin);
      return std::pair(i, *std::move(error));
    }
  }
  if (load_id) PutField(*load_id, out);
  return std::nullopt;
}

std::optional<FieldError> RowEncoder::AppendField(const Column& column, const JsonValue& value,
                                                  std::string& out) const {
  const bool replace = options_.accept_invalid_chars && column.type == ColumnType::kVarchar;
  if (value.kind == Kind::kBadText && !replace) {
    return FieldError{
        LoadErrorCode::kBadUtf8,
        StrCat("String contains invalid or unsupported UTF-8 codepoints. Bad UTF-8 hex sequence: ",
               value.text)};
  }
  if (column.type == ColumnType::kSuper && value.kind != Kind::kAbsent) {
    return PutSuper(value.token, out);
  }
  std::string_view text = value.text;
  std::string made;
  bool null = value.kind == Kind::kAbsent || value.kind == Kind::kNull;
  if (IsText(column.type)) {
    if (value.kind == Kind::kNested || value.kind == Kind::kBadText) {
      made = MakeText(value.token);
      text = made;
    }
    if (options_.trim_blanks) text = text.substr(0, text.find_last_not_of(" \t\n\r\v\f") + 1);
    null = null || (options_.empty_as_null && text.empty()) ||
           (options_.blanks_as_null && !text.empty() && Trim(text).empty());
  } else {
    text = Trim(text);
    null = null || text.empty();
  }
  if (null) return PutNull(column, out);
  if (IsText(column.type)) return AppendText(column, text, out);
  JsonValue trimmed = value;
  trimmed.text = text;
  return AppendScalar(column, trimmed, out);
}

/// The text of an object or array, or of a string that holds bad characters.
std::string RowEncoder::MakeText(std::string_view token) const {
  std::string text;
  std::string problem;
  if (token.starts_with('"')) {
    UnescapeJson(token.substr(1, token.size() - 2), options_.replacement_char, text, problem);
  } else {
    AppendCompactJson(token, text);
  }
  return text;
}

std::optional<FieldError> RowEncoder::AppendText(const Column& column, std::string_view text,
                                                 std::string& out) const {
  const bool is_char = column.type == ColumnType::kChar;
  if (is_char) {
    if (std::optional<FieldError> error = CheckChar(text)) return error;
  }
  const auto limit = static_cast<size_t>(column.length);
  if (text.size() > limit) {
    if (!options_.truncate_columns) {
      return FieldError{
          LoadErrorCode::kOutOfRange,
          is_char ? "Char length exceeds DDL length" : "String length exceeds DDL length", 0,
          static_cast<int64_t>(text.size())};
    }
    text = TruncateUtf8(text, limit);
  }
  PutBytes(text, out);
  return std::nullopt;
}

std::optional<FieldError> RowEncoder::AppendScalar(const Column& column, const JsonValue& value,
                                                   std::string& out) const {
  switch (column.type) {
    case ColumnType::kSmallInt:
      return PutInteger<int16_t>(value, value.text, "Short", out);
    case ColumnType::kInteger:
      return PutInteger<int32_t>(value, value.text, "Integer", out);
    case ColumnType::kBigInt:
      return PutInteger<int64_t>(value, value.text, "Long", out);
    case ColumnType::kDecimal:
      return PutDecimal(column, value.text, options_.round_decimals, out);
    case ColumnType::kReal:
      return PutReal(value.text, out);
    case ColumnType::kDouble:
      return PutDouble(value.text, out);
    case ColumnType::kBoolean:
      return PutBoolean(value.text, out);
    case ColumnType::kDate:
      return AppendDate(column, value.text, out);
    default:
      return AppendTimestamp(column, value.text, out);
  }
}

std::optional<FieldError> RowEncoder::AppendDate(const Column& column, std::string_view text,
                                                 std::string& out) const {
  const std::optional<int32_t> days = date_format_.Parse(text);
  if (!days) {
    if (options_.accept_any_date) return PutNull(column, out);
    return FieldError{LoadErrorCode::kBadDate,
                      StrCat("Invalid date format or value [", date_format_.shown(), "]")};
  }
  PutField(*days, out);
  return std::nullopt;
}

std::optional<FieldError> RowEncoder::AppendTimestamp(const Column& column, std::string_view text,
                                                      std::string& out) const {
  const std::optional<int64_t> micros =
      timestamp_format_.Parse(text, column.type == ColumnType::kTimestampTz);
  if (!micros) {
    if (options_.accept_any_date) return PutNull(column, out);
    return FieldError{LoadErrorCode::kBadTimestamp, StrCat("Invalid timestamp format or value [",
                                                           timestamp_format_.shown(), "]")};
  }
  PutField(*micros, out);
  return std::nullopt;
}

}  // namespace dwh
