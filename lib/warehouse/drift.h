#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "warehouse/drift_rules.h"

namespace dwh {

/// Looks at what a run is about to load and says, once, where it differs from what earlier runs
/// loaded (drift_rules.h), by etl_profiles of the staging schema. Nothing of that is worth a run:
/// what goes wrong while it samples the source goes to the debug log, and so does a warehouse
/// without that table.
class DriftWatch {
 public:
  /// One for each run, used within the run's transaction.
  DriftWatch(Engine& engine, std::string stage_schema)
      : engine_(engine), schema_(std::move(stage_schema)) {}

  /// `fresh`: the objects of `copy` that are new or changed. Throws SqlError, for then the
  /// transaction is lost anyway, and Error(kInterrupted).
  void Examine(const CopyOptions& copy, const ObjectList& fresh);

  /// Keeps what Examine() saw, for the runs to come. Throws SqlError.
  void Save(const std::string& run_id);

 private:
  struct Table {
    std::string name;
    SourceShape now;
    std::vector<SourceShape> before;  ///< The latest first.
  };

  bool HasTable();
  std::set<std::string> ColumnNames(const CopyOptions& copy);
  std::vector<SourceShape> ReadShapes(const std::string& table);
  void SaveShape(const Table& table, const std::string& run_id);
  std::string Quote(const std::string& text) { return engine_.session().QuoteLiteral(text); }
  std::string Profiles() { return engine_.session().QuoteIdentifier(schema_) + ".etl_profiles"; }

  Engine& engine_;
  std::string schema_;
  std::vector<Table> tables_;
};

}  // namespace dwh
