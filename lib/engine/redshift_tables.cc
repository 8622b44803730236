#include "engine/redshift_tables.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <set>
#include <vector>

#include "base/text.h"
#include "engine/redshift_expressions.h"
#include "engine/redshift_types.h"

namespace dwh {
namespace {

/// What ends a DEFAULT expression, besides the end of the column.
constexpr auto kColumnWords = std::to_array<std::string_view>(
    {"CHECK", "COLLATE", "CONSTRAINT", "DEFAULT", "DISTKEY", "ENCODE", "GENERATED", "IDENTITY",
     "NOT", "NULL", "PRIMARY", "REFERENCES", "SORTKEY", "UNIQUE"});
constexpr auto kTableConstraints =
    std::to_array<std::string_view>({"CONSTRAINT", "PRIMARY", "UNIQUE", "FOREIGN", "CHECK"});

bool IsColumnWord(const SqlReader& sql, size_t at) {
  return std::find(kColumnWords.begin(), kColumnWords.end(), sql.Upper(at)) != kColumnWords.end();
}

/// Writes a statement from left to right: each token is kept, replaced or dropped.
class TableWriter {
 public:
  explicit TableWriter(const SqlReader& sql) : sql_(sql), expressions_(sql) {}

  std::string Create();
  std::string Alter();
  /// After Create().
  const std::vector<Column>& declared() const;

 private:
  // Each of these takes the position to go on from, and returns the next one.
  size_t Keep(size_t at, size_t tokens = 1);
  size_t Drop(size_t at, size_t tokens = 1);
  size_t Put(size_t at, size_t end, const std::string& text);
  size_t KeepName(size_t at);

  size_t Header();
  size_t ColumnNames(size_t open);
  size_t Items(size_t open);
  void ColumnItem(SqlRange range);
  void Declare(size_t name, const SqlType& type);
  size_t ColumnAttribute(size_t at, size_t end);
  size_t DefaultValue(size_t at, size_t end);
  size_t Collation(size_t at);
  size_t Identity(size_t at, size_t seed_open, std::string_view kind);
  size_t TableAttribute(size_t at);
  size_t DropColumnList(size_t open);

  void ReadTableConstraint(SqlRange range);
  void ReadKey(size_t open, bool primary);
  void CheckDeclared(size_t at) const;
  size_t SkipReference(size_t at) const;
  bool HasNotNull(SqlRange range) const;
  int64_t Integer(size_t& at) const;
  std::string Trimmed() const;

