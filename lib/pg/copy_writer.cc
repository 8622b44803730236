#include "pg/copy_writer.h"

#include "base/interrupt.h"
#include "base/text.h"

namespace dwh {

CopyWriter::CopyWriter(Connection& connection, std::string_view sql)
    : connection_(connection), sql_(sql) {
  const Result result = connection_.Exec(sql);
  if (PQresultStatus(result.raw()) != PGRES_COPY_IN) {
    throw Error(ErrorKind::kFailed, StrCat("the server did not begin a COPY for: ", sql));
  }
}

CopyWriter::~CopyWriter() { Abort("abandoned"); }

void CopyWriter::Append(std::string_view bytes) {
  ThrowIfInterrupted();
  if (PQputCopyData(connection_.raw(), bytes.data(), static_cast<int>(bytes.size())) == 1) return;
  // The reason, such as "No space left on device", is in the result that follows, if the server
  // could still send one.
  open_ = false;
  connection_.Finish(sql_);
  throw SqlError(ErrorKind::kUnavailable, StrCat("connection lost in: ", sql_), "");
}

Result CopyWriter::Finish() {
  open_ = false;
  PQputCopyEnd(connection_.raw(), nullptr);
  return connection_.Finish(sql_);
}

void CopyWriter::Abort(std::string_view reason) noexcept {
  if (!open_) return;
  open_ = false;
  PQputCopyEnd(connection_.raw(), std::string(reason).c_str());
  while (PGresult* result = PQgetResult(connection_.raw())) {
    const bool done = PQresultStatus(result) == PGRES_COPY_IN;
    PQclear(result);
    if (done) break;
  }
}

}  // namespace dwh
