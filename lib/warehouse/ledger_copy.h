#pragma once

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/dwh_config.h"
#include "ingest/object_list.h"
#include "warehouse/load_plan.h"

namespace dwh {

/// What the warehouse's ledger held when this machine last looked, in a file beside the lock: on a
/// night without news the listing equals it, and nobody need wake the warehouse. A cache: it
/// decides only that there is nothing to do. Where there is work the warehouse's own ledger counts,
/// and where the file is missing, damaged, of another dwh.cfg or too old the warehouse is asked.
class LedgerCopy {
 public:
  /// What is kept of one staging table: both lists are in the order of their keys.
  struct Table {
    std::string name;
    const ObjectList& objects;
    const ObjectList& more;  ///< Which the source no longer lists.
  };

  explicit LedgerCopy(const DwhConfig& config);

  /// False where the file does not serve. Of one that does it is read what is asked for.
  bool Read(WallTime now);

  /// After Read(): false if the copy knows nothing of the table. Else calls `visit` for each object
  /// in the order of the keys; which objects share a load id is not kept.
  bool ForEachObject(const std::string& table,
                     const std::function<void(const LedgerEntry&)>& visit);

  /// Best effort: without the file the next run asks the warehouse. Readable by its owner only.
  void Write(const std::vector<Table>& tables, WallTime now) const;

  /// For whoever changes the warehouse otherwise: creates or drops its tables. Throws nothing.
  void Remove() const;

 private:
  std::filesystem::path path_;
  std::string warehouse_;  ///< Which warehouse and sources it is about.
  std::ifstream file_;
  std::map<std::string, std::streamoff> tables_;  ///< Where in the file each begins.
};

}  // namespace dwh
