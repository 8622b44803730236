#include "engine/redshift_functions.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "engine/redshift_types.h"

namespace dwh {
namespace {

// ---- Units of time (DG, "Date parts for date or timestamp functions") ---------------------------

struct DateUnit {
  std::string_view names;     ///< Redshift's names, each between blanks.
  std::string_view postgres;  ///< For date_part and date_trunc.
  std::string_view interval;  ///< What DATEADD adds; "" = not a length of time.
  std::string_view seconds;   ///< Length for DATEDIFF; "" = not known to mean the same.
};
// Gregorian means for month, quarter and year: the distance between two firsts of a month differs
// from whole months of 30.436875 days by two days at most, so that rounding is exact.
//
// Left out: decade, because Redshift counts from 1; and weeks in DATEDIFF, because the
// documentation does not say which day begins one.
constexpr std::array kDateUnits = {
    DateUnit{" millennium millennia mil mils ", "millennium", "1000 years", ""},
    DateUnit{" century centuries c cent cents ", "century", "100 years", ""},
    DateUnit{" year years y yr yrs ", "year", "1 year", "31556952"},
    DateUnit{" quarter quarters qtr qtrs ", "quarter", "3 months", "7889238"},
    DateUnit{" month months mon mons ", "month", "1 month", "2629746"},
    DateUnit{" week weeks w ", "week", "7 days", ""},
    DateUnit{" day days d ", "day", "1 day", "86400"},
    DateUnit{" hour hours h hr hrs ", "hour", "1 hour", "3600"},
    DateUnit{" minute minutes m min mins ", "minute", "1 minute", "60"},
    DateUnit{" second seconds s sec secs ", "second", "1 second", "1"},
    DateUnit{" millisecond milliseconds ms msec msecs msecond mseconds millisec millisecs ",
             "milliseconds", "1 millisecond", "0.001"},
    DateUnit{" microsecond microseconds us usec usecs usecond useconds microsec microsecs ",
             "microseconds", "1 microsecond", "0.000001"},
    DateUnit{" dayofweek dow dw weekday ", "dow", "", ""},
    DateUnit{" dayofyear doy dy yearday ", "doy", "", ""},
    DateUnit{" epoch ", "epoch", "", ""},
};

/// The unit named at a token, bare or as a literal.
const DateUnit& Unit(const SqlReader& sql, size_t at) {
  const bool quoted = sql[at].kind == SqlTokenKind::kString;
  const std::string name = quoted ? ToLower(sql.Literal(at)) : ToLower(sql.Upper(at));
  const auto* unit = std::find_if(kDateUnits.begin(), kDateUnits.end(), [&](const DateUnit& u) {
    return u.names.find(StrCat(" ", name, " ")) != std::string_view::npos;
  });
  if (unit == kDateUnits.end()) {
    sql.Refuse(at, StrCat("date part '", name, "' is not translated for the local engine"),
               "Use year, quarter, month, week, day, hour, minute, second, dow, doy or epoch.");
  }
  return *unit;
}

[[noreturn]] void RefuseUnit(const FunctionCall& call, std::string_view hint) {
  call.sql.Refuse(call.at,
                  StrCat(call.name, " with date part ", call.sql.Describe(call.ranges[0].first),
                         " is not translated for the local engine"),
                  std::string(hint));
}

const DateUnit& UnitArgument(const FunctionCall& call) {
  if (call.ranges[0].size() != 1) call.sql.Expected(call.ranges[0].first, "a single date part");
  return Unit(call.sql, call.ranges[0].first);
}

/// Literals and dates become timestamps, as Redshift's implicit conversion makes them.
std::string AsTimestamp(const std::string& text) { return StrCat("CAST(", text, " AS timestamp)"); }

std::string DateAdd(const FunctionCall& call) {
  const DateUnit& unit = UnitArgument(call);
  if (unit.interval.empty()) RefuseUnit(call, "Use year to microsecond.");
  const std::string time = AsTimestamp(call.args[2]);
  const std::string step = StrCat("(", call.args[1], ") * interval '", unit.interval, "'");
  if (unit.interval.find("year") == std::string_view::npos)
    return StrCat("(", time, " + ", step, ")");
  // 29 February plus a year is 1 March on Redshift (DG, "DATEADD", usage notes) and 28 February in
  // PostgreSQL: so move the first of the month, and count the days from there.
  const std::string month = StrCat("date_trunc('month', ", time, ")");
  return StrCat("(", month, " + ", step, " + (", time, " - ", month, "))");
}

/// The number of boundaries between two moments, not the time between them.
std::string DateDiff(const FunctionCall& call) {
  const DateUnit& unit = UnitArgument(call);
  if (unit.seconds.empty()) RefuseUnit(call, "Use DATEDIFF(day, ...) or DATE_TRUNC.");
  const auto boundary = [&](const std::string& text) {
    return StrCat("date_trunc('", unit.postgres, "', ", AsTimestamp(text), ")");
  };
  return StrCat("CAST(ROUND(EXTRACT(epoch FROM ", boundary(call.args[2]), " - ",
                boundary(call.args[1]), ") / ", unit.seconds, ") AS bigint)");
}

/// A double with the fraction of a second, unlike EXTRACT (DG, "Variations in results").
std::string DatePart(const FunctionCall& call) {
  const DateUnit& unit = UnitArgument(call);
  if (unit.postgres == "milliseconds" || unit.postgres == "microseconds") {
    RefuseUnit(call, "Use EXTRACT.");
  }
  return StrCat("date_part('", unit.postgres, "', ", call.args[1], ")");
}

/// PostgreSQL would make a timestamp with time zone of a date.
std::string DateTrunc(const FunctionCall& call) {
  return StrCat("date_trunc('", UnitArgument(call).postgres, "', ", AsTimestamp(call.args[1]), ")");
}

std::string LastDay(const FunctionCall& call) {
  return StrCat("CAST(date_trunc('month', ", AsTimestamp(call.args[0]),
                ") + interval '1 month -1 day' AS date)");
}

/// The statement's moment without fraction (DG, "GETDATE"); SYSDATE is the transaction's, with it.
std::string GetDate(const FunctionCall& /*call*/) {
  return "date_trunc('second', statement_timestamp() AT TIME ZONE 'UTC')";
}

// ---- Other functions that are written in other words --------------------------------------------

std::string Nvl2(const FunctionCall& call) {
  return StrCat("(CASE WHEN (", call.args[0], ") IS NOT NULL THEN ", call.args[1], " ELSE ",
                call.args[2], " END)");
}

/// DECODE takes two NULLs for equal.
std::string Decode(const FunctionCall& call) {
  std::string text = "(CASE";
  size_t i = 1;
  for (; i + 1 < call.args.size(); i += 2) {
    text += StrCat(" WHEN (", call.args[0], ") IS NOT DISTINCT FROM (", call.args[i], ") THEN ",
                   call.args[i + 1]);
  }
  if (i < call.args.size()) text += StrCat(" ELSE ", call.args[i]);
  return text + " END)";
}

std::string CharIndex(const FunctionCall& call) {
  return StrCat("strpos(", call.args[1], ", ", call.args[0], ")");
}

/// NULL if either part is; PostgreSQL's concat() takes NULL for ''.
std::string Concat(const FunctionCall& call) {
  return StrCat("((", call.args[0], ") || (", call.args[1], "))");
}

/// PostgreSQL rounds to digits only what is numeric.
std::string Round(const FunctionCall& call) {
  if (call.args.size() == 1) return call.text;
  return StrCat("ROUND(CAST(", call.args[0], " AS numeric), ", call.args[1], ")");
}

void RefuseOver(const FunctionCall& call) {
  if (!call.over) return;
  call.sql.Refuse(call.at, StrCat(call.name, " with OVER is not translated for the local engine"),
                  "Aggregate in a subquery with GROUP BY, and join.");
}

std::string Median(const FunctionCall& call) {
  RefuseOver(call);
  return StrCat("percentile_cont(0.5) WITHIN GROUP (ORDER BY ", call.args[0], ")");
}

std::string ListAgg(const FunctionCall& call) {
  RefuseOver(call);
  return StrCat("string_agg(", call.args[0], ", ", call.args.size() == 2 ? call.args[1] : "''",
                call.within ? " " + *call.within : "", ")");
}

/// Redshift gives BIGINT for integers and keeps the scale of decimals (DG, "AVG"); PostgreSQL does
/// neither. On floating-point numbers both agree.
std::string Avg(const FunctionCall& call) {
  const SqlReader& sql = call.sql;
  const auto is_floating = [&](size_t at) {
    return (sql.Is(at, "::") || sql.Is(at, "AS")) && TranslateType(sql, at + 1).floating;
  };
  for (size_t i = call.ranges[0].first; i < call.ranges[0].last; ++i) {
    if (is_floating(i)) return call.text;
  }
  sql.Refuse(call.at, "AVG of what may be integers or decimals rounds differently on Redshift",
             "Write AVG(CAST(... AS DOUBLE PRECISION)).");
}

// ---- Tables -------------------------------------------------------------------------------------

struct Rewriting {
  std::string_view name;
  size_t fewest_args;
  size_t most_args;
  std::string (*rewrite)(const FunctionCall&);
};
constexpr size_t kAnyNumber = 1000;
constexpr std::array kRewritings = {
    Rewriting{"AVG", 1, 1, Avg},
    Rewriting{"CHARINDEX", 2, 2, CharIndex},
    Rewriting{"CONCAT", 2, 2, Concat},
    Rewriting{"DATEADD", 3, 3, DateAdd},
    Rewriting{"DATEDIFF", 3, 3, DateDiff},
    Rewriting{"DATE_PART", 2, 2, DatePart},
    Rewriting{"DATE_TRUNC", 2, 2, DateTrunc},
    Rewriting{"DECODE", 3, kAnyNumber, Decode},
    Rewriting{"GETDATE", 0, 0, GetDate},
    Rewriting{"LAST_DAY", 1, 1, LastDay},
    Rewriting{"LISTAGG", 1, 2, ListAgg},
    Rewriting{"MEDIAN", 1, 1, Median},
    Rewriting{"NVL2", 3, 3, Nvl2},
    Rewriting{"PGDATE_PART", 2, 2, DatePart},
    Rewriting{"ROUND", 1, 2, Round},
};

struct Renaming {
  std::string_view name;
  std::string_view postgres;
};
constexpr std::array kRenamings = {
    Renaming{"NVL", "COALESCE"},   Renaming{"ISNULL", "COALESCE"},  Renaming{"LEN", "LENGTH"},
    Renaming{"TEXTLEN", "LENGTH"}, Renaming{"REPLICATE", "REPEAT"}, Renaming{"DLOG10", "LOG"},
    Renaming{"DLOG1", "LN"},       Renaming{"DEXP", "EXP"},
};

/// Aggregates as window functions need a frame on Redshift once they have an ORDER BY.
constexpr auto kFramed = std::to_array<std::string_view>({
    "SUM",
    "COUNT",
    "MIN",
    "MAX",
    "STDDEV",
    "STDDEV_SAMP",
    "STDDEV_POP",
    "VARIANCE",
    "VAR_SAMP",
    "VAR_POP",
    "AVG",
    "BOOL_AND",
    "FIRST_VALUE",
    "LAST_VALUE",
    "NTH_VALUE",
    "BOOL_OR",
    "BIT_AND",
});

constexpr auto kSame = std::to_array<std::string_view>(
    {// Conditions and windows
     "COALESCE", "NULLIF", "GREATEST", "LEAST", "ROW_NUMBER", "RANK", "DENSE_RANK", "PERCENT_RANK",
     "CUME_DIST", "NTILE", "LAG", "LEAD", "PERCENTILE_CONT", "BIT_OR", "ROLLUP", "CUBE", "GROUPING",
     // Text
     "LOWER", "UPPER", "INITCAP", "TRIM", "BTRIM", "LTRIM", "RTRIM", "SUBSTRING", "SUBSTR", "LEFT",
     "RIGHT", "REPLACE", "REPEAT", "REVERSE", "LPAD", "RPAD", "SPLIT_PART", "STRPOS", "POSITION",
     "LENGTH", "CHAR_LENGTH", "CHARACTER_LENGTH", "OCTET_LENGTH", "MD5", "CHR", "ASCII",
     "TRANSLATE", "QUOTE_IDENT", "QUOTE_LITERAL", "TO_CHAR", "TO_DATE", "TO_NUMBER", "TO_TIMESTAMP",
     // Numbers
     "ABS", "CEIL", "CEILING", "FLOOR", "MOD", "POWER", "POW", "SQRT", "CBRT", "EXP", "LN", "LOG",
     "SIGN", "RANDOM", "PI", "DEGREES", "RADIANS", "SIN", "COS", "TAN", "ASIN", "ACOS", "ATAN",
     "ATAN2", "TRUNC",
     // The session; the last two are ours on the local engine, under Redshift's names
     "PG_BACKEND_PID", "PG_LAST_COPY_COUNT", "PG_LAST_COPY_ID"});

struct Refusal {
  std::string_view name;
  std::string_view hint;
};
constexpr std::string_view kUseGetDate = "Use GETDATE(), or bind the time of the run.";
constexpr std::array kRefusals = {
    Refusal{"NOW", kUseGetDate},
    Refusal{"TIMEOFDAY", kUseGetDate},
    Refusal{"CLOCK_TIMESTAMP", kUseGetDate},
    Refusal{"STATEMENT_TIMESTAMP", kUseGetDate},
    Refusal{"ADD_MONTHS", "Use DATEADD(month, ...), which treats the last of a month otherwise."},
    Refusal{"MONTHS_BETWEEN", "Use DATEDIFF(month, ...)."},
    Refusal{"CONVERT_TIMEZONE", "Keep times in UTC."},
    Refusal{"RATIO_TO_REPORT", "Divide by SUM(...) OVER (PARTITION BY ...)."},
    Refusal{"ANY_VALUE", "Use MIN or MAX."},
    Refusal{"PERCENTILE_DISC", "Use PERCENTILE_CONT."},
    Refusal{"REGEXP_REPLACE", "It replaces every match on Redshift, the first in PostgreSQL."},
    Refusal{"REGEXP_SUBSTR", "Use SPLIT_PART or SUBSTRING."},
    Refusal{"JSON_EXTRACT_PATH_TEXT", "Let COPY take the JSON apart."},
    Refusal{"JSON_PARSE", "Let COPY take the JSON apart."},
    Refusal{"STRING_AGG", "Redshift has LISTAGG instead."},
    Refusal{"ARRAY_AGG", "Redshift has LISTAGG instead."},
    Refusal{"GENERATE_SERIES", "Redshift cannot join it with tables; use a table of numbers."},
    Refusal{"UNNEST", "Redshift has no arrays."},
    Refusal{"FORMAT", "Use the operator ||."},
    Refusal{"NEXTVAL", "Redshift has IDENTITY(seed, step) instead."},
};

template <typename Entries>
auto FindEntry(const Entries& entries, std::string_view name) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const auto& entry) { return entry.name == name; });
}

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void CheckFrame(const FunctionCall& call) {
  if (!call.over || !Contains(kFramed, call.name)) return;
  const SqlReader& sql = call.sql;
  const auto holds = [&](std::string_view word) {
    return sql.Find(*call.over, word) < call.over->last;
  };
  if (!holds("ORDER") || holds("ROWS")) return;
  sql.Refuse(call.at, StrCat("Redshift wants a frame in the window of ", call.name),
             "Add ROWS UNBOUNDED PRECEDING, or the frame that is meant, after ORDER BY.");
}

