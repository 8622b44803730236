#include "engine/redshift_types.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace dwh {
namespace {

/// A type with a length.
struct TextType {
  std::string_view name;
  ColumnType column;
  int bare;        ///< The length that the name alone has.
  int max_length;  ///< 0 = takes none.

  std::string_view postgres() const { return column == ColumnType::kChar ? "char" : "varchar"; }
};
constexpr std::array kTextTypes = {
    TextType{"VARCHAR", ColumnType::kVarchar, 256, 65535},
    TextType{"NVARCHAR", ColumnType::kVarchar, 256, 65535},
    TextType{"TEXT", ColumnType::kVarchar, 256, 0},
    TextType{"CHAR", ColumnType::kChar, 1, 4096},
    TextType{"CHARACTER", ColumnType::kChar, 1, 4096},
    TextType{"NCHAR", ColumnType::kChar, 1, 4096},
    TextType{"BPCHAR", ColumnType::kChar, 256, 0},
};

/// A type without a length.
struct PlainType {
  std::string_view name;
  std::string_view postgres;  ///< "" = PostgreSQL knows the name and means the same.
  std::optional<ColumnType> column;
};
constexpr std::array kPlainTypes = {
    PlainType{"SMALLINT", "", ColumnType::kSmallInt},
    PlainType{"INT2", "", ColumnType::kSmallInt},
    PlainType{"INTEGER", "", ColumnType::kInteger},
    PlainType{"INT", "", ColumnType::kInteger},
    PlainType{"INT4", "", ColumnType::kInteger},
    PlainType{"BIGINT", "", ColumnType::kBigInt},
    PlainType{"INT8", "", ColumnType::kBigInt},
    PlainType{"BOOLEAN", "", ColumnType::kBoolean},
    PlainType{"BOOL", "", ColumnType::kBoolean},
    PlainType{"DATE", "", ColumnType::kDate},
    PlainType{"TIMETZ", "", std::nullopt},
    PlainType{"TIMESTAMPTZ", "", ColumnType::kTimestampTz},
    PlainType{"REAL", "", ColumnType::kReal},
    PlainType{"FLOAT4", "", ColumnType::kReal},
    PlainType{"FLOAT8", "", ColumnType::kDouble},
    PlainType{"DOUBLE PRECISION", "", ColumnType::kDouble},
    PlainType{"FLOAT", "", ColumnType::kDouble},
    PlainType{"DATETIME", "timestamp", ColumnType::kTimestamp},
    PlainType{"SUPER", "jsonb", ColumnType::kSuper},
};

struct RefusedType {
  std::string_view name;
  std::string_view hint;
};
constexpr std::string_view kNoLocalType = "The local engine has no type of the same meaning.";
constexpr std::string_view kNotRedshift = "Redshift has no such type.";
constexpr std::array kRefusedTypes = {
    RefusedType{"VARBYTE", kNoLocalType},
    RefusedType{"VARBINARY", kNoLocalType},
    RefusedType{"BINARY", kNoLocalType},
    RefusedType{"GEOMETRY", kNoLocalType},
    RefusedType{"GEOGRAPHY", kNoLocalType},
    RefusedType{"HLLSKETCH", kNoLocalType},
    RefusedType{"INTERVAL", "Write interval literals: INTERVAL '1 day'."},
    RefusedType{"SERIAL", "Redshift has IDENTITY(seed, step) instead."},
    RefusedType{"BIGSERIAL", "Redshift has IDENTITY(seed, step) instead."},
    RefusedType{"JSON", "Redshift has SUPER instead."},
    RefusedType{"JSONB", "Redshift has SUPER instead."},
    RefusedType{"UUID", kNotRedshift},
    RefusedType{"BYTEA", kNotRedshift},
    RefusedType{"MONEY", kNotRedshift},
    RefusedType{"REGCLASS", kNotRedshift},
};

template <typename Types>
auto FindType(const Types& types, std::string_view name) {
  return std::find_if(types.begin(), types.end(), [&](const auto& t) { return t.name == name; });
}

/// The number inside parentheses.
int Size(const SqlReader& sql, size_t at, int lowest, int highest) {
  int value = 0;
  const std::string_view text = sql[at].text;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < lowest ||
      value > highest) {
    sql.Expected(at, StrCat("a number from ", lowest, " to ", highest));
  }
  return value;
}

