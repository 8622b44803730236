#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "ingest/load_error.h"

namespace dwh {

/// A column whose type is too narrow for values that were rejected: texts longer than its length
/// (1204), and integers out of its range (1222) if BIGINT holds every one of them.
struct NarrowColumn {
  std::string name;
  std::string type;       ///< As in LoadError: "varchar", "char", "int2", "int4".
  int64_t length = 0;     ///< Of a text column, in bytes.
  int64_t records = 0;    ///< Rejected for it.
  int64_t longest = 0;    ///< Bytes of the longest text.
  bool at_least = false;  ///< There may be more records, and longer texts.
};

/// Sums up rejects by column. Of a record only its first column at fault is known.
class NarrowColumns {
 public:
  void Add(const LoadError& error);
  /// In the order of their names.
  std::vector<NarrowColumn> List() const;

 private:
  std::map<std::string, NarrowColumn> columns_;
  std::set<std::string> beyond_;  ///< Columns with numbers that BIGINT does not hold either.
};

/// The same for a list that may lack errors: all of it is "at least".
std::vector<NarrowColumn> NarrowColumnsOf(const std::vector<LoadError>& errors);

}  // namespace dwh