[[noreturn]] void RefuseFunction(const FunctionCall& call) {
  if (const auto* refusal = FindEntry(kRefusals, call.name); refusal != kRefusals.end()) {
    call.sql.Refuse(call.at,
                    StrCat("function ", call.name, " is not translated for the local engine"),
                    std::string(refusal->hint));
  }
  std::vector<std::string> known(kSame.begin(), kSame.end());
  known.insert(known.end(), kFramed.begin(), kFramed.end());
  for (const Rewriting& entry : kRewritings) known.emplace_back(entry.name);
  for (const Renaming& entry : kRenamings) known.emplace_back(entry.name);
  const std::string nearest = NearestMatch(call.name, known);
  call.sql.Refuse(
      call.at, StrCat("function ", call.name, " is not known to mean the same on both engines"),
      nearest.empty() ? "Say it with other functions." : StrCat("Did you mean ", nearest, "?"));
}

std::string Rewrite(const FunctionCall& call, const Rewriting& entry) {
  if (call.args.size() < entry.fewest_args || call.args.size() > entry.most_args) {
    call.sql.Refuse(call.at, StrCat(call.name, " with ", call.args.size(), " arguments"),
                    StrCat("It takes ", entry.fewest_args,
                           entry.most_args == entry.fewest_args ? "." : " or more."));
  }
  return entry.rewrite(call);
}

}  // namespace

std::string TranslateFunction(const FunctionCall& call) {
  CheckFrame(call);
  if (const auto* entry = FindEntry(kRewritings, call.name); entry != kRewritings.end()) {
    return Rewrite(call, *entry);
  }
  if (const auto* entry = FindEntry(kRenamings, call.name); entry != kRenamings.end()) {
    return StrCat(entry->postgres, call.text.substr(call.name.size()));
  }
  if (Contains(kSame, call.name) || Contains(kFramed, call.name)) return call.text;
  RefuseFunction(call);
}

std::string TranslateExtract(const SqlReader& sql, size_t unit_at, const std::string& source) {
  const std::string_view unit = Unit(sql, unit_at).postgres;
  const std::string part = StrCat("date_part('", unit, "', ", source, ")");
  if (unit == "epoch") return StrCat("CAST(FLOOR(", part, ") AS bigint)");
  const std::string integer = StrCat("CAST(FLOOR(", part, ") AS integer)");
  const bool fraction = unit == "milliseconds" || unit == "microseconds";
  return fraction ? StrCat("(", integer, " % 1000)") : integer;
}

}  // namespace dwh
