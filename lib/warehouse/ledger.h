#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ingest/object_list.h"
#include "pg/connection.h"
#include "warehouse/books.h"

namespace dwh {

/// etl_lock, etl_runs and etl_objects in the staging schema: which objects are in the published
/// state, and what each run did. Values go as literals: Redshift does not find the types of
/// parameters in a list of VALUES. All functions throw SqlError.
class Ledger {
 public:
  Ledger(Connection& session, const std::string& stage_schema)
      : session_(session), schema_(session.QuoteIdentifier(stage_schema)) {}

  /// Waits for other runs and keeps them waiting until the transaction ends.
  void Lock();

  /// Calls `visit` for each object that was loaded into `table`, in the order of the keys' bytes;
  /// `visit` must not use the session.
  void ForEachObject(const std::string& table, const std::function<void(const ObjectInfo&)>& visit);

  /// Replaces the objects of `table`.
  void Replace(const std::string& table, const std::string& run_id, const ObjectList& objects,
               const std::vector<ObjectCounts>& counts);

  /// `outcome` is "published", "rejected" or "failed".
  void AddRun(const EtlReport& report, const std::string& outcome);

  /// Whether the run's transaction was committed, also where the connection was lost before the
  /// server said so. Waits until no session is at it any more; not within a transaction.
  bool IsPublished(const std::string& run_id);

 private:
  Connection& session_;
  std::string schema_;
};

}  // namespace dwh
