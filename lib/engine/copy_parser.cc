#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text.h"
#include "engine/redshift_dialect.h"
#include "engine/sql_reader.h"

namespace dwh {
namespace {

constexpr int64_t kMostErrors = 100000;
constexpr int64_t kMostLines = 2147483647;
constexpr int64_t kFewestSampleRows = 1000;

/// Options of COPY that stand alone.
struct Flag {
  std::string_view name;
  bool CopyOptions::*field;
};
constexpr std::array kFlags = {
    Flag{"MANIFEST", &CopyOptions::manifest},
    Flag{"ACCEPTANYDATE", &CopyOptions::accept_any_date},
    Flag{"EMPTYASNULL", &CopyOptions::empty_as_null},
    Flag{"BLANKSASNULL", &CopyOptions::blanks_as_null},
    Flag{"TRIMBLANKS", &CopyOptions::trim_blanks},
    Flag{"TRUNCATECOLUMNS", &CopyOptions::truncate_columns},
    Flag{"ROUNDEC", &CopyOptions::round_decimals},
    Flag{"EXPLICIT_IDS", &CopyOptions::explicit_ids},
    Flag{"IGNOREALLERRORS", &CopyOptions::ignore_all_errors},
    Flag{"NOLOAD", &CopyOptions::no_load},
};

struct CompressionName {
  std::string_view name;
  Compression compression;
};
constexpr std::array kCompressions = {
    CompressionName{"GZIP", Compression::kGzip},
    CompressionName{"BZIP2", Compression::kBzip2},
    CompressionName{"ZSTD", Compression::kZstd},
};

/// Of other formats (DG, "Data format parameters": "You can't use ... with JSON").
constexpr auto kNotWithJson = std::to_array<std::string_view>(
    {"DELIMITER", "ESCAPE", "FILLRECORD", "QUOTE", "FIXEDWIDTH", "IGNOREBLANKLINES", "NULL",
     "READRATIO", "REMOVEQUOTES", "HEADER"});
constexpr auto kOtherFormats =
    std::to_array<std::string_view>({"CSV", "AVRO", "PARQUET", "ORC", "SHAPEFILE", "RCFILE"});
struct NotHere {
  std::string_view name;
  std::string_view hint;
};
constexpr std::array kNotHere = {
    NotHere{"LZOP", "Known are GZIP, BZIP2 and ZSTD."},
    NotHere{"ENCRYPTED", "Decrypt the files first; S3's own encryption needs no option."},
    NotHere{"MASTER_SYMMETRIC_KEY", "Decrypt the files first."},
    NotHere{"SSH", "Load from S3 or from a path."},
    NotHere{"JOB", "Run etl on a schedule instead."},
};

template <typename Names>
bool Contains(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}
template <typename Entries>
auto FindEntry(const Entries& entries, std::string_view name) {
  return std::find_if(entries.begin(), entries.end(),
                      [&](const auto& entry) { return entry.name == name; });
}

class CopyParser {
 public:
  explicit CopyParser(const SqlReader& sql) : sql_(sql) {}

  CopyOptions Parse() {
    Target();
    Source();
    while (at_ < sql_.size()) Option();
    CheckTogether();
    return options_;
  }

 private:
  using Handler = void (CopyParser::*)();
  struct Argument {
    std::string_view name;
    Handler handler;
  };
  static const std::array<Argument, 17> kArguments;

  bool Take(std::string_view word) {
    if (!sql_.Is(at_, word)) return false;
    ++at_;
    return true;
  }
  std::string TakeLiteral() {
    std::string value = sql_.Literal(at_++);
    if (value.empty()) sql_.Refuse(at_ - 1, "COPY: an empty literal", "Write a value in it.");
    return value;
  }
  int64_t TakeInteger(int64_t lowest, int64_t highest);
  /// ON, TRUE, OFF and FALSE; without any of them, true.
  bool TakeSwitch();

  void Target();
  void Columns();
  void Source();
  void Option();
  void CheckTogether() const;
  void CheckOnce(const std::string& name);
  [[noreturn]] void RefuseOption(const std::string& name) const;

  void IamRole();
  void Credentials();
  void SecretLiteral();
  void Format();
  void Json();
  void Region();
  void MaxError();
  void IgnoreHeader();
  void AcceptInvalidChars();
  void TimeFormat() { options_.timeformat = Pattern(); }
  void DateFormat() { options_.dateformat = Pattern(); }
  std::string Pattern();
  void Encoding();
  void CompUpdate();
  void CompRows() { TakeInteger(kFewestSampleRows, kMostLines); }
  void StatUpdate() { options_.stat_update = TakeSwitch(); }

