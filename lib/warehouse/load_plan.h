#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "ingest/object_list.h"

namespace dwh {

/// An object as the ledger holds it.
struct LedgerEntry {
  ObjectInfo object;
  int64_t rejects = 0;
  int64_t load_id = 0;  ///< Of its rows in staging; several objects may share one.
};

/// How a source differs from what was loaded of it.
struct LoadPlan {
  /// To be loaded: new, changed, or tied to one that changed; places in the listing, ascending.
  std::vector<size_t> fresh;
  int64_t fresh_bytes = 0;
  ObjectList vanished;           ///< Loaded earlier, and the source no longer lists them.
  std::vector<int64_t> removed;  ///< The load ids whose rows go first, each once.
  int64_t known = 0;             ///< Loaded already, and to stay so.
  int64_t known_bytes = 0;
  /// A vanished object whose rows came in one load with those of a changed one and cannot be told
  /// from them; "" if there is none, as always where each object has a load id of its own.
  std::string inseparable;
};

/// Calls what it is given with each entry of a ledger in the order of their keys' bytes.
using VisitLedger = std::function<void(const std::function<void(const LedgerEntry&)>&)>;

/// Compares `listed`, in the order of the keys, with the ledger. Where several objects share a load
/// id, all are loaded if one of them is. With `retry_rejects` an object of which records were
/// rejected counts as changed.
LoadPlan MakeLoadPlan(const ObjectList& listed, const VisitLedger& ledger, bool retry_rejects);

}  // namespace dwh
