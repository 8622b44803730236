#include "warehouse/star_build.h"

#include <algorithm>
#include <filesystem>
#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/sql_reader.h"
#include "warehouse/ledger.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

/// Names what failed without the path: sql/classic/check/users_unique.sql is "users_unique".
std::string FileStem(const SqlStatement& statement) {
  return std::filesystem::path(statement.file).stem().string();
}

/// The table that a statement changes, as "star.users", and how.
struct Change {
  std::string table;
  bool inserts = false;
};

std::optional<Change> ChangeOf(const SqlStatement& statement) {
  const SqlReader reader(statement.text, statement.file, statement.line);
  const bool inserts = reader.Reads(0, {"INSERT", "INTO"});
  if (!inserts && !reader.Reads(0, {"DELETE", "FROM"})) return std::nullopt;
  if (!reader.Is(3, ".")) return std::nullopt;
  return Change{StrCat(reader.Name(2), ".", reader.Name(4)), inserts};
}

/// The first rows of a check's result, for people: "user_id=7, copies=2; user_id=9, copies=2".
std::string DescribeRows(const Result& rows) {
  constexpr int kShown = 3;
  std::string text;
  for (int row = 0; row < std::min(rows.rows(), kShown); ++row) {
    if (row > 0) text += "; ";
    for (int column = 0; column < rows.columns(); ++column) {
      text += StrCat(column == 0 ? "" : ", ", rows.name(column), "=",
                     rows.is_null(row, column) ? "NULL" : rows.value(row, column));
    }
  }
  return text;
}

}  // namespace

StarBuild::StarBuild(const DwhConfig& config, WallTime run_time, PhaseLog& phases)
    : config_(config), phases_(phases), variables_(MakeSqlVariables(config, run_time)) {
  // Where nothing else is said, all of time is touched, and no load.
  variables_["touched_from"] = "0001-01-01 00:00:00";
  variables_["touched_to"] = "9999-12-31 23:59:59";
  variables_["loads"] = "-1";
  variables_["first_load"] = "0";
  variables_["rebuilt"] = "TRUE";
  for (const std::string_view step : {"begin", "remove", "add", "merge", "check"}) Read(step);
  inserts_ = Read("insert");
}

std::vector<SqlStatement> StarBuild::Read(std::string_view step) const {
  return ReadSqlFiles(config_, step, variables_);
}

bool StarBuild::IsStarTable(const std::string& table) const {
  return table.starts_with(config_.star_schema + ".");
}

std::vector<std::string> StarBuild::StarTables() const {
  std::vector<std::string> tables;
  for (const SqlStatement& statement : inserts_) {
    const std::optional<Change> change = ChangeOf(statement);
    if (!change || !change->inserts || !IsStarTable(change->table)) continue;
    if (std::find(tables.begin(), tables.end(), change->table) == tables.end()) {
      tables.push_back(change->table);
    }
  }
  return tables;
}

void StarBuild::PrepareRebuild(Engine& engine) {
  for (const SqlStatement& statement : inserts_) engine.ReadAhead(statement);
}

void StarBuild::Rebuild(Engine& engine) {
  for (const std::string& table : StarTables()) rows_[table] = 0;
  std::string said;
  for (const SqlStatement& statement : inserts_) {
    BeginFile(engine, "insert", statement);
    const std::optional<Change> change = ChangeOf(statement);
    if (change && change->inserts && IsStarTable(change->table) && change->table != said) {
      LogInfo(StrCat("Inserting data into table ", change->table, "."));
      said = change->table;
    }
    const Result result = engine.Execute(statement);
    if (!change || !change->inserts) continue;
    rows_[change->table] += result.affected();
    engine.RefreshStatistics(change->table);  // or what follows would be planned for an empty table
  }
}

/// The statements of one file are one phase.
void StarBuild::BeginFile(Engine& engine, std::string_view step, const SqlStatement& statement) {
  const std::string phase = StrCat(step, " ", FileStem(statement));
  if (phases_.phases().empty() || phases_.phases().back().name != phase) {
    phases_.Begin(engine, phase);
  }
}

void StarBuild::BeginChanges(Engine& engine) {
  for (const SqlStatement& statement : Read("begin")) engine.Execute(statement);
}

void StarBuild::Remove(Engine& engine, const std::string& table,
                       const std::vector<int64_t>& load_ids) {
  if (load_ids.empty()) return;
  variables_["loads"] = JoinIds(load_ids);
  RunTableStep(engine, "remove", table);
}

void StarBuild::NoteAdded(Engine& engine, const std::string& table, int64_t first_load_id) {
  variables_["first_load"] = std::to_string(first_load_id);
  RunTableStep(engine, "add", table);
}

void StarBuild::RunTableStep(Engine& engine, std::string_view step, const std::string& table) {
  phases_.Begin(engine, StrCat(step, " ", table));
  for (const SqlStatement& statement : Read(step)) {
    if (FileStem(statement) == table) RunStatement(engine, statement);
  }
}

Result StarBuild::RunStatement(Engine& engine, const SqlStatement& statement) {
  Result result = engine.Execute(statement);
  if (const std::optional<Change> change = ChangeOf(statement)) {
    rows_[change->table] += change->inserts ? result.affected() : -result.affected();
    // What is noted of a night is new to the planner; staging and star change little.
    const bool noted = change->table.find(".delta_") != std::string::npos;
    if (noted) engine.RefreshStatistics(change->table);
  }
  return result;
}

void StarBuild::Merge(Engine& engine) {
  LogInfo("Bringing the star schema up to date.");
  variables_["rebuilt"] = "FALSE";
  std::vector<SqlStatement> statements = Read("merge");
  for (size_t i = 0; i < statements.size(); ++i) {
    BeginFile(engine, "merge", statements[i]);
    const Result row = RunStatement(engine, statements[i]);
    if (row.rows() != 1) continue;
    for (int column = 0; column < row.columns(); ++column) {
      variables_[std::string(row.name(column))] = row.value(0, column);
    }
    statements = Read("merge");  // a query's columns are variables of what follows
  }
}

void StarBuild::Check(Engine& engine) {
  const std::vector<SqlStatement> checks = Read("check");
  LogInfo(StrCat("Checking the new state (", checks.size(), " checks)."));
  phases_.Begin(engine, "check");
  std::vector<std::string> failures;
  for (const SqlStatement& statement : checks) {
    const Result rows = engine.Execute(statement);
    if (rows.rows() == 0) continue;
    failures.push_back(StrCat(FileStem(statement), " (", DescribeRows(rows), ")"));
  }
  if (failures.empty()) return;
  throw Error(ErrorKind::kRejected,
              StrCat("check failed, nothing published: ", Join(failures, "; ")),
              "the files in sql/<model>/check say what each check means.");
}

}  // namespace dwh
