#include "ingest/timestamp_format.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr int64_t kMicrosPerSecond = 1'000'000;
constexpr int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
/// 2000-01-01, PostgreSQL's epoch, counted from 1970-01-01.
constexpr uint64_t kEpochShiftMicros = 10'957 * uint64_t{kMicrosPerDay};
/// The first and the last microsecond of a PostgreSQL timestamp, 4714-11-24 BC and 294276-12-31,
/// as distances from 1970-01-01.
constexpr uint64_t kMaxMicrosBefore1970 = 211'813'488'000'000'000U - kEpochShiftMicros;
constexpr uint64_t kMaxMicrosAfter1970 = 9'223'371'331'199'999'999U + kEpochShiftMicros;
/// J of 2000-01-01 and of the ends of the years 1 and 9999.
constexpr int kJulianOf2000 = 2'451'545;
constexpr int kFirstJulian = 1'721'426;
constexpr int kLastJulian = 5'373'484;

enum class Meridian { kNone, kAm, kPm };

/// What a text says, before anything is checked against the calendar.
struct Fields {
  std::optional<int32_t> days;  ///< Set if the text names the day by its number: J, YYYY.DDD.
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  int micros = 0;
  Meridian meridian = Meridian::kNone;
  std::optional<int> zone_s;  ///< Seconds east of Greenwich.
};

char Upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

/// `upper` must be upper case already.
bool SameWord(std::string_view text, std::string_view upper) {
  return std::equal(text.begin(), text.end(), upper.begin(), upper.end(),
                    [](char a, char b) { return Upper(a) == b; });
}

