#include "pg/copy_reader.h"

#include "base/text.h"

namespace dwh {

CopyReader::CopyReader(Connection& connection, std::string_view sql)
    : connection_(connection), sql_(sql) {
  const Result result = connection_.Exec(sql);
  if (PQresultStatus(result.raw()) != PGRES_COPY_OUT) {
    throw Error(ErrorKind::kFailed, StrCat("the server did not begin a COPY for: ", sql));
  }
}

bool CopyReader::Read(std::string& bytes, size_t enough) {
  const size_t before = bytes.size();
  while (open_ && bytes.size() < enough) {
    constexpr int kAsync = 1;
    char* row = nullptr;
    const int length = PQgetCopyData(connection_.raw(), &row, kAsync);
    if (length > 0) {
      bytes.append(row, static_cast<size_t>(length));
      PQfreemem(row);
      continue;
    }
    if (length == 0 && connection_.WaitForInput()) continue;
    open_ = false;
    connection_.Finish(sql_);  // throws if the COPY did not end well
  }
  return bytes.size() > before;
}

}  // namespace dwh
