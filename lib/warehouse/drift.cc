#include "warehouse/drift.h"

#include <algorithm>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "ingest/json_paths.h"

namespace dwh {
namespace {

constexpr size_t kMaxControlFileBytes = size_t{64} << 20;

/// A table's warnings of one run; what is beyond is counted.
constexpr size_t kMostWarnings = 20;

/// The keys of the first level that the paths lead to; a path to the whole record takes them all.
std::optional<std::set<std::string>> FirstKeys(const std::vector<JsonPath>& paths) {
  std::set<std::string> keys;
  for (const JsonPath& path : paths) {
    if (path.empty()) return std::nullopt;
    if (const auto* const key = std::get_if<std::string>(&path.front())) keys.insert(*key);
  }
  return keys;
}

std::optional<std::vector<JsonPath>> PathsOf(ObjectSource& source, const CopyOptions& copy) {
  if (copy.mapping == JsonMapping::kNoShred) return std::vector<JsonPath>{JsonPath{}};
  if (copy.mapping != JsonMapping::kJsonPaths) return std::nullopt;
  return ParseJsonPaths(ReadObject(source, copy.jsonpaths, kMaxControlFileBytes), copy.jsonpaths);
}

void Tell(const std::string& table, const std::vector<std::string>& drifts) {
  for (size_t i = 0; i < std::min(kMostWarnings, drifts.size()); ++i) {
    LogWarning(StrCat("The source of ", table, " has changed: ", drifts[i], "."));
  }
  if (drifts.size() <= kMostWarnings) return;
  LogWarning(StrCat("The source of ", table, " has changed in ", drifts.size() - kMostWarnings,
                    " more ways."));
}

}  // namespace

void DriftWatch::Examine(const CopyOptions& copy, const ObjectList& fresh) {
  if (fresh.empty() || !HasTable()) return;
  Table table;
  table.name = copy.table;
  table.before = ReadShapes(copy.table);
  std::optional<std::set<std::string>> taken = ColumnNames(copy);
  try {
    if (const auto paths = PathsOf(engine_.source(), copy)) taken = FirstKeys(*paths);
    table.now.sample = SampleObjects(engine_.source(), copy, fresh);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw;
    return LogDebug(StrCat("no comparison with earlier runs: ", error.what()));
  }
  table.now.objects = static_cast<int64_t>(fresh.size());
  table.now.bytes = fresh.total_bytes();
  table.now.example = fresh.key(fresh.size() - 1);
  Tell(copy.table, FindDrifts(table.now, table.before, taken ? &*taken : nullptr));
  tables_.push_back(std::move(table));
}

/// Asked first: a statement that fails would take the run's transaction with it.
bool DriftWatch::HasTable() {
  const Result found = engine_.session().Exec(
      StrCat("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = ", Quote(schema_),
             " AND table_name = 'etl_profiles'"));
  if (found.integer(0, 0) > 0) return true;
  LogDebug("no comparison with earlier runs: `create_tables --if-missing` makes the table for it.");
  return false;
}

/// The columns that the COPY fills. Not by a query on the table itself: its lock would stay until
/// the transaction ends, and loading it may take another session.
std::set<std::string> DriftWatch::ColumnNames(const CopyOptions& copy) {
  if (!copy.columns.empty()) return {copy.columns.begin(), copy.columns.end()};
  std::set<std::string> names;
  engine_.session().ForEachRow(
      StrCat("SELECT column_name FROM information_schema.columns WHERE table_schema = ",
             Quote(copy.schema), " AND table_name = ", Quote(copy.table)),
      [&](const Result& row) { names.emplace(row.value(0, 0)); });
  return names;
}

std::vector<SourceShape> DriftWatch::ReadShapes(const std::string& table) {
  std::vector<SourceShape> shapes;
  engine_.session().ForEachRow(
      StrCat("SELECT run_id, objects, bytes, records, record_bytes, key_name, strings, numbers, "
             "booleans, nested, nulls FROM ",
             Profiles(), " WHERE table_name = ", Quote(table), " ORDER BY run_id DESC"),
      [&](const Result& row) {
        if (shapes.empty() || shapes.back().run_id != row.value(0, 0)) {
          SourceShape& shape = shapes.emplace_back();
          shape.run_id = row.value(0, 0);
          shape.objects = row.integer(0, 1);
          shape.bytes = row.integer(0, 2);
          shape.sample.records = row.integer(0, 3);
          shape.sample.bytes = row.integer(0, 4);
        }
        KeyProfile& key = shapes.back().sample.keys[std::string(row.value(0, 5))];
        for (int kind = 0; kind < static_cast<int>(kValueKinds); ++kind) {
          key.counts.at(static_cast<size_t>(kind)) = row.integer(0, 6 + kind);
        }
      });
  if (shapes.size() > kDriftRuns) shapes.resize(kDriftRuns);
  return shapes;
}

void DriftWatch::Save(const std::string& run_id) {
  for (const Table& table : tables_) SaveShape(table, run_id);
}

void DriftWatch::SaveShape(const Table& table, const std::string& run_id) {
  if (table.now.sample.keys.empty()) return;
  if (table.before.size() >= kDriftRuns) {
    // With this run's there are as many again as will be looked at.
    engine_.session().Exec(StrCat("DELETE FROM ", Profiles(),
                                  " WHERE table_name = ", Quote(table.name),
                                  " AND run_id <= ", Quote(table.before[kDriftRuns - 1].run_id)));
  }
  const JsonProfile& sample = table.now.sample;
  auto next = sample.keys.begin();
  engine_.Insert(
      {Profiles(),
       "run_id, table_name, objects, bytes, records, record_bytes, key_name, strings, "
       "numbers, booleans, nested, nulls",
       sample.keys.size(), [&](size_t) {
         const auto& [name, key] = *next++;
         std::vector<RowValue> row = {
             run_id,       table.name, table.now.objects, table.now.bytes, sample.records,
             sample.bytes, name};
         row.insert(row.end(), key.counts.begin(), key.counts.end());
         return row;
       }});
}

}  // namespace dwh
