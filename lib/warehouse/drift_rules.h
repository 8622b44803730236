#pragma once

#include <set>
#include <string>
#include <vector>

#include "ingest/json_profile.h"

namespace dwh {

/// When a source counts as changed. Everything here is arithmetic: drift.h has the storage.

/// What one run found new for one table.
struct SourceShape {
  std::string run_id;
  int64_t objects = 0;
  int64_t bytes = 0;    ///< Of the objects.
  JsonProfile sample;   ///< Of some of them.
  std::string example;  ///< One of them.
};

/// Runs that are looked back on. News is what is unlike all of them: so what has changed is told
/// once, what was so within the last runs is not told, and neither is a return to it.
constexpr size_t kDriftRuns = 8;
/// Shares (of keys, types, NULLs) differ if they do by more than this, ...
constexpr double kDriftShare = 0.25;
/// ... in samples of at least so many records.
constexpr int64_t kDriftRecords = 200;
/// A key is gone if so many of the records should have had it by its share before; a type is
/// looked at only where there are so many values.
constexpr int64_t kDriftExpected = 20;
/// Sizes differ beyond this factor, ...
constexpr double kDriftFactor = 4;
/// ... and are looked at only where there are so many runs.
constexpr size_t kDriftSizes = 4;

/// Where `now` differs from the runs `before` it, of which none is empty: for each a line for
/// people, which says what changed, by how much, where, and what to do. `taken`: the keys that a
/// column takes; null if the COPY takes records whole.
std::vector<std::string> FindDrifts(const SourceShape& now, const std::vector<SourceShape>& before,
                                    const std::set<std::string>* taken);

}  // namespace dwh