  const SqlReader& sql_;
  ExpressionTranslator expressions_;
  std::string out_;
  std::vector<Column> declared_;
  std::string not_filled_;             ///< A column that COPY cannot fill, or "".
  bool like_ = false;                  ///< There are columns of another table.
  std::set<std::string> columns_;      ///< Empty if the columns come from elsewhere.
  std::set<std::string> primary_key_;  ///< Of a table constraint.
  std::string name_;                   ///< As written.
  std::string sort_key_;               ///< "(a, b)", as written; or empty.
};

size_t TableWriter::Put(size_t at, size_t end, const std::string& text) {
  out_ += sql_.Gap(at);
  out_ += text;
  return end;
}

size_t TableWriter::Keep(size_t at, size_t tokens) {
  for (; tokens > 0; --tokens, ++at) Put(at, at + 1, expressions_.Token(at));
  return at;
}

/// Leaves blanks out with the token, but keeps comments and line breaks, and with them the numbers
/// of the lines.
size_t TableWriter::Drop(size_t at, size_t tokens) {
  for (; tokens > 0; --tokens, ++at) {
    const std::string_view gap = sql_.Gap(at);
    const bool comment = !Trim(gap).empty();
    const auto breaks = static_cast<size_t>(std::count(gap.begin(), gap.end(), '\n'));
    out_ += comment ? std::string(gap) : std::string(breaks, '\n');
  }
  return at;
}

size_t TableWriter::KeepName(size_t at) {
  static_cast<void>(sql_.Name(at));
  at = Keep(at);
  while (sql_.Is(at, ".")) {
    static_cast<void>(sql_.Name(at + 1));
    at = Keep(at, 2);
  }
  return at;
}

std::string TableWriter::Trimmed() const {
  return out_.substr(0, out_.find_last_not_of(" \t\r\n\f\v") + 1);
}

/// CREATE [[LOCAL] TEMP | TEMPORARY] TABLE [IF NOT EXISTS] name; says TEMP or UNLOGGED.
size_t TableWriter::Header() {
  size_t at = Keep(0);
  if (sql_.Is(at, "LOCAL")) at = Drop(at);
  const bool temporary = sql_.Is(at, "TEMP") || sql_.Is(at, "TEMPORARY");
  if (temporary) at = Keep(at);
  const size_t name = sql_.Reads(at + 1, {"IF", "NOT", "EXISTS"}) ? at + 4 : at + 1;
  const size_t backup = sql_.Find({name, sql_.size()}, "BACKUP");
  if (!temporary && sql_[name].text.substr(0, 1) == "#") {
    out_ += " TEMP";
  } else if (!temporary && sql_.Is(backup + 1, "NO")) {
    out_ += " UNLOGGED";
  }
  const size_t end = KeepName(Keep(at, name - at));
  name_ = sql_.Source({name, end});
  return end;
}

std::string TableWriter::Create() {
  size_t at = Header();
  const size_t as = sql_.Find({at, sql_.size()}, "AS");
  if (sql_.Is(at, "(")) {
    at = as == sql_.size() ? Items(at) : ColumnNames(at);
  } else if (as == sql_.size()) {
    sql_.Expected(at, "'(' or AS");
  }
  while (at < as) at = TableAttribute(at);
  if (at < sql_.size()) {
    at = Keep(at);
    Put(at, sql_.size(), expressions_.Translate({at, sql_.size()}));
  }
  if (sort_key_.empty()) return Trimmed();
  return StrCat(Trimmed(), ";\nCREATE INDEX ON ", name_, " USING brin ", sort_key_);
}

/// (a, b) of CREATE TABLE name (a, b) AS
size_t TableWriter::ColumnNames(size_t open) {
  const size_t close = sql_.Close(open);
  for (const SqlRange& part : sql_.List({open + 1, close})) {
    if (part.size() != 1) sql_.Expected(part.first + 1, "',' or ')'");
    columns_.insert(sql_.Name(part.first));
  }
  return Keep(open, close + 1 - open);
}

size_t TableWriter::Items(size_t open) {
  const size_t close = sql_.Close(open);
  const std::vector<SqlRange> items = sql_.List({open + 1, close});
  const auto is_constraint = [&](const SqlRange& item) {
    const std::string word = sql_.Upper(item.first);
    return std::find(kTableConstraints.begin(), kTableConstraints.end(), word) !=
           kTableConstraints.end();
  };
  const bool like = std::any_of(items.begin(), items.end(),
                                [&](const SqlRange& item) { return sql_.Is(item.first, "LIKE"); });
  for (const SqlRange& item : items) {
    if (like || is_constraint(item)) continue;
    if (!columns_.insert(sql_.Name(item.first)).second) {
      sql_.Refuse(item.first, StrCat("column ", sql_.Name(item.first), " stands here twice"),
                  "Give it another name.");
    }
  }
  for (const SqlRange& item : items) {
    if (is_constraint(item)) ReadTableConstraint(item);
  }
  Keep(open);
  bool first = true;
  for (const SqlRange& item : items) {
    const bool drop = is_constraint(item);
    const bool comma = item.first > open + 1;
    if (comma && (drop || first)) Drop(item.first - 1);
    if (comma && !drop && !first) Keep(item.first - 1);
    if (drop) {
      Drop(item.first, item.size());
    } else if (sql_.Is(item.first, "LIKE")) {
      like_ = true;
      Keep(item.first, item.size());
    } else {
      ColumnItem(item);
    }
    first = first && drop;
  }
  return Keep(close);
}

/// [CONSTRAINT name] PRIMARY KEY | UNIQUE | FOREIGN KEY: checks it and remembers the primary key.
void TableWriter::ReadTableConstraint(SqlRange range) {
  size_t at = sql_.Is(range.first, "CONSTRAINT") ? range.first + 2 : range.first;
  if (sql_.Is(at, "CHECK")) {
    sql_.Refuse(at, "CHECK constraints do not exist on Redshift",
                "Write a query under check/ instead.");
  }
  const bool primary = sql_.Reads(at, {"PRIMARY", "KEY"});
  const bool foreign = sql_.Reads(at, {"FOREIGN", "KEY"});
  if (!primary && !foreign && !sql_.Is(at, "UNIQUE")) {
    sql_.Expected(at, "PRIMARY KEY, UNIQUE or FOREIGN KEY");
  }
  at += primary || foreign ? 2 : 1;
  ReadKey(at, primary);
  at = sql_.Skip(at);
  if (foreign) at = SkipReference(at);
  if (at != range.last) sql_.Expected(at, "',' or ')'");
}

void TableWriter::ReadKey(size_t open, bool primary) {
  sql_.Expect(open, "(");
  for (const SqlRange& part : sql_.List({open + 1, sql_.Close(open)})) {
    if (part.size() != 1) sql_.Expected(part.first + 1, "',' or ')'");
    CheckDeclared(part.first);
    if (primary) primary_key_.insert(sql_.Name(part.first));
  }
}

void TableWriter::CheckDeclared(size_t at) const {
  if (columns_.empty() || columns_.contains(sql_.Name(at))) return;
  const std::vector<std::string> known(columns_.begin(), columns_.end());
  const std::string nearest = NearestMatch(sql_.Name(at), known);
  sql_.Refuse(
      at, StrCat("the table has no column ", sql_.Name(at)),
      nearest.empty() ? "Name a column of the table." : StrCat("Did you mean ", nearest, "?"));
}

bool TableWriter::HasNotNull(SqlRange range) const {
  for (size_t at = range.first; at < range.last; at = sql_.Skip(at)) {
    if (sql_.Reads(at, {"NOT", "NULL"})) return true;
  }
  return false;
}

void TableWriter::ColumnItem(SqlRange range) {
  bool not_null = HasNotNull(range);
  size_t at = Keep(range.first);
  const SqlType type = TranslateType(sql_, at);
  Declare(range.first, type);
  at = Put(at, type.end, type.text);
  while (at < range.last) {
    if (sql_.Reads(at, {"PRIMARY", "KEY"}) && !not_null) {
      at = Put(at, at + 2, "NOT NULL");
      not_null = true;
    } else {
      at = ColumnAttribute(at, range.last);
    }
  }
  const bool key = primary_key_.contains(declared_.back().name);
  if (!not_null && key) out_ += " NOT NULL";
  declared_.back().not_null = not_null || key || declared_.back().identity;
}

/// Remembers a column; its attributes follow.
void TableWriter::Declare(size_t name, const SqlType& type) {
  Column column;
  column.name = sql_.Name(name);
  column.length = type.length;
  column.scale = type.scale;
  if (type.column) {
    column.type = *type.column;
  } else {
    not_filled_ = StrCat(column.name, ", of type ", type.text);
  }
  declared_.push_back(std::move(column));
}

size_t TableWriter::ColumnAttribute(size_t at, size_t end) {
  if (sql_.Is(at, "DEFAULT")) return DefaultValue(at, end);
  if (sql_.Reads(at, {"NOT", "NULL"})) return Keep(at, 2);
  if (sql_.Is(at, "NULL")) return Keep(at);
  if (sql_.Reads(at, {"PRIMARY", "KEY"}) || sql_.Is(at, "ENCODE") || sql_.Is(at, "CONSTRAINT")) {
    return Drop(at, 2);
  }
  if (sql_.Is(at, "UNIQUE") || sql_.Is(at, "DISTKEY") || sql_.Is(at, "SORTKEY")) return Drop(at);
  if (sql_.Is(at, "REFERENCES")) return Drop(at, SkipReference(at) - at);
  if (sql_.Is(at, "COLLATE")) return Collation(at);
  // Redshift takes no explicit values for IDENTITY columns in INSERT.
  if (sql_.Is(at, "IDENTITY")) return Identity(at, at + 1, "ALWAYS");
  if (sql_.Reads(at, {"GENERATED", "BY", "DEFAULT", "AS", "IDENTITY"})) {
    return Identity(at, at + 5, "BY DEFAULT");
  }
  if (sql_.Is(at, "CHECK")) {
    sql_.Refuse(at, "CHECK constraints do not exist on Redshift",
                "Write a query under check/ instead.");
  }
  sql_.Expected(at, "an attribute of the column, ',' or ')'");
}

size_t TableWriter::DefaultValue(size_t at, size_t end) {
  const size_t first = Keep(at);
  size_t last = sql_.Skip(first);
  while (last < end && !IsColumnWord(sql_, last)) last = sql_.Skip(last);
  if (first >= end) sql_.Expected(first, "a value after DEFAULT");
  declared_.back().has_default = true;
  return Put(first, last, expressions_.Translate({first, last}));
}

size_t TableWriter::Collation(size_t at) {
  if (!sql_.Is(at + 1, "CASE_SENSITIVE") && !sql_.Is(at + 1, "CS")) {
    sql_.Refuse(at,
                StrCat("COLLATE ", sql_[at + 1].text, " is not translated for the local engine"),
                "Compare LOWER(...) instead.");
  }
  return Drop(at, 2);
}

int64_t TableWriter::Integer(size_t& at) const {
  const bool negative = sql_.Is(at, "-");
  const std::string text = StrCat(negative ? "-" : "", sql_[negative ? at + 1 : at].text);
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) sql_.Expected(at, "an integer");
  at += negative ? 2 : 1;
  return value;
}

/// (seed, step). PostgreSQL lets sequences begin at 1 unless told otherwise. CACHE: a log record
/// for every 1,000 rows in place of one for every 32; the gaps it may leave are usual on Redshift.
size_t TableWriter::Identity(size_t at, size_t seed_open, std::string_view kind) {
  size_t next = sql_.Expect(seed_open, "(");
  const int64_t seed = Integer(next);
  next = sql_.Expect(next, ",");
  const size_t step_at = next;
  const int64_t step = Integer(next);
  if (step == 0) sql_.Expected(step_at, "a step other than 0");
  next = sql_.Expect(next, ")");
  declared_.back().identity = true;
  return Put(at, next,
             StrCat("GENERATED ", kind, " AS IDENTITY (START WITH ", seed, " INCREMENT BY ", step,
                    step > 0 ? " MINVALUE " : " MAXVALUE ", seed, " CACHE 1000)"));
}

/// REFERENCES table [(column)]; Redshift knows no ON DELETE.
size_t TableWriter::SkipReference(size_t at) const {
  at = sql_.Expect(at, "REFERENCES");
  static_cast<void>(sql_.Name(at++));
  while (sql_.Is(at, ".")) at += 2;
  return sql_.Is(at, "(") ? sql_.Skip(at) : at;
}

size_t TableWriter::DropColumnList(size_t open) {
  ReadKey(open, false);
  return Drop(open, sql_.Close(open) + 1 - open);
}

size_t TableWriter::TableAttribute(size_t at) {
  const auto is_one_of = [&](size_t i, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), sql_.Upper(i)) != words.end();
  };
  if ((sql_.Is(at, "BACKUP") && is_one_of(at + 1, {"YES", "NO"})) ||
      (sql_.Is(at, "DISTSTYLE") && is_one_of(at + 1, {"AUTO", "EVEN", "KEY", "ALL"})) ||
      sql_.Reads(at, {"SORTKEY", "AUTO"}) || sql_.Reads(at, {"ENCODE", "AUTO"})) {
    return Drop(at, 2);
  }
  if (is_one_of(at, {"COMPOUND", "INTERLEAVED"}) && sql_.Is(at + 1, "SORTKEY")) at = Drop(at);
  if (sql_.Is(at, "SORTKEY") && sql_.Is(at + 1, "(")) {
    sort_key_ = sql_.Source({at + 1, sql_.Close(at + 1) + 1});
  }
  if (is_one_of(at, {"DISTKEY", "SORTKEY", "UNIQUE"})) return DropColumnList(Drop(at));
  sql_.Expected(at, "a table attribute (BACKUP, DISTSTYLE, DISTKEY, SORTKEY, ENCODE AUTO)");
}