std::string_view WithoutSpaces(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// The Take... functions remove what they read from the front of `rest`. If they return false or
// nothing, the text is not what was wanted; `rest` may have lost some of it then.

bool Take(std::string_view& rest, char c) {
  if (rest.empty() || rest.front() != c) return false;
  rest.remove_prefix(1);
  return true;
}

template <typename Predicate>
std::string_view TakeWhile(std::string_view& rest, Predicate belongs) {
  const auto* const end = std::find_if_not(rest.begin(), rest.end(), belongs);
  const std::string_view taken = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  rest.remove_prefix(taken.size());
  return taken;
}

/// Short runs of digits only: nine digits fit.
int ToInt(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  return value;
}

/// As many digits as there are, up to `most`.
bool TakeNumber(std::string_view& rest, size_t fewest, size_t most, int& value) {
  std::string_view ahead = rest.substr(0, most);
  const std::string_view digits = TakeWhile(ahead, IsDigit);
  if (digits.size() < fewest) return false;
  value = ToInt(digits);
  rest.remove_prefix(digits.size());
  return true;
}

/// A fraction is never wrong: without a point and a digit there is none.
void TakeFraction(std::string_view& rest, int& micros) {
  if (rest.size() < 2 || rest[0] != '.' || !IsDigit(rest[1])) return;
  rest.remove_prefix(1);
  std::string_view digits = TakeWhile(rest, IsDigit).substr(0, 6);
  micros = ToInt(digits);
  for (size_t length = digits.size(); length < 6; ++length) micros *= 10;
}

/// 1 to 12, or 0 if `word` is no month.
int MonthNumber(std::string_view word) {
  constexpr std::array<std::string_view, 12> kMonths = {
      "JANUARY", "FEBRUARY", "MARCH",     "APRIL",   "MAY",      "JUNE",
      "JULY",    "AUGUST",   "SEPTEMBER", "OCTOBER", "NOVEMBER", "DECEMBER"};
  const auto* const month =
      std::find_if(kMonths.begin(), kMonths.end(), [word](std::string_view name) {
        return SameWord(word, name) || SameWord(word, name.substr(0, 3));
      });
  return month == kMonths.end() ? 0 : static_cast<int>(month - kMonths.begin()) + 1;
}

bool TakeMeridian(std::string_view& rest, Meridian& meridian) {
  for (const std::string_view word : {"AM", "PM", "A.M.", "P.M."}) {
    if (!SameWord(rest.substr(0, word.size()), word)) continue;
    if (rest.size() > word.size() && IsLetter(rest[word.size()])) return false;
    rest.remove_prefix(word.size());
    meridian = word.front() == 'A' ? Meridian::kAm : Meridian::kPm;
    return true;
  }
  return false;
}

/// +HH, +HHMM, +H:MM, +HH:MM, or with a minus. PostgreSQL's limit is 15:59.
bool TakeOffset(std::string_view& rest, std::optional<int>& zone_s) {
  const int sign = Take(rest, '-') ? -1 : 1;
  if (sign == 1 && !Take(rest, '+')) return false;
  const std::string_view digits = TakeWhile(rest, IsDigit);
  if (digits.empty() || digits.size() == 3 || digits.size() > 4) return false;
  const int hours = ToInt(digits.substr(0, 2));
  int minutes = digits.size() == 4 ? ToInt(digits.substr(2)) : 0;
  if (digits.size() < 4 && Take(rest, ':') && !TakeNumber(rest, 2, 2, minutes)) return false;
  if (hours > 15 || minutes > 59) return false;
  zone_s = sign * (hours * 3600 + minutes * 60);
  return true;
}

/// Abbreviations with one offset at all times in the default set of PostgreSQL.
std::optional<int> ZoneOffset(std::string_view word) {
  struct Zone {
    std::string_view name;
    int minutes;
  };
  constexpr std::array<Zone, 29> kZones = {
      {{"Z", 0},      {"UTC", 0},    {"UT", 0},     {"GMT", 0},    {"ZULU", 0},   {"WET", 0},
       {"BST", 60},   {"CET", 60},   {"CEST", 120}, {"MET", 60},   {"EET", 120},  {"EEST", 180},
       {"MSK", 180},  {"JST", 540},  {"KST", 540},  {"AWST", 480}, {"AEST", 600}, {"AEDT", 660},
       {"AST", -240}, {"ADT", -180}, {"EST", -300}, {"EDT", -240}, {"CST", -360}, {"CDT", -300},
       {"MST", -420}, {"MDT", -360}, {"PST", -480}, {"PDT", -420}, {"HST", -600}}};
  for (const Zone& zone : kZones) {
    if (SameWord(word, zone.name)) return zone.minutes * 60;
  }
  return std::nullopt;
}

/// A year of two digits, as PostgreSQL reads it.
int FullYear(int two_digits) { return two_digits < 70 ? 2000 + two_digits : 1900 + two_digits; }

std::optional<int32_t> DaysSince2000(int year, int month, int day) {
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (year < 1 || year > 9999 || !date.ok()) return std::nullopt;
  constexpr std::chrono::sys_days kEpoch(std::chrono::year(2000) / 1 / 1);
  const std::chrono::sys_days days = date;
  return static_cast<int32_t>((days - kEpoch).count());
}

std::optional<int32_t> ToDays(const Fields& fields) {
  return fields.days ? fields.days : DaysSince2000(fields.year, fields.month, fields.day);
}

std::optional<int64_t> ToMicros(const Fields& fields, bool with_zone) {
  const std::optional<int32_t> days = ToDays(fields);
  int hour = fields.hour;
  if (fields.meridian != Meridian::kNone) {
    if (hour < 1 || hour > 12) return std::nullopt;
    hour = hour % 12 + (fields.meridian == Meridian::kPm ? 12 : 0);
  }
  if (!days || hour > 23 || fields.minute > 59 || fields.second > 59) return std::nullopt;
  const int seconds = hour * 3600 + fields.minute * 60 + fields.second;
  const int zone_s = with_zone ? fields.zone_s.value_or(0) : 0;
  return *days * kMicrosPerDay + (seconds - zone_s) * kMicrosPerSecond + fields.micros;
}

// ---- Patterns. Compiled, each part is one letter, and a literal is an apostrophe and its byte.

struct Part {
  std::string_view name;
  char code;
};
/// Longer names first where one begins with another.
constexpr std::array<Part, 14> kParts = {{{"YYYY", 'Y'},
                                          {"YY", 'y'},
                                          {"MON", 'N'},
                                          {"MM", 'M'},
                                          {"MI", 'm'},
                                          {"DD", 'D'},
                                          {"HH24", 'H'},
                                          {"HH12", 'h'},
                                          {"HH", 'H'},
                                          {"SS", 'S'},
                                          {"AM", 'A'},
                                          {"PM", 'A'},
                                          {"A.M.", 'A'},
                                          {"P.M.", 'A'}}};
constexpr std::string_view kNumberCodes = "YyMDHhmS";

[[noreturn]] void BadPattern(std::string_view option, std::string_view format,
                             std::string_view why) {
  throw Error(ErrorKind::kUsage, StrCat(option, " '", format, "' ", why),
              "Use YYYY, YY, MM, MON, DD, HH, HH24, HH12, MI, SS and AM or PM with separators "
              "between them, or 'auto', which also reads time zones; a fraction after SS is read "
              "without being named. The words 'auto', 'epochsecs' and 'epochmillisecs' are lower "
              "case.");
}

void CheckParts(std::string_view compiled, std::string_view option, std::string_view format) {
  std::string codes;
  for (size_t at = 0; at < compiled.size(); at += compiled[at] == '\'' ? 2 : 1) {
    codes += compiled[at];
  }
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kOnce = {
      {{"Yy", "year"},
       {"MN", "month"},
       {"D", "day"},
       {"Hh", "hour"},
       {"m", "minute"},
       {"S", "second"},
       {"A", "AM or PM"}}};
  for (size_t i = 0; i < kOnce.size(); ++i) {
    const auto& [either, meaning] = kOnce.at(i);
    const auto count = std::count_if(codes.begin(), codes.end(), [&either = either](char code) {
      return either.find(code) != std::string_view::npos;
    });
    if (count > 1) BadPattern(option, format, StrCat("names the ", meaning, " twice"));
    if (count == 0 && i < 3) BadPattern(option, format, StrCat("does not name the ", meaning));
  }
}

std::string CompilePattern(std::string_view option, std::string_view format) {
  std::string compiled;
  std::string_view rest = format;
  while (!rest.empty()) {
    const auto* const part = std::find_if(kParts.begin(), kParts.end(), [rest](const Part& p) {
      return SameWord(rest.substr(0, p.name.size()), p.name);
    });
    if (part != kParts.end()) {
      compiled += part->code;
      rest.remove_prefix(part->name.size());
      continue;
    }
    const char c = Upper(rest.front());
    const bool zone = c == 'T' && rest.size() > 1 && Upper(rest[1]) == 'Z';
    if (zone || IsDigit(c) || (IsLetter(c) && c != 'T' && c != 'Z')) {
      BadPattern(option, format, StrCat("has a part that COPY does not know: '", rest, "'"));
    }
    compiled += '\'';
    compiled += rest.front();
    rest.remove_prefix(1);
  }
  CheckParts(compiled, option, format);
  return compiled;
}

/// `fixed`: another number follows at once, so the width must be the full one.
bool TakePart(char code, bool fixed, std::string_view& rest, Fields& fields) {
  const size_t fewest = fixed ? 2 : 1;
  switch (code) {
    case 'Y':
      return TakeNumber(rest, 4, 4, fields.year);
    case 'y':
      if (!TakeNumber(rest, 2, 2, fields.year)) return false;
      fields.year = FullYear(fields.year);
      return true;
    case 'M':
      return TakeNumber(rest, fewest, 2, fields.month);
    case 'N':
      fields.month = MonthNumber(TakeWhile(rest, IsLetter));
      return fields.month != 0;
    case 'D':
      return TakeNumber(rest, fewest, 2, fields.day);
    case 'H':
      return TakeNumber(rest, fewest, 2, fields.hour);
    case 'h':
      if (!TakeNumber(rest, fewest, 2, fields.hour)) return false;
      if (fields.meridian == Meridian::kNone) fields.meridian = Meridian::kAm;
      return true;
    case 'm':
      return TakeNumber(rest, fewest, 2, fields.minute);
    case 'S':
      if (!TakeNumber(rest, fewest, 2, fields.second)) return false;
      if (!fixed) TakeFraction(rest, fields.micros);
      return true;
    default:
      return TakeMeridian(rest, fields.meridian);
  }
}

/// Reads what the pattern names; the rest of the text stays in `rest`.
std::optional<Fields> TakePattern(std::string_view pattern, std::string_view& rest) {
  Fields fields;
  while (!pattern.empty()) {
    const char code = pattern.front();
    pattern.remove_prefix(1);
    bool matches = false;
    if (code == '\'') {
      matches = Take(rest, pattern.front());
      pattern.remove_prefix(1);
    } else {
      const bool fixed =
          !pattern.empty() && kNumberCodes.find(pattern.front()) != std::string_view::npos;
      matches = TakePart(code, fixed, rest, fields);
    }
    if (!matches) return std::nullopt;
  }
  return fields;
}

// ---- 'auto'

/// Reads token by token and decides at the end which number is the year, because the time may
/// stand between day and year.
class AutoReader {
 public:
  explicit AutoReader(std::string_view text) : rest_(text) {}

  std::optional<Fields> Read() {
    while (!rest_.empty()) {
      if (!TakeToken()) return std::nullopt;
    }
    if (!has_date_ && !SetDate()) return std::nullopt;
    return fields_;
  }

 private:
  /// A number or the name of a month, where `digits` is 0.
  struct Piece {
    int value = 0;
    size_t digits = 0;
  };

  bool DateComplete() const { return has_date_ || piece_count_ == pieces_.size(); }

  bool TakeToken() {
    const char c = rest_.front();
    if (c == ' ' || c == ',') {
      apart_ = true;
      return (c == ' ' || piece_count_ > 0) && Take(rest_, c);
    }
    // Numbers must stand apart from what is before them: 5:52900911 is no time and date. An offset
    // may follow the digits of the time, but not a word, where PostgreSQL takes it for a zone's
    // name (PM-08).
    const bool apart = std::exchange(apart_, false);
    const bool after_word = std::exchange(after_word_, IsLetter(c));
    if (IsDigit(c)) return apart && TakeDigits();
    if (IsLetter(c)) return TakeWord();
    return has_time_ && !fields_.zone_s && (apart || !after_word) &&
           TakeOffset(rest_, fields_.zone_s);
  }

  bool TakeWord() {
    std::string_view after = rest_;
    const std::string_view word = TakeWhile(after, IsLetter);
    if (MonthNumber(word) != 0) return TakePieces();
    if (SameWord(word, "J")) return TakeJulian();
    if (SameWord(word, "T")) {
      rest_ = after;
      apart_ = true;
      return DateComplete() && !has_time_ && !rest_.empty() && IsDigit(rest_.front());
    }
    if (!has_time_ || fields_.zone_s) return false;
    if (fields_.meridian == Meridian::kNone && TakeMeridian(rest_, fields_.meridian)) return true;
    rest_ = after;
    fields_.zone_s = ZoneOffset(word);
    return fields_.zone_s.has_value();
  }

  bool TakeDigits() {
    std::string_view after = rest_;
    const std::string_view digits = TakeWhile(after, IsDigit);
    const bool more = !after.empty();
    if (more && after.front() == ':') return !has_time_ && TakeClock();
    if (DateComplete()) return !has_time_ && TakeCompactTime(digits.size());
    if (piece_count_ == 0 && (digits.size() == 6 || digits.size() == 8)) {
      return TakeCompactDate(digits.size());
    }
    if (piece_count_ == 0 && digits.size() == 4 && more && after.front() == '.') {
      std::string_view ahead = after.substr(1);
      if (TakeWhile(ahead, IsDigit).size() == 3) return TakeDayOfYear();
    }
    return TakePieces();
  }

  /// HH:MI[:SS[.fraction]]
  bool TakeClock() {
    has_time_ = true;
    if (!TakeNumber(rest_, 1, 2, fields_.hour) || !Take(rest_, ':')) return false;
    if (!TakeNumber(rest_, 2, 2, fields_.minute)) return false;
    if (!Take(rest_, ':')) return true;
    if (!TakeNumber(rest_, 2, 2, fields_.second)) return false;
    TakeFraction(rest_, fields_.micros);
    return true;
  }

  /// HHMI or HHMISS[.fraction]
  bool TakeCompactTime(size_t length) {
    has_time_ = true;
    if (length != 4 && length != 6) return false;
    TakeNumber(rest_, 2, 2, fields_.hour);
    TakeNumber(rest_, 2, 2, fields_.minute);
    if (length == 4) return true;
    TakeNumber(rest_, 2, 2, fields_.second);
    TakeFraction(rest_, fields_.micros);
    return true;
  }

  /// YYYYMMDD or YYMMDD
  bool TakeCompactDate(size_t length) {
    has_date_ = true;
    TakeNumber(rest_, 2, length - 4, fields_.year);
    TakeNumber(rest_, 2, 2, fields_.month);
    TakeNumber(rest_, 2, 2, fields_.day);
    if (length == 6) fields_.year = FullYear(fields_.year);
    return true;
  }

  bool TakeDayOfYear() {
    has_date_ = true;
    int day = 0;
    const bool read =
        TakeNumber(rest_, 4, 4, fields_.year) && Take(rest_, '.') && TakeNumber(rest_, 3, 3, day);
    const std::optional<int32_t> last = DaysSince2000(fields_.year, 12, 31);
    fields_.days = DaysSince2000(fields_.year, 1, 1);
    if (!read || !last || day < 1 || *fields_.days + day - 1 > *last) return false;
    *fields_.days += day - 1;
    return true;
  }

  bool TakeJulian() {
    if (has_date_ || piece_count_ > 0) return false;
    has_date_ = true;
    rest_.remove_prefix(1);
    int julian = 0;
    if (!TakeNumber(rest_, 1, 7, julian)) return false;
    if (julian < kFirstJulian || julian > kLastJulian) return false;
    fields_.days = julian - kJulianOf2000;
    return rest_.empty() || !IsDigit(rest_.front());
  }

  /// One piece of a date, or all three if a separator follows it at once.
  bool TakePieces() {
    if (DateComplete() || !TakePiece()) return false;
    if (rest_.empty() || std::string_view("-/.").find(rest_.front()) == std::string_view::npos) {
      return true;
    }
    const char separator = rest_.front();
    return piece_count_ == 1 && Take(rest_, separator) && TakePiece() && Take(rest_, separator) &&
           TakePiece();
  }

  bool TakePiece() {
    std::string_view digits = TakeWhile(rest_, IsDigit);
    if (digits.size() > 4) return false;
    Piece piece{.value = ToInt(digits), .digits = digits.size()};
    if (digits.empty()) piece.value = MonthNumber(TakeWhile(rest_, IsLetter));
    pieces_.at(piece_count_++) = piece;
    return piece.digits != 0 || piece.value != 0;
  }

  /// Gives the pieces their meaning.
  bool SetDate() {
    if (piece_count_ != pieces_.size()) return false;
    const auto [a, b, c] = pieces_;
    if (a.digits == 4) return SetDate(a, b, c);
    if (b.digits == 0) return SetDate(c, b, a);
    return SetDate(c, a, b);
  }

  bool SetDate(const Piece& year, const Piece& month, const Piece& day) {
    if (year.digits != 2 && year.digits != 4) return false;
    if (month.digits > 2 || day.digits < 1 || day.digits > 2) return false;
    fields_.year = year.digits == 2 ? FullYear(year.value) : year.value;
    fields_.month = month.value;
    fields_.day = day.value;
    return true;
  }

  std::string_view rest_;
  Fields fields_;
  std::array<Piece, 3> pieces_;
  size_t piece_count_ = 0;
  bool has_date_ = false;
  bool has_time_ = false;
  bool apart_ = true;        ///< A space, comma or T is before what comes now.
  bool after_word_ = false;  ///< What came before was letters.
};

// ---- Epochs

/// Digits alone and so few of them that the result fits: nearly every value of a load. `shift` is
/// the number of zeros between the unit and the microsecond.
std::optional<uint64_t> PlainMicros(std::string_view digits, size_t shift) {
  if (digits.empty() || digits.size() + shift > 19) return std::nullopt;
  uint64_t value = 0;
  for (const char c : digits) {
    if (!IsDigit(c)) return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value * (shift == 3 ? 1'000U : 1'000'000U);
}

/// A power of ten beyond any that matters, whatever its digits say.
bool TakeExponent(std::string_view& rest, int64_t& exponent) {
  constexpr int64_t kBeyondAll = 1'000'000'000;
  const bool negative = Take(rest, '-');
  if (!negative) Take(rest, '+');
  const std::string_view digits = TakeWhile(rest, IsDigit);
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kBeyondAll);
  if (negative) exponent = -exponent;
  return !digits.empty();
}

/// Any JSON number without its sign. Works on the digits, so nothing is lost in a double.
std::optional<uint64_t> DecimalMicros(std::string_view text, size_t shift) {
  const std::string_view whole = TakeWhile(text, IsDigit);
  std::string_view fraction;
  if (Take(text, '.')) {
    fraction = TakeWhile(text, IsDigit);
    if (fraction.empty()) return std::nullopt;
  }
  int64_t exponent = 0;
  if ((Take(text, 'e') || Take(text, 'E')) && !TakeExponent(text, exponent)) return std::nullopt;
  if (whole.empty() || !text.empty()) return std::nullopt;

  const int64_t wanted = static_cast<int64_t>(whole.size() + shift) + exponent;
  const auto given = static_cast<int64_t>(whole.size() + fraction.size());
  uint64_t value = 0;
  for (int64_t i = 0; i < wanted && (i < given || value > 0); ++i) {
    if (value > kMaxMicrosAfter1970 / 10) return std::nullopt;
    const auto at = static_cast<size_t>(i);
    char digit = '0';
    if (at < whole.size()) {
      digit = whole[at];
    } else if (i < given) {
      digit = fraction[at - whole.size()];
    }
    value = value * 10 + static_cast<uint64_t>(digit - '0');
  }
  return value;
}

std::optional<int64_t> ParseEpoch(std::string_view text, size_t shift) {
  const bool negative = Take(text, '-');
  std::optional<uint64_t> micros = PlainMicros(text, shift);
  if (!micros) micros = DecimalMicros(text, shift);
  if (!micros || *micros > (negative ? kMaxMicrosBefore1970 : kMaxMicrosAfter1970)) {
    return std::nullopt;
  }
  // Unsigned arithmetic wraps, and the range was checked, so the cast gives the true value.
  const uint64_t since_1970 = negative ? uint64_t{0} - *micros : *micros;
  return static_cast<int64_t>(since_1970 - kEpochShiftMicros);
}

}  // namespace

DateFormat::DateFormat(std::string_view format) : shown_(format.empty() ? "YYYY-MM-DD" : format) {
  if (format != "auto") pattern_ = CompilePattern("DATEFORMAT", shown_);
}

std::optional<int32_t> DateFormat::Parse(std::string_view text) const {
  std::string_view rest = WithoutSpaces(text);
  std::optional<Fields> fields;
  if (pattern_.empty()) {
    fields = AutoReader(rest).Read();
    rest = {};
  } else {
    fields = TakePattern(pattern_, rest);
  }
  if (!fields) return std::nullopt;
  const bool time_follows =
      rest.size() > 1 && (rest[0] == ' ' || rest[0] == 'T') && IsDigit(rest[1]);
  if (!rest.empty() && !time_follows) return std::nullopt;
  return ToDays(*fields);
}

TimestampFormat::TimestampFormat(std::string_view format) : shown_(format) {
  if (format == "auto") {
    kind_ = Kind::kAuto;
  } else if (format == "epochsecs") {
    kind_ = Kind::kEpochSeconds;
  } else if (format == "epochmillisecs") {
    kind_ = Kind::kEpochMillis;
  } else {
    if (format.empty()) {
      kind_ = Kind::kDefault;
      shown_ = "YYYY-MM-DD HH24:MI:SS";
    }
    pattern_ = CompilePattern("TIMEFORMAT", shown_);
  }
}

std::optional<int64_t> TimestampFormat::Parse(std::string_view text, bool with_zone) const {
  std::string_view rest = WithoutSpaces(text);
  if (kind_ == Kind::kEpochMillis) return ParseEpoch(rest, 3);
  if (kind_ == Kind::kEpochSeconds) return ParseEpoch(rest, 6);
  std::optional<Fields> fields;
  if (kind_ == Kind::kAuto) {
    fields = AutoReader(rest).Read();
    rest = {};
  } else {
    fields = TakePattern(pattern_, rest);
    if (fields && kind_ == Kind::kDefault && !rest.empty()) {
      if (!TakeOffset(rest, fields->zone_s)) return std::nullopt;
    }
  }
  if (!fields || !rest.empty()) return std::nullopt;
  return ToMicros(*fields, with_zone);
}

}  // namespace dwh
