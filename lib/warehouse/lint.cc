#include "warehouse/lint.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/redshift_tables.h"
#include "ingest/loader.h"
#include "warehouse/sql_files.h"
#include "warehouse/tables.h"

namespace dwh {
namespace {

std::vector<Column> ColumnsOf(const CopyStep& step, const std::vector<TableDefinition>& tables) {
  const auto table = std::find_if(tables.begin(), tables.end(), [&](const TableDefinition& known) {
    return known.schema == step.copy.schema && known.name == step.copy.table;
  });
  if (table == tables.end()) {
    throw Error(ErrorKind::kUsage,
                StrCat(step.statement.file, ":", step.statement.line, ": no file of sql/ creates ",
                       step.copy.schema, ".", step.copy.table));
  }
  return DeclaredColumns(SqlReader(table->create.text, table->create.file, table->create.line));
}

}  // namespace

LintRun::LintRun(const DwhConfig& config, ProgressSink& progress) : progress_(progress) {
  const std::vector<TableDefinition> tables = ReadTableDefinitions(config);
  for (CopyStep& step : ReadCopies(config, MakeSqlVariables(config, WallTime()))) {
    std::vector<Column> columns = ColumnsOf(step, tables);
    steps_.push_back({std::move(step.copy), std::move(columns)});
  }
}

void LintRun::Execute(ObjectSource& source) {
  for (const Step& step : steps_) Check(step, source);
}

void LintRun::Check(const Step& step, ObjectSource& source) {
  SourceBooks& books = sources_.emplace_back();
  books.table = StrCat(step.copy.schema, ".", step.copy.table);
  books.source = step.copy.source;
  ObjectList objects = ListObjects(source, step.copy);
  objects.SortByKey();
  books.listed = static_cast<int64_t>(objects.size());
  LogInfo(StrCat("Checking ", FormatCount(books.listed), " objects in ", books.source,
                 " for table ", books.table, "."));
  progress_.Begin(StrCat("check ", step.copy.table));
  LoadOutcome outcome;
  try {
    outcome = Load(step.copy, step.columns, source, objects, {}, &progress_);
  } catch (...) {
    progress_.End();
    books.failed = books.listed;
    books.refused = true;
    throw;
  }
  progress_.End();
  (outcome.failed ? books.failed : books.loaded) = books.listed;
  books.refused = outcome.failed;
  books.bytes = outcome.bytes;
  books.counts = outcome.total;
  CheckBalance(books);
  rejects_.push_back(
      {step.copy.schema, step.copy.table, std::move(outcome.errors), std::move(outcome.narrow)});
}

}  // namespace dwh
