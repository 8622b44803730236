#include "warehouse/books.h"

#include "base/error.h"
#include "base/text.h"

namespace dwh {

void CheckBalance(const SourceBooks& books) {
  if (books.listed != books.loaded + books.known + books.failed) {
    throw Error(ErrorKind::kFailed,
                StrCat("books of ", books.table, " do not balance: ", books.listed,
                       " objects listed, ", books.loaded, " loaded, ", books.known,
                       " already loaded, ", books.failed, " failed"));
  }
  if (books.counts.records != books.counts.rows + books.counts.rejects) {
    throw Error(ErrorKind::kFailed,
                StrCat("books of ", books.table, " do not balance: ", books.counts.records,
                       " records parsed, ", books.counts.rows, " rows, ", books.counts.rejects,
                       " rejects"));
  }
}

void ThrowIfRefused(const std::vector<SourceBooks>& sources, int64_t max_errors) {
  std::vector<std::string> refused;
  std::vector<std::string> lists;
  for (const SourceBooks& books : sources) {
    if (books.failed == 0) continue;
    // COPY tells how many records it read only if it loads them.
    const bool counted = books.counts.records > books.counts.rejects;
    const std::string all = counted ? StrCat(" of ", FormatCount(books.counts.records)) : "";
    refused.push_back(StrCat("load into table ", books.table, " refused: ",
                             FormatCount(books.counts.rejects), all, " records rejected"));
    lists.push_back(StrCat("load_errors_", books.table.substr(books.table.find('.') + 1), ".json"));
  }
  if (refused.empty()) return;
  throw Error(
      ErrorKind::kRejected, StrCat(Join(refused, "; "), "; MAX_ERRORS is ", max_errors),
      StrCat(Join(lists, " and "),
             " in RESULTS_DIR name the records; mend the files, or raise MAX_ERRORS in [ETL]."));
}

}  // namespace dwh
