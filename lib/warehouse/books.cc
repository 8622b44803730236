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

}  // namespace dwh
