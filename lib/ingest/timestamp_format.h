#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dwh {

/// COPY's DATEFORMAT and TIMEFORMAT (facts, sections 1.5 and 10.2). Compiled once, used for every
/// value; parsing allocates nothing and throws nothing.

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
  std::string pattern_;
  std::string shown_;
};

/// Microseconds since 2000-01-01 00:00:00, PostgreSQL's epoch.
class TimestampFormat {
 public:
  /// "" = YYYY-MM-DD HH:MI:SS, fractions to microseconds accepted; "auto", "epochsecs",
  /// "epochmillisecs" (these three words are case-sensitive); or a pattern. Throws Error(kUsage).
  explicit TimestampFormat(std::string_view format);
  /// nullopt if `text` is no such moment. Epochs are taken exactly, also with a fraction or an
  /// exponent (1541105830796, 1541105830796.0, 1.541105830796e12); what is finer than a microsecond
  /// is cut. `with_zone`: a zone in the text is applied (TIMESTAMPTZ), else it is read past.
  std::optional<int64_t> Parse(std::string_view text, bool with_zone) const;
  bool is_epoch() const { return kind_ == Kind::kEpochSeconds || kind_ == Kind::kEpochMillis; }
  /// The format as err_reason shows it, such as "YYYY-MM-DD HH24:MI:SS".
  const std::string& shown() const { return shown_; }

 private:
  enum class Kind { kPattern, kAuto, kEpochSeconds, kEpochMillis };
  Kind kind_ = Kind::kPattern;
  std::string pattern_;
  std::string shown_;
};

}  // namespace dwh
