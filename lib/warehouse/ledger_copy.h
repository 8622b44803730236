#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

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
  /// The objects of one staging table, in the order of their keys; load ids are not kept.
  using Tables = std::map<std::string, ObjectList>;

  explicit LedgerCopy(const DwhConfig& config);

  /// nullopt where the file does not serve.
  std::optional<Tables> Read(WallTime now) const;

  /// Best effort: without the file the next run asks the warehouse. Readable by its owner only.
  void Write(const Tables& tables, WallTime now) const;

  /// For whoever changes the warehouse otherwise: creates or drops its tables. Throws nothing.
  void Remove() const;

 private:
  std::filesystem::path path_;
  std::string warehouse_;  ///< Which warehouse and sources it is about.
};

}  // namespace dwh
