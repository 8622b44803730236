#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/copy_rewriter.h"
#include "engine/engine.h"
#include "engine/load_views.h"
#include "engine/packed_copy.h"
#include "engine/staging_area.h"
#include "ingest/object_store.h"

namespace dwh {

/// What it takes to work with a Redshift cluster or serverless workgroup.
struct RedshiftSetup {
  RedshiftKind kind = RedshiftKind::kCluster;
  /// How to log in now: called for each new session, since a login may be good for minutes only.
  std::function<ConnectParams()> login;
  std::unique_ptr<ObjectSource> source;  ///< Reads s3:// and local control files.
  /// Where manifests can be put; called when the first load begins.
  std::function<std::unique_ptr<ObjectStore>()> make_store;
  std::string staging;  ///< [S3] STAGING with a folder for this run, or "".
  PackSetup pack;       ///< Its folder is of this warehouse alone, but of all its runs.
  std::chrono::milliseconds progress_interval{3000};
};

/// Amazon Redshift. Statements go there as they are in sql/; COPY is Redshift's own. Everything
/// Stage() does is part of the main session's transaction. Throws SqlError(kUnavailable) if nobody
/// answers, Error(kUsage) if whoever answers is no Redshift.
class RedshiftEngine : public Engine {
 public:
  explicit RedshiftEngine(RedshiftSetup setup);

  Result Execute(const SqlStatement& statement) override;
  /// Redshift runs a statement on all its slices anyway.
  void ReadAhead(const SqlStatement& /*statement*/) override {}
  Connection& session() override { return session_; }
  ObjectSource& source() override { return *setup_.source; }
  /// SET query_group, which shows in the STL and SYS views and which WLM rules can go by.
  void BeginStep(const std::string& step) override;
  void AfterCommit() override;
  bool IsTransient(const Error& error) const override;
  void Reconnect() override;
  void Insert(const RowBatch& batch) override { InsertByValues(session_, batch); }
  /// Nothing: Redshift analyzes tables by itself in the background. Within the transaction ANALYZE
  /// would read every table once more for plans of a handful of statements, and it takes the owner
  /// of a table or a superuser, which who loads need not be.
  void RefreshStatistics(const std::string& /*table*/) override {}
  ObjectList List(const CopyOptions& copy) override;
  /// What is added goes through a temporary table, since COPY cannot tell rows apart by object: a
  /// few objects come in a COPY each and get a load id of their own, many come in one COPY and
  /// share one. What replaces everything has the load id 0.
  LoadOutcome Stage(const StageRequest& request, ProgressSink* progress) override;

 private:
  /// One staging of one table.
  struct Job {
    const SqlStatement& statement;
    const CopyOptions& copy;
    const ObjectList& objects;
    ProgressSink* progress;
    std::vector<CopyChanges> copies;    ///< One COPY each; together they read exactly `objects`.
    PackedObjects packed;               ///< If it is not empty, they read its parts and its rest.
    std::string landing;                ///< The table that they fill, if not that of the statement.
    std::unique_ptr<StagingArea> area;  ///< Keeps what they read besides until they are done.
  };
  /// Numbers by file, or by object, as the views name it.
  using Numbers = std::map<std::string, int64_t>;
  /// What came of COPYs, summed up.
  struct Copied {
    int64_t rows = 0;
    Numbers lines;  ///< By file.
  };

  void Begin();
  Job PlanJob(const StageRequest& request, const ObjectList& objects, ProgressSink* progress);
  LoadOutcome StageJob(const StageRequest& request, const ObjectList& objects, int64_t load_id,
                       ProgressSink* progress);
  LoadOutcome StageOneByOne(const StageRequest& request, ProgressSink* progress);
  void PlanCopies(Job& job, StagingArea& area);
  void PlanManifests(Job& job, StagingArea& area, CopyChanges changes);
  std::vector<std::string> ExactPrefixes(const Job& job);
  std::string PlaceJsonPaths(const CopyOptions& copy, StagingArea& area) const;
  std::string RegionOf(const CopyOptions& copy, const StagingArea& area);
  void RunCopy(const Job& job, const CopyChanges& changes);
  Copied Load(const Job& job, int64_t load_id);
  void MakeLanding(const Job& job);
  void MoveFromLanding(const Job& job, int64_t load_id);
  LoadOutcome CloseBooks(const Job& job, const Copied& copied, int64_t mark);
  Numbers RejectsByObject(const Job& job, int64_t mark);
  LoadOutcome Check(const Job& job);
  LoadOutcome ExplainFailure(const Job& job, int64_t mark, const SqlError& error);
  void ReadErrors(const Job& job, int64_t mark, LoadOutcome& outcome);

  RedshiftSetup setup_;
  std::unique_ptr<ObjectStore> store_;
  Connection session_;
  LoadViews views_;
  int64_t pid_ = 0;
  std::optional<size_t> slices_;
  bool packed_ = false;  ///< Parts were put into setup_.pack.folder, or found there.
  int64_t refused_ = 0;  ///< Records that Redshift says the COPYs since Stage() began left out.
};

}  // namespace dwh