const std::vector<Column>& TableWriter::declared() const {
  constexpr size_t kTableName = 2;
  if (!not_filled_.empty()) {
    sql_.Refuse(kTableName, StrCat("COPY cannot fill column ", not_filled_),
                "Declare it with another type.");
  }
  if (declared_.empty() || like_) {
    sql_.Refuse(kTableName, "this statement does not name the table's columns",
                "Write them out: name and type of each.");
  }
  return declared_;
}

std::string TableWriter::Alter() {
  size_t at = KeepName(Keep(0, 2));
  const SqlRange rest = {at, sql_.size()};
  if (sql_.Find(rest, ",") != rest.last) {
    sql_.Refuse(at, "more than one change in an ALTER TABLE",
                "Redshift makes one change at a time: write one statement for each.");
  }
  const bool rename = sql_.Reads(at, {"RENAME", "TO"}) || sql_.Reads(at, {"RENAME", "COLUMN"});
  if (rename || sql_.Reads(at, {"DROP", "COLUMN"})) {
    Keep(at, rest.size());
  } else if (sql_.Is(at, "ADD") && !IsColumnWord(sql_, at + 1)) {
    at = Keep(at, sql_.Is(at + 1, "COLUMN") ? 2 : 1);
    ColumnItem({at, sql_.size()});
  } else if (sql_.Reads(at, {"ALTER", "COLUMN"}) && sql_.Is(at + 3, "TYPE")) {
    at = Keep(at, 4);
    const SqlType type = TranslateType(sql_, at);
    if (Put(at, type.end, type.text) != sql_.size()) sql_.Expected(type.end, "the end");
  } else {
    sql_.Refuse(
        at,
        StrCat("ALTER TABLE ... ", sql_.Upper(at), " ", sql_.Upper(at + 1),
               " is not translated for the local engine"),
        "Known are RENAME TO, RENAME COLUMN, ADD COLUMN, DROP COLUMN and ALTER COLUMN TYPE.");
  }
  return Trimmed();
}

}  // namespace

std::string TranslateCreateTable(const SqlReader& sql) { return TableWriter(sql).Create(); }

std::vector<Column> DeclaredColumns(const SqlReader& sql) {
  TableWriter writer(sql);
  writer.Create();
  return writer.declared();
}

std::string TranslateAlterTable(const SqlReader& sql) { return TableWriter(sql).Alter(); }

}  // namespace dwh