  const SqlReader& sql_;
  size_t at_ = 1;      ///< After COPY.
  size_t option_ = 0;  ///< The name of the option at hand.
  std::set<std::string> seen_;
  CopyOptions options_;
};

const std::array<CopyParser::Argument, 17> CopyParser::kArguments = {{
    {"IAM_ROLE", &CopyParser::IamRole},
    {"CREDENTIALS", &CopyParser::Credentials},
    {"ACCESS_KEY_ID", &CopyParser::SecretLiteral},
    {"SECRET_ACCESS_KEY", &CopyParser::SecretLiteral},
    {"SESSION_TOKEN", &CopyParser::SecretLiteral},
    {"FORMAT", &CopyParser::Format},
    {"JSON", &CopyParser::Json},
    {"REGION", &CopyParser::Region},
    {"MAXERROR", &CopyParser::MaxError},
    {"IGNOREHEADER", &CopyParser::IgnoreHeader},
    {"ACCEPTINVCHARS", &CopyParser::AcceptInvalidChars},
    {"TIMEFORMAT", &CopyParser::TimeFormat},
    {"DATEFORMAT", &CopyParser::DateFormat},
    {"ENCODING", &CopyParser::Encoding},
    {"COMPUPDATE", &CopyParser::CompUpdate},
    {"COMPROWS", &CopyParser::CompRows},
    {"STATUPDATE", &CopyParser::StatUpdate},
}};

/// [schema.]table [(columns)]
void CopyParser::Target() {
  options_.table = sql_.Name(at_++);
  if (Take(".")) {
    options_.schema = options_.table;
    options_.table = sql_.Name(at_++);
  }
  if (sql_.Is(at_, ".")) {
    sql_.Refuse(at_, "COPY: a table name of three parts", "Write schema.table.");
  }
  if (sql_.Is(at_, "(")) Columns();
}

void CopyParser::Columns() {
  const size_t close = sql_.Close(at_);
  for (const SqlRange& part : sql_.List({at_ + 1, close})) {
    if (part.size() != 1) sql_.Expected(part.first + 1, "',' or ')'");
    options_.columns.push_back(sql_.Name(part.first));
    if (std::count(options_.columns.begin(), options_.columns.end(), options_.columns.back()) > 1) {
      sql_.Refuse(part.first, StrCat("COPY: column ", options_.columns.back(), " is listed twice"),
                  "List each column once.");
    }
  }
  if (options_.columns.empty()) sql_.Expected(close, "a column");
  at_ = close + 1;
}

void CopyParser::Source() {
  at_ = sql_.Expect(at_, "FROM");
  options_.source = TakeLiteral();
  const size_t scheme = options_.source.find("://");
  if (scheme == std::string::npos || options_.source.substr(0, scheme) == "s3") return;
  sql_.Refuse(at_ - 1, StrCat("COPY: source of kind ", options_.source.substr(0, scheme), "://"),
              "Load from s3://bucket/prefix or from a path.");
}

void CopyParser::Option() {
  option_ = at_;
  if (sql_.Reads(at_, {"WITH", "CREDENTIALS"})) ++at_;
  const std::string name = sql_.Upper(at_);
  if (name.empty()) {
    sql_.Refuse(at_, StrCat("COPY: expected an option but found ", sql_.Describe(at_)),
                "An option before it may be wrong, or have one value too many.");
  }
  ++at_;
  if (const auto* flag = FindEntry(kFlags, name); flag != kFlags.end()) {
    CheckOnce(name);
    options_.*(flag->field) = true;
  } else if (const auto* known = FindEntry(kCompressions, name); known != kCompressions.end()) {
    CheckOnce("compression");
    options_.compression = known->compression;
  } else if (const auto* argument = FindEntry(kArguments, name); argument != kArguments.end()) {
    CheckOnce(name == "FORMAT" ? "JSON" : name);
    (this->*(argument->handler))();
  } else {
    RefuseOption(name);
  }
}

void CopyParser::CheckOnce(const std::string& name) {
  if (seen_.insert(name).second) return;
  sql_.Refuse(option_, StrCat("COPY: a second ", name), "Give each option once.");
}

void CopyParser::RefuseOption(const std::string& name) const {
  if (Contains(kOtherFormats, name)) {
    sql_.Refuse(option_, StrCat("COPY: format ", name, " is not supported"),
                "Only JSON is: FORMAT AS JSON 'auto'.");
  }
  if (Contains(kNotWithJson, name)) {
    sql_.Refuse(option_, StrCat("COPY does not take ", name, " with JSON"), "Remove it.");
  }
  if (const auto* here = FindEntry(kNotHere, name); here != kNotHere.end()) {
    sql_.Refuse(option_, StrCat("COPY: ", name, " is not supported"), std::string(here->hint));
  }
  std::vector<std::string> known;
  known.reserve(kFlags.size() + kCompressions.size() + kArguments.size());
  for (const auto& entry : kFlags) known.emplace_back(entry.name);
  for (const auto& entry : kCompressions) known.emplace_back(entry.name);
  for (const auto& entry : kArguments) known.emplace_back(entry.name);
  const std::string nearest = NearestMatch(name, known);
  sql_.Refuse(option_, StrCat("COPY: unknown option '", name, "'"),
              nearest.empty() ? StrCat("Known are ", Join(known, ", "), ".")
                              : StrCat("Did you mean ", nearest, "?"));
}

/// Rules about more than one option.
void CopyParser::CheckTogether() const {
  const size_t end = sql_.size();
  const auto has = [&](const char* name) { return seen_.contains(name); };
  if (!has("JSON")) {
    sql_.Refuse(end, "COPY without FORMAT AS JSON",
                "Only JSON is supported: FORMAT AS JSON 'auto'.");
  }
  if (has("IGNOREALLERRORS") && has("MAXERROR")) {
    sql_.Refuse(end, "COPY: IGNOREALLERRORS together with MAXERROR", "Keep one of them.");
  }
  const bool keys = has("ACCESS_KEY_ID") || has("SECRET_ACCESS_KEY") || has("SESSION_TOKEN");
  if ((has("IAM_ROLE") ? 1 : 0) + (has("CREDENTIALS") ? 1 : 0) + (keys ? 1 : 0) > 1) {
    sql_.Refuse(end, "COPY: more than one kind of authorization",
                "Keep IAM_ROLE, or the access keys, or CREDENTIALS.");
  }
  if (keys && !(has("ACCESS_KEY_ID") && has("SECRET_ACCESS_KEY"))) {
    sql_.Refuse(end, "COPY: half of an access key",
                "ACCESS_KEY_ID and SECRET_ACCESS_KEY go together.");
  }
}

int64_t CopyParser::TakeInteger(int64_t lowest, int64_t highest) {
  int64_t value = 0;
  const std::string_view text = sql_[at_].text;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (sql_[at_].kind != SqlTokenKind::kNumber || error != std::errc() || stop != end ||
      value < lowest || value > highest) {
    sql_.Refuse(at_,
                StrCat("COPY: ", sql_.Upper(option_), " needs a number from ", lowest, " to ",
                       highest, ", found ", sql_.Describe(at_)),
                "Correct the number.");
  }
  ++at_;
  return value;
}

bool CopyParser::TakeSwitch() {
  if (Take("OFF") || Take("FALSE")) return false;
  static_cast<void>(Take("ON") || Take("TRUE"));
  return true;
}

void CopyParser::IamRole() {
  if (!Take("DEFAULT")) SecretLiteral();
}

void CopyParser::Credentials() {
  Take("AS");
  SecretLiteral();
}

/// Accepted and forgotten, even when empty: whoever reads the source has credentials of their own.
void CopyParser::SecretLiteral() { static_cast<void>(sql_.Literal(at_++)); }

void CopyParser::Format() {
  Take("AS");
  if (Take("JSON")) return Json();
  sql_.Refuse(at_, StrCat("COPY: format ", sql_.Describe(at_), " is not supported"),
              "Only JSON is: FORMAT AS JSON 'auto'.");
}

void CopyParser::Json() {
  Take("AS");
  if (sql_[at_].kind != SqlTokenKind::kString) return;
  const std::string how = TakeLiteral();
  if (how == "auto ignorecase") {
    options_.mapping = JsonMapping::kAutoIgnoreCase;
  } else if (how == "noshred") {
    options_.mapping = JsonMapping::kNoShred;
  } else if (how != "auto") {
    options_.mapping = JsonMapping::kJsonPaths;
    options_.jsonpaths = how;
  }
}

void CopyParser::Region() {
  Take("AS");
  options_.region = TakeLiteral();
}

void CopyParser::MaxError() {
  Take("AS");
  options_.max_error = TakeInteger(0, kMostErrors);
}

void CopyParser::IgnoreHeader() {
  Take("AS");
  options_.ignore_header_lines = TakeInteger(0, kMostLines);
}

void CopyParser::AcceptInvalidChars() {
  options_.accept_invalid_chars = true;
  const bool as = Take("AS");
  if (!as && sql_[at_].kind != SqlTokenKind::kString) return;
  const std::string text = TakeLiteral();
  if (text.size() != 1 || static_cast<unsigned char>(text[0]) >= 0x80 || text[0] == '\0') {
    sql_.Refuse(at_ - 1, "COPY: ACCEPTINVCHARS needs one ASCII character", "For example '?'.");
  }
  options_.replacement_char = text[0];
}

std::string CopyParser::Pattern() {
  Take("AS");
  return Take("AUTO") ? "auto" : TakeLiteral();
}

void CopyParser::Encoding() {
  Take("AS");
  const std::string name =
      sql_[at_].kind == SqlTokenKind::kString ? ToUpper(TakeLiteral()) : sql_.Upper(at_++);
  if (name == "UTF8") return;
  sql_.Refuse(at_ - 1, StrCat("COPY: ENCODING ", name, " is not supported"),
              "Convert the files to UTF-8.");
}

/// Encodings are of no meaning to the local engine.
void CopyParser::CompUpdate() {
  if (!Take("PRESET")) TakeSwitch();
}

}  // namespace

std::optional<CopyOptions> ParseCopy(std::string_view statement, std::string_view file, int line) {
  const SqlReader sql(statement, file, line);
  if (!sql.Is(0, "COPY")) return std::nullopt;
  return CopyParser(sql).Parse();
}

}  // namespace dwh
