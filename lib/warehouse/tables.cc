#include "warehouse/tables.h"

#include <algorithm>
#include <set>

#include "base/text.h"
#include "engine/sql_reader.h"
#include "warehouse/ledger_copy.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

TableDefinition ReadDefinition(const SqlStatement& statement) {
  const SqlReader reader(statement.text, statement.file, statement.line);
  size_t at = reader.Expect(0, "CREATE");
  TableDefinition table;
  table.is_view = reader.Is(at, "VIEW");
  at = table.is_view ? at + 1 : reader.Expect(at, "TABLE");
  table.schema = reader.Name(at);
  at = reader.Expect(at + 1, ".");
  table.name = reader.Name(at);
  table.create = statement;
  return table;
}

SqlStatement Made(std::string text) { return {std::move(text), "create_tables", 1}; }

std::string Quoted(const TableDefinition& table) {
  return StrCat('"', table.schema, "\".", table.name);
}

/// The statements that drop `tables`, those that refer to others first.
std::vector<SqlStatement> Drops(const std::vector<TableDefinition>& tables) {
  std::vector<SqlStatement> drops;
  drops.reserve(tables.size());
  for (size_t at = tables.size(); at > 0; --at) {
    const TableDefinition& table = tables[at - 1];
    drops.push_back(
        Made(StrCat("DROP ", table.is_view ? "VIEW" : "TABLE", " IF EXISTS ", Quoted(table))));
  }
  return drops;
}

std::vector<SqlStatement> Schemas(const std::vector<TableDefinition>& tables) {
  std::set<std::string> names;
  for (const TableDefinition& table : tables) names.insert(table.schema);
  std::vector<SqlStatement> creates;
  creates.reserve(names.size());
  for (const std::string& name : names) {
    creates.push_back(Made(StrCat("CREATE SCHEMA IF NOT EXISTS \"", name, '"')));
  }
  return creates;
}

bool Exists(Engine& engine, const TableDefinition& table) {
  Connection& session = engine.session();
  return session
             .Exec(StrCat("SELECT 1 FROM information_schema.tables WHERE table_schema = ",
                          session.QuoteLiteral(table.schema),
                          " AND table_name = ", session.QuoteLiteral(table.name)))
             .rows() > 0;
}

bool HoldsRows(Engine& engine, const TableDefinition& table) {
  return engine.session().Exec(StrCat("SELECT 1 FROM ", Quoted(table), " LIMIT 1")).rows() > 0;
}

/// What there is of the tables of any model: those of history are the tables of classic and more.
std::vector<TableDefinition> ExistingTables(DwhConfig config, Engine& engine) {
  config.model = Model::kHistory;
  std::vector<TableDefinition> tables = ReadTableDefinitions(config);
  std::erase_if(tables, [&](const auto& table) { return !Exists(engine, table); });
  return tables;
}

void ConfirmDrop(Engine& engine, const std::vector<TableDefinition>& existing,
                 const CreateTablesOptions& options) {
  std::vector<std::string> full;
  for (const TableDefinition& table : existing) {
    if (!table.is_view && HoldsRows(engine, table)) full.push_back(table.FullName());
  }
  if (full.empty() || options.confirm_drop(full)) return;
  throw Error(ErrorKind::kFailed, StrCat("not dropping tables that hold rows: ", Join(full, ", ")),
              "`create_tables --force` drops them; `create_tables --if-missing` keeps them.");
}

}  // namespace

std::vector<TableDefinition> ReadTableDefinitions(const DwhConfig& config) {
  std::vector<TableDefinition> tables;
  for (const SqlStatement& statement :
       ReadSqlFiles(config, "create", MakeSqlVariables(config, WallTime()))) {
    tables.push_back(ReadDefinition(statement));
  }
  return tables;
}

std::vector<SqlStatement> PlanTables(const std::vector<TableDefinition>& tables) {
  std::vector<SqlStatement> plan = Schemas(tables);
  for (SqlStatement& drop : Drops(tables)) plan.push_back(std::move(drop));
  for (const TableDefinition& table : tables) plan.push_back(table.create);
  return plan;
}

CreateTablesReport CreateTables(const DwhConfig& config, Engine& engine,
                                const CreateTablesOptions& options) {
  CreateTablesReport report;
  Transaction transaction(engine.session());
  std::vector<TableDefinition> wanted = ReadTableDefinitions(config);
  if (options.if_missing) {
    const auto missing = std::stable_partition(
        wanted.begin(), wanted.end(), [&](const auto& table) { return Exists(engine, table); });
    for (auto table = wanted.begin(); table != missing; ++table) {
      report.kept.push_back(table->FullName());
    }
    wanted.erase(wanted.begin(), missing);
  } else {
    const std::vector<TableDefinition> existing = ExistingTables(config, engine);
    ConfirmDrop(engine, existing, options);
    for (const SqlStatement& drop : Drops(existing)) engine.Execute(drop);
    for (const TableDefinition& table : existing) report.dropped.push_back(table.FullName());
  }
  for (const SqlStatement& schema : Schemas(wanted)) engine.Execute(schema);
  for (const TableDefinition& table : wanted) {
    engine.Execute(table.create);
    report.created.push_back(table.FullName());
  }
  transaction.Commit();
  LedgerCopy(config).Remove();
  return report;
}

}  // namespace dwh
