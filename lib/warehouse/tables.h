#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/dwh_config.h"
#include "engine/engine.h"

namespace dwh {

/// What `create_tables` does: the tables and views of sql/<model>/create, one statement each.

/// A table, or a view, and the statement that makes it.
struct TableDefinition {
  std::string schema;
  std::string name;
  bool is_view = false;
  SqlStatement create;

  std::string FullName() const { return schema + "." + name; }
};

/// Reads sql/<model>/create. Throws Error(kUsage) for a statement that is neither CREATE TABLE nor
/// CREATE VIEW.
std::vector<TableDefinition> ReadTableDefinitions(const DwhConfig& config);

/// Everything that would be sent, in order: schemas, drops in reverse order, creates.
std::vector<SqlStatement> PlanTables(const std::vector<TableDefinition>& tables);

struct CreateTablesOptions {
  bool if_missing = false;  ///< Leave existing tables alone; create the others.
  /// Asked once, with the tables that hold rows, before they are dropped; false refuses.
  std::function<bool(const std::vector<std::string>& tables)> confirm_drop;
};

struct CreateTablesReport {
  std::vector<std::string> dropped;
  std::vector<std::string> created;
  std::vector<std::string> kept;
};

/// One transaction: afterwards all tables are new, or all are as they were. Tables that only
/// another model has are dropped with them. Throws Error(kFailed) if `confirm_drop` refuses, and
/// SqlError.
CreateTablesReport CreateTables(const DwhConfig& config, Engine& engine,
                                const CreateTablesOptions& options);

}  // namespace dwh
