#include "engine/row_insert.h"

#include "base/error.h"
#include "base/text.h"
#include "pg/copy_writer.h"

namespace dwh {
namespace {

/// What is sent at once: few round trips, and far from any statement's limit (16 MB on Redshift).
constexpr size_t kBytesAtOnce = size_t{256} << 10;

std::string Literal(const Connection& session, const RowValue& value) {
  const auto* const number = std::get_if<int64_t>(&value);
  return number != nullptr ? std::to_string(*number)
                           : session.QuoteLiteral(std::get<std::string>(value));
}

/// As a field of COPY's text format.
void AppendField(std::string& out, const RowValue& value) {
  if (const auto* const number = std::get_if<int64_t>(&value)) {
    out += std::to_string(*number);
    return;
  }
  const auto& text = std::get<std::string>(value);
  if (ValidUtf8Prefix(text) < text.size()) {
    throw Error(ErrorKind::kUsage, StrCat("not UTF-8: '", text, "'"));
  }
  for (const char c : text) {
    switch (c) {
      case '\\':
        out += "\\\\";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      default:
        out += c;
    }
  }
}

}  // namespace

void InsertByValues(Connection& session, const RowBatch& batch) {
  std::string sql;
  for (size_t i = 0; i < batch.rows; ++i) {
    sql += sql.empty() ? StrCat("INSERT INTO ", batch.table, " (", batch.columns, ") VALUES (")
                       : ", (";
    std::string_view separator;
    for (const RowValue& value : batch.row(i)) {
      sql += StrCat(separator, Literal(session, value));
      separator = ", ";
    }
    sql += ")";
    if (sql.size() < kBytesAtOnce && i + 1 < batch.rows) continue;
    session.Exec(sql);
    sql.clear();
  }
}

void InsertByCopy(Connection& session, const RowBatch& batch) {
  if (batch.rows == 0) return;
  CopyWriter writer(session, StrCat("COPY ", batch.table, " (", batch.columns, ") FROM STDIN"));
  std::string lines;
  for (size_t i = 0; i < batch.rows; ++i) {
    std::string_view separator;
    for (const RowValue& value : batch.row(i)) {
      lines += separator;
      AppendField(lines, value);
      separator = "\t";
    }
    lines += '\n';
    if (lines.size() < kBytesAtOnce && i + 1 < batch.rows) continue;
    writer.Append(lines);
    lines.clear();
  }
  writer.Finish();
}

}  // namespace dwh
