#include "engine/redshift_types.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/text.h"

namespace dwh {
namespace {

/// A type with a length. `bare` is what Redshift makes of the name alone.
struct TextType {
  std::string_view name;
  std::string_view postgres;
  std::string_view bare;
  int max_length;  ///< 0 = takes none.
};
constexpr std::array kTextTypes = {
    TextType{"VARCHAR", "varchar", "varchar(256)", 65535},
    TextType{"NVARCHAR", "varchar", "varchar(256)", 65535},
    TextType{"TEXT", "varchar", "varchar(256)", 0},
    TextType{"CHAR", "char", "char(1)", 4096},
    TextType{"CHARACTER", "char", "char(1)", 4096},
    TextType{"NCHAR", "char", "char(1)", 4096},
    TextType{"BPCHAR", "char", "char(256)", 0},
};

/// A type without a length.
struct PlainType {
  std::string_view name;
  std::string_view postgres;  ///< "" = PostgreSQL knows the name and means the same.
  bool floating = false;
};
constexpr std::array kPlainTypes = {
    PlainType{"SMALLINT", ""},     PlainType{"INT2", ""},
    PlainType{"INTEGER", ""},      PlainType{"INT", ""},
    PlainType{"INT4", ""},         PlainType{"BIGINT", ""},
    PlainType{"INT8", ""},         PlainType{"BOOLEAN", ""},
    PlainType{"BOOL", ""},         PlainType{"DATE", ""},
    PlainType{"TIMETZ", ""},       PlainType{"TIMESTAMPTZ", ""},
    PlainType{"REAL", "", true},   PlainType{"FLOAT4", "", true},
    PlainType{"FLOAT8", "", true}, PlainType{"DOUBLE PRECISION", "", true},
    PlainType{"FLOAT", "", true},  PlainType{"DATETIME", "timestamp"},
    PlainType{"SUPER", "jsonb"},
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
  if (!sql.Is(at, "(") || type.max_length == 0) return {std::string(type.bare), at};
  const int length =
      sql.Is(at + 1, "MAX") ? type.max_length : Size(sql, at + 1, 1, type.max_length);
  return {StrCat(type.postgres, "(", length, ")"), sql.Expect(at + 2, ")")};
}

SqlType TranslateNumeric(const SqlReader& sql, size_t at) {
  if (!sql.Is(at, "(")) return {"numeric(18,0)", at};
  const int precision = Size(sql, at + 1, 1, 38);
  if (!sql.Is(at + 2, ",")) {
    return {StrCat("numeric(", precision, ",0)"), sql.Expect(at + 2, ")")};
  }
  const int scale = Size(sql, at + 3, 0, std::min(precision, 37));
  return {StrCat("numeric(", precision, ",", scale, ")"), sql.Expect(at + 4, ")")};
}

/// TIME and TIMESTAMP [WITH | WITHOUT TIME ZONE]; Redshift has microseconds and no other precision.
SqlType TranslateTime(const SqlReader& sql, const std::string& name, size_t at) {
  if (sql.Reads(at, {"WITH", "TIME", "ZONE"})) return {name + "tz", at + 3};
  if (sql.Reads(at, {"WITHOUT", "TIME", "ZONE"})) return {name, at + 3};
  return {name, at};
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
    return {std::string(text), next, plain->floating};
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