SqlType TranslateText(const SqlReader& sql, const TextType& type, size_t at) {
  SqlType result;
  result.end = at;
  result.column = type.column;
  result.length = type.bare;
  if (sql.Is(at, "(") && type.max_length > 0) {
    result.length = sql.Is(at + 1, "MAX") ? type.max_length : Size(sql, at + 1, 1, type.max_length);
    result.end = sql.Expect(at + 2, ")");
  }
  result.text = StrCat(type.postgres(), "(", result.length, ")");
  return result;
}

SqlType TranslateNumeric(const SqlReader& sql, size_t at) {
  SqlType result;
  result.end = at;
  result.column = ColumnType::kDecimal;
  result.length = 18;
  if (sql.Is(at, "(")) {
    result.length = Size(sql, at + 1, 1, 38);
    const bool scaled = sql.Is(at + 2, ",");
    if (scaled) result.scale = Size(sql, at + 3, 0, std::min(result.length, 37));
    result.end = sql.Expect(at + (scaled ? 4 : 2), ")");
  }
  result.text = StrCat("numeric(", result.length, ",", result.scale, ")");
  return result;
}

/// TIME and TIMESTAMP [WITH | WITHOUT TIME ZONE]; Redshift has microseconds and no other precision.
SqlType TranslateTime(const SqlReader& sql, const std::string& name, size_t at) {
  const bool with = sql.Reads(at, {"WITH", "TIME", "ZONE"});
  const bool without = sql.Reads(at, {"WITHOUT", "TIME", "ZONE"});
  SqlType result;
  result.text = with ? name + "tz" : name;
  result.end = with || without ? at + 3 : at;
  if (name == "timestamp") {
    result.column = with ? ColumnType::kTimestampTz : ColumnType::kTimestamp;
  }
  return result;
}

/// The name of the type in one word where SQL has several; moves `at` behind it.
std::string TypeWord(const SqlReader& sql, size_t& at) {
  std::string name = sql.Upper(at);
  if (name == "NATIONAL") name = sql.Upper(++at);
  ++at;
  if (name == "DOUBLE" && sql.Is(at, "PRECISION")) {
    ++at;
    return "DOUBLE PRECISION";
  }
  const bool varying = name == "CHARACTER" || name == "CHAR" || name == "NCHAR";
  if (varying && sql.Is(at, "VARYING")) {
    ++at;
    return "VARCHAR";
  }
  return name;
}

[[noreturn]] void RefuseType(const SqlReader& sql, size_t at, const std::string& name) {
  if (const auto* refused = FindType(kRefusedTypes, name); refused != kRefusedTypes.end()) {
    sql.Refuse(at, StrCat("type ", name, " is not translated for the local engine"),
               std::string(refused->hint));
  }
  std::vector<std::string> known = {"NUMERIC", "DECIMAL", "TIME", "TIMESTAMP"};
  for (const TextType& type : kTextTypes) known.emplace_back(type.name);
  for (const PlainType& type : kPlainTypes) known.emplace_back(type.name);
  const std::string nearest = NearestMatch(name, known);
  sql.Refuse(at, StrCat("expected a Redshift data type but found ", sql.Describe(at)),
             nearest.empty() ? "Use a type of Redshift's documentation."
                             : StrCat("Did you mean ", nearest, "?"));
}

/// A type that is written alike on both stays as it is written.
SqlType KeepIfSame(const SqlReader& sql, size_t at, SqlType type) {
  const std::string_view source = sql.Source({at, type.end});
  if (ToLower(source) == type.text) type.text = source;
  return type;
}

}  // namespace

SqlType TranslateType(const SqlReader& sql, size_t at) {
  size_t next = at;
  const std::string name = TypeWord(sql, next);
  if (const auto* text = FindType(kTextTypes, name); text != kTextTypes.end()) {
    return KeepIfSame(sql, at, TranslateText(sql, *text, next));
  }
  if (const auto* plain = FindType(kPlainTypes, name); plain != kPlainTypes.end()) {
    const std::string_view text =
        plain->postgres.empty() ? sql.Source({at, next}) : plain->postgres;
    const bool floating =
        plain->column == ColumnType::kReal || plain->column == ColumnType::kDouble;
    return {.text = std::string(text), .end = next, .floating = floating, .column = plain->column};
  }
  if (name == "NUMERIC" || name == "DECIMAL" || name == "DEC") {
    return KeepIfSame(sql, at, TranslateNumeric(sql, next));
  }
  if (name == "TIME" || name == "TIMESTAMP") {
    return KeepIfSame(sql, at, TranslateTime(sql, ToLower(name), next));
  }
  RefuseType(sql, at, name);
}

}  // namespace dwh
