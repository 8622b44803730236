#pragma once

#include <string>
#include <vector>

#include "ingest/object_source.h"
#include "pg/connection.h"
#include "warehouse/books.h"

namespace dwh {

/// etl_lock, etl_runs and etl_objects in the staging schema: which objects are in the published
/// state, and what each run did. All functions throw SqlError.
class Ledger {
 public:
  Ledger(Connection& session, const std::string& stage_schema)
      : session_(session), schema_(session.QuoteIdentifier(stage_schema)) {}

  /// Waits for other runs and keeps them waiting until the transaction ends.
  void Lock();

  /// The objects that were loaded into `table`, by key.
  std::vector<ObjectInfo> Objects(const std::string& table);

  /// Replaces the objects of `table`.
  void Replace(const std::string& table, const std::string& run_id,
               const std::vector<ObjectInfo>& objects, const std::vector<ObjectCounts>& counts);

  /// `outcome` is "published", "rejected" or "failed".
  void AddRun(const EtlReport& report, const std::string& outcome);

 private:
  Connection& session_;
  std::string schema_;
};

}  // namespace dwh
