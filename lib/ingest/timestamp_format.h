#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dwh {

/// COPY's DATEFORMAT and TIMEFORMAT (facts, sections 1.5 and 10.2). Compiled once, used for every
/// value; parsing allocates nothing and throws nothing.
///
/// A pattern is made of YYYY, YY, MM, MON, DD, HH, HH24, HH12, MI, SS and AM or PM (also A.M.,
/// P.M.), in any case, with separators between them. Year, month and day must be there. The letters
/// T and Z stand for themselves; time zones cannot be named. HH is HH24 (AWS,
/// r_DATEFORMAT_and_TIMEFORMAT_strings). In the text a separator must be the pattern's own; MM, DD,
/// HH, MI and SS may have one digit where no other number follows at once; MON is a month's name in
/// English, three letters or all; YY is 1970 to 2069; an AM or PM makes the hour one of 1 to 12;
/// a fraction may follow SS, and what is finer than a microsecond is cut. Spaces at both ends do
/// not count.
///
/// "auto" takes (AWS, automatic-recognition, plus what the patterns above can express):
///   YYYY-MM-DD  YYYY/MM/DD  YYYY.MM.DD  MM/DD/YYYY  MM-DD-YYYY  MM.DD.YYYY  (also with YY at the
///   end)  DD-Mon-YYYY  Mon-DD-YYYY  YYYY-Mon-DD  DD Mon YYYY  Mon DD, YYYY  YYYYMMDD  YYMMDD
///   YYYY.DDD  J2451187
/// then nothing, which is midnight, or after a space or T one of
///   HH:MI  HH:MI:SS  HH:MI:SS.ffffff  HHMI  HHMISS  HHMISS.ffffff
/// then perhaps AM or PM, then perhaps a zone: Z, +HH, +HHMM, +HH:MM or an abbreviation with one
/// fixed meaning (UTC, GMT, PST, CEST, ...). The time may stand before the year (17 Dec 07:37:16
/// 1997 PST). Of three numbers the first is the month unless it has four digits.
/// Not taken, although Redshift does: BC, names of zones (US/Pacific). Never taken: epochs.
///
/// Texts hold the years 1 to 9999, real days, hours up to 23 and seconds up to 59. Redshift's own
/// range is 4713 BC to 294276 AD, as PostgreSQL's; epochs may use all of it.

/// Days since 2000-01-01, PostgreSQL's epoch.
class DateFormat {
 public:
  /// "" = YYYY-MM-DD; "auto"; or a pattern. Throws Error(kUsage) for a pattern COPY does not know.
  explicit DateFormat(std::string_view format);
  /// nullopt if `text` is no such date. A time part after the date is ignored.
  std::optional<int32_t> Parse(std::string_view text) const;
  /// The format as err_reason shows it, such as "YYYY-MM-DD".
  const std::string& shown() const { return shown_; }

 private:
  std::string pattern_;  ///< Compiled; empty = "auto".
  std::string shown_;
};

/// Microseconds since 2000-01-01 00:00:00, PostgreSQL's epoch.
class TimestampFormat {
 public:
  /// "" = YYYY-MM-DD HH:MI:SS, fractions to microseconds and an offset such as -08 or +05:30
  /// accepted after it; "auto", "epochsecs", "epochmillisecs" (these three words are
  /// case-sensitive); or a pattern. Throws Error(kUsage).
  explicit TimestampFormat(std::string_view format);
  /// nullopt if `text` is no such moment. Epochs are taken exactly, also with a fraction or an
  /// exponent (1541105830796, 1541105830796.0, 1.541105830796e12); what is finer than a microsecond
  /// is cut. `with_zone`: a zone in the text is applied (TIMESTAMPTZ), else it is read past.
  std::optional<int64_t> Parse(std::string_view text, bool with_zone) const;
  bool is_epoch() const { return kind_ == Kind::kEpochSeconds || kind_ == Kind::kEpochMillis; }
  /// The format as err_reason shows it, such as "YYYY-MM-DD HH24:MI:SS".
  const std::string& shown() const { return shown_; }

 private:
  enum class Kind { kDefault, kPattern, kAuto, kEpochSeconds, kEpochMillis };
  Kind kind_ = Kind::kPattern;
  std::string pattern_;  ///< Compiled; for kDefault and kPattern.
  std::string shown_;
};

}  // namespace dwh
