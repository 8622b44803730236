#include "warehouse/books.h"

#include <unistd.h>

#include <algorithm>

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

std::string MakeRunId(WallTime started) { return StrCat(FormatCompact(started), "-", getpid()); }

SourceBooks SumOf(const std::vector<SourceBooks>& sources) {
  SourceBooks sum;
  for (const SourceBooks& books : sources) {
    sum.listed += books.listed;
    sum.loaded += books.loaded;
    sum.known += books.known;
    sum.failed += books.failed;
    sum.bytes += books.bytes;
    sum.counts.Add(books.counts);
  }
  return sum;
}

std::vector<Phase> SumOf(const std::vector<Phase>& phases) {
  std::vector<Phase> sums;
  for (const Phase& phase : phases) {
    const auto same = [&](const Phase& other) { return other.name == phase.name; };
    const auto found = std::find_if(sums.begin(), sums.end(), same);
    if (found == sums.end()) {
      sums.push_back(phase);
    } else {
      found->time += phase.time;
    }
  }
  return sums;
}

std::string_view LoadModeName(LoadMode mode) {
  return mode == LoadMode::kFull ? "full" : "incremental";
}

void ThrowIfRefused(const std::vector<SourceBooks>& sources, int64_t max_errors) {
  std::vector<std::string> refused;
  std::vector<std::string> lists;
  for (const SourceBooks& books : sources) {
    if (!books.refused) continue;
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
