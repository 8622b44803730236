#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "ingest/object_list.h"
#include "pg/connection.h"
#include "warehouse/books.h"
#include "warehouse/load_plan.h"

namespace dwh {

/// etl_lock, etl_runs, etl_objects and etl_tables in the staging schema: which objects are in the
/// published state, and what each run did. All functions throw SqlError.
class Ledger {
 public:
  Ledger(Engine& engine, const std::string& stage_schema)
      : engine_(engine),
        session_(engine.session()),
        schema_(session_.QuoteIdentifier(stage_schema)) {}

  /// Waits for other runs and keeps them waiting until the transaction ends.
  void Lock();

  /// Calls `visit` for each object that was loaded into `table`, in the order of the keys' bytes;
  /// `visit` must not use the session.
  void ForEachObject(const std::string& table,
                     const std::function<void(const LedgerEntry&)>& visit);

  /// Whether staging is what the ledger says of `table`. It is not after a crash of the local
  /// engine's server, which empties staging, nor after a load of everything that got no further
  /// than staging. Looks at one row, for whatever fills staging apart from the ledger fills it
  /// anew.
  bool IsStaged(const std::string& table);

  /// Greater than every load id of the ledger.
  int64_t NextLoadId();

  /// Forgets the objects of `table`: all, or those of some loads.
  void Clear(const std::string& table);
  void Remove(const std::string& table, const std::vector<int64_t>& load_ids);

  void Add(const std::string& table, const std::string& run_id, const ObjectList& objects,
           const std::vector<ObjectCounts>& counts);

  /// Rows of each table by its full name: "star.users".
  std::map<std::string, int64_t> TableRows();
  void SetTableRows(const std::map<std::string, int64_t>& rows);

  /// `outcome` is "published", "rejected" or "failed".
  void AddRun(const EtlReport& report, const std::string& outcome);

  /// Whether the run's transaction was committed, also where the connection was lost before the
  /// server said so. Waits until no session is at it any more; not within a transaction.
  bool IsPublished(const std::string& run_id);

 private:
  Engine& engine_;
  Connection& session_;
  std::string schema_;
};

/// "3, 7, 9" for IN (...).
std::string JoinIds(const std::vector<int64_t>& ids);

}  // namespace dwh
