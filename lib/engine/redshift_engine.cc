#include "engine/redshift_engine.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "engine/load_watch.h"
#include "engine/prefix_cover.h"
#include "engine/redshift_failures.h"
#include "ingest/loader.h"
#include "ingest/manifest.h"
#include "ingest/raw_values.h"

namespace dwh {
namespace {

constexpr std::string_view kS3 = "s3://";
constexpr size_t kMaxControlFileBytes = size_t{64} << 20;

/// COPY's own limit of MAXERROR: with it a check comes to its end.
constexpr int64_t kMostErrors = 100000;

/// More COPYs for one table than this would take longer than anybody waits.
constexpr size_t kMostCopies = 100;

/// Up to so many new objects get a COPY each: a night's few, but not a catalogue's thousands.
constexpr size_t kMostSingleCopies = 16;

RedshiftFailure ClassOf(const SqlError& error) {
  return ClassifyRedshiftFailure(error.sqlstate(), error.said());
}

/// The error with the statement's place instead of its text, and with advice.
[[noreturn]] void Rethrow(const SqlError& error, const SqlStatement& statement) {
  const RedshiftFailure failure = ClassOf(error);
  const bool service = failure == RedshiftFailure::kService ||
                       failure == RedshiftFailure::kAccess || failure == RedshiftFailure::kMissing;
  std::string message = StrCat(statement.file, ":", statement.line, ": ", error.said());
  if (!error.sqlstate().empty()) message += StrCat(" [", error.sqlstate(), "]");
  throw SqlError(service ? ErrorKind::kUnavailable : error.kind(), message, error.sqlstate(),
                 error.hint().empty() ? HintFor(failure) : error.hint(), error.said());
}

/// n of "Load into table 'x' completed, n record(s) could not be loaded. ..."; 0 for other notices.
int64_t RecordsLeftOut(std::string_view notice) {
  const size_t end = notice.find(" record(s) could not be loaded");
  if (end == std::string_view::npos) return 0;
  const size_t begin = notice.find_last_not_of("0123456789", end - 1) + 1;
  int64_t count = 0;
  std::from_chars(notice.data() + begin, notice.data() + end, count);
  return count;
}

bool IsTooMany(const CopyOptions& copy, int64_t rejects) {
  return !copy.ignore_all_errors && rejects >= std::max<int64_t>(1, copy.max_error);
}

int64_t Sum(const std::map<std::string, int64_t>& numbers) {
  int64_t sum = 0;
  for (const auto& [name, number] : numbers) sum += number;
  return sum;
}

int64_t NumberOf(const std::map<std::string, int64_t>& numbers, const std::string& name) {
  const auto found = numbers.find(name);
  return found == numbers.end() ? 0 : found->second;
}

/// Throws unless Redshift read exactly `files`. An empty one need not show.
void CheckFiles(const CopyOptions& copy, const std::vector<const ObjectList*>& files,
                const std::map<std::string, int64_t>& read) {
  std::map<std::string, int64_t> surplus = read;
  std::vector<std::string> problems;
  int64_t missing = 0;
  for (const ObjectList* const list : files) {
    for (size_t i = 0; i < list->size(); ++i) {
      // Two long names may look the same once they are cut.
      const std::string name = ViewFileName(list->key(i));
      surplus.erase(name);
      if (!read.contains(name) && (*list)[i].size > 0 && missing++ == 0) {
        problems.push_back(StrCat("not read: ", list->key(i)));
      }
    }
  }
  if (!surplus.empty()) problems.push_back(StrCat("read and not listed: ", surplus.begin()->first));
  if (problems.empty()) return;
  throw Error(ErrorKind::kFailed,
              StrCat("COPY into ", copy.table, " read other files than were listed: ", missing,
                     " missing, ", surplus.size(), " more (", Join(problems, "; "), ")"),
              "the source changed while it was loaded; nothing is published, run etl again. With "
              "STAGING in [S3] a load reads the listed objects and no others.");
}

/// `numbers` by the names under which the files were listed. AWS's own example of STL_LOAD_COMMITS
/// ("Verifying that the data loaded correctly") shows keys without s3://bucket/, other views show
/// the whole name, so both are taken.
std::map<std::string, int64_t> ByListedName(const std::vector<const ObjectList*>& files,
                                            const std::map<std::string, int64_t>& numbers) {
  std::map<std::string, std::string> by_key;
  for (const ObjectList* const list : files) {
    for (size_t i = 0; i < list->size(); ++i) {
      const std::string_view name = list->key(i);
      const size_t slash = name.find('/', kS3.size());
      if (slash != std::string_view::npos) {
        by_key.emplace(ViewFileName(name.substr(slash + 1)), ViewFileName(name));
      }
    }
  }
  std::map<std::string, int64_t> listed;
  for (const auto& [name, number] : numbers) {
    const auto found = name.starts_with(kS3) ? by_key.end() : by_key.find(name);
    listed[found == by_key.end() ? name : found->second] += number;
  }
  return listed;
}

/// A session in which a person can see what this one does; none if it cannot be had.
std::optional<ConnectParams> TryLogin(const RedshiftSetup& setup) {
  try {
    return setup.login();
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw;
    LogDebug(StrCat("no session to watch the load: ", error.what()));
    return std::nullopt;
  }
}

}  // namespace

RedshiftEngine::RedshiftEngine(RedshiftSetup setup)
    : setup_(std::move(setup)), session_(setup_.login()), views_(session_, setup_.kind) {
  Begin();
}

void RedshiftEngine::Begin() {
  session_.SetNoticeHandler([this](std::string_view severity, std::string_view message) {
    refused_ += RecordsLeftOut(message);
    LogDebug(StrCat(severity, ": ", message));
  });
  const Result row = session_.Exec("SELECT version(), pg_backend_pid()");
  const std::string_view version = row.value(0, 0);
  if (version.find("Redshift") == std::string_view::npos) {
    throw Error(ErrorKind::kUsage, StrCat("the server at HOST is no Redshift: ", version),
                "set HOST in [CLUSTER] to the warehouse's own address, or ENGINE=local in [DWH].");
  }
  pid_ = row.integer(0, 1);
}

void RedshiftEngine::Reconnect() {
  session_ = Connection(setup_.login());
  Begin();
}

void RedshiftEngine::AfterCommit() {
  if (packed_) RemovePackedParts(setup_.pack, *setup_.source, *store_);
}

bool RedshiftEngine::IsTransient(const Error& error) const {
  const auto* const sql_error = dynamic_cast<const SqlError*>(&error);
  return sql_error != nullptr && dwh::IsTransient(ClassOf(*sql_error));
}

void RedshiftEngine::BeginStep(const std::string& step) {
  constexpr size_t kWidth = 30;  // Redshift cuts it there.
  const std::string name = StrCat("etl ", step);
  session_.Exec(StrCat("SET query_group TO ", session_.QuoteLiteral(TruncateUtf8(name, kWidth))));
}

Result RedshiftEngine::Execute(const SqlStatement& statement) {
  try {
    return session_.Exec(statement.text);
  } catch (const SqlError& error) {
    Rethrow(error, statement);
  }
}

ObjectList RedshiftEngine::List(const CopyOptions& copy) {
  if (!copy.source.starts_with(kS3)) {
    throw Error(ErrorKind::kUsage, StrCat("Redshift reads s3:// only, not ", copy.source),
                "name places on S3 in [S3] of dwh.cfg, or set ENGINE=local in [DWH].");
  }
  return ListObjects(*setup_.source, copy);
}

LoadOutcome RedshiftEngine::Stage(const StageRequest& request, ProgressSink* progress) {
  if (!store_) store_ = setup_.make_store();
  if (!session_.in_transaction()) return Check(PlanJob(request, request.objects, progress));
  if (request.append && request.objects.size() <= kMostSingleCopies) {
    return StageOneByOne(request, progress);
  }
  const int64_t load_id = request.append ? request.first_load_id : 0;
  return StageJob(request, request.objects, load_id, progress);
}

RedshiftEngine::Job RedshiftEngine::PlanJob(const StageRequest& request, const ObjectList& objects,
                                            ProgressSink* progress) {
  Job job{request.statement, request.copy, objects, progress, {}, {}, "", nullptr};
  if (request.append) job.landing = session_.QuoteTable("", "landing_" + request.copy.table);
  job.area = std::make_unique<StagingArea>(store_.get(), setup_.staging);
  PlanCopies(job, *job.area);
  return job;
}

LoadOutcome RedshiftEngine::StageJob(const StageRequest& request, const ObjectList& objects,
                                     int64_t load_id, ProgressSink* progress) {
  const Job job = PlanJob(request, objects, progress);
  const int64_t mark = views_.NewestQuery();
  try {
    LoadOutcome outcome = CloseBooks(job, Load(job, load_id), mark);
    for (ObjectCounts& object : outcome.objects) object.load_id = load_id;
    return outcome;
  } catch (const SqlError& error) {
    if (ClassOf(error) != RedshiftFailure::kBadData) throw;
    session_.Exec("ROLLBACK");
    return ExplainFailure(PlanJob(request, request.objects, progress), mark, error);
  }
}

LoadOutcome RedshiftEngine::StageOneByOne(const StageRequest& request, ProgressSink* progress) {
  LoadOutcome sum;
  for (size_t i = 0; i < request.objects.size(); ++i) {
    ObjectList one;
    one.Add(request.objects[i]);
    const int64_t load_id = request.first_load_id + static_cast<int64_t>(i);
    LoadOutcome outcome = StageJob(request, one, load_id, progress);
    if (outcome.failed) return outcome;
    sum.bytes += outcome.bytes;
    sum.total.Add(outcome.total);
    sum.objects.push_back(outcome.objects.front());
    std::move(outcome.errors.begin(), outcome.errors.end(), std::back_inserter(sum.errors));
    // Each COPY counted from nothing, but MAXERROR is meant for all of them.
    if (!IsTooMany(request.copy, sum.total.rejects)) continue;
    session_.Exec("ROLLBACK");
    LoadOutcome all = Check(PlanJob(request, request.objects, progress));
    all.failed = true;
    return all;
  }
  return sum;
}

/// How to have COPY read exactly the objects: by a manifest where there is a place for one, else by
/// prefixes under which the listing shows nothing else.
void RedshiftEngine::PlanCopies(Job& job, StagingArea& area) {
  CopyChanges changes;
  changes.jsonpaths = PlaceJsonPaths(job.copy, area);
  changes.region = RegionOf(job.copy, area);
  changes.table = job.landing;
  if (area.configured()) return PlanManifests(job, area, std::move(changes));
  for (std::string& prefix : ExactPrefixes(job)) {
    changes.source = std::move(prefix);
    job.copies.push_back(changes);
  }
}

/// Packed parts have a COPY of their own: a compression is that of all files of a COPY.
void RedshiftEngine::PlanManifests(Job& job, StagingArea& area, CopyChanges changes) {
  changes.manifest = true;
  if (!slices_) slices_ = views_.Slices();
  job.packed = PackedObjects(setup_.pack, job.copy, job.objects, *slices_, *setup_.source, *store_,
                             job.progress);
  const std::string& table = job.copy.table;
  if (!job.packed.empty()) {
    packed_ = true;
    job.copies.push_back(changes);
    job.copies.back().source =
        area.Put(table + ".parts.manifest", MakeManifest(job.packed.parts()));
    job.copies.back().compression = Compression::kZstd;
  }
  const ObjectList& rest = job.packed.empty() ? job.objects : job.packed.rest();
  if (rest.empty()) return;
  changes.source = area.Put(table + ".manifest", MakeManifest(rest));
  job.copies.push_back(std::move(changes));
}

/// "" for the source as written.
std::vector<std::string> RedshiftEngine::ExactPrefixes(const Job& job) {
  if (job.copy.manifest) return {""};
  ObjectList present = List(job.copy);
  present.SortByKey();
  size_t found = 0;
  for (size_t i = 0; i < present.size() && found < job.objects.size(); ++i) {
    if (present.key(i) == job.objects.key(found)) ++found;
  }
  if (found < job.objects.size()) {
    throw Error(ErrorKind::kFailed,
                StrCat(job.objects.key(found), " was listed a moment ago and is gone"),
                "run etl again once nobody changes the source.");
  }
  if (present.size() == job.objects.size()) return {""};
  const auto prefixes = CoverByPrefixes(present, job.objects);
  if (prefixes && prefixes->size() <= kMostCopies) return *prefixes;
  throw Error(ErrorKind::kFailed,
              StrCat("new objects arrived under ", job.copy.source,
                     ", and without a manifest COPY cannot leave them out"),
              "run etl again, or give it a place for manifests: STAGING in [S3] of dwh.cfg.");
}

/// Where COPY finds the JSONPaths file; "" for as written.
std::string RedshiftEngine::PlaceJsonPaths(const CopyOptions& copy, StagingArea& area) const {
  if (copy.mapping != JsonMapping::kJsonPaths || copy.jsonpaths.starts_with(kS3)) return "";
  if (!area.configured()) {
    throw Error(ErrorKind::kUsage,
                StrCat("Redshift cannot read ", copy.jsonpaths, ", a file of this machine"),
                "put it on S3 and name it there in LOG_JSONPATH in [S3], or set STAGING, and it is "
                "put there for the load.");
  }
  const std::string name = std::filesystem::path(copy.jsonpaths).filename();
  return area.Put(name, ReadObject(*setup_.source, copy.jsonpaths, kMaxControlFileBytes));
}

std::string RedshiftEngine::RegionOf(const CopyOptions& copy, const StagingArea& area) {
  if (!copy.region.empty()) return "";
  std::string region = store_->RegionOf(copy.source);
  if (!area.configured() || region.empty()) return region;
  const std::string other = store_->RegionOf(area.folder());
  if (other.empty() || other == region) return region;
  throw Error(ErrorKind::kUsage,
              StrCat("STAGING is in region ", other, ", but ", copy.source, " in ", region),
              "COPY wants manifest and data in one region: name a bucket there in STAGING.");
}

void RedshiftEngine::RunCopy(const Job& job, const CopyChanges& changes) {
  const std::string sql = RewriteCopy(job.statement, changes);
  LogDebug(StrCat("COPY of ", job.statement.file, " from ",
                  changes.source.empty() ? job.copy.source : changes.source));
  const std::optional<ConnectParams> login =
      job.progress == nullptr ? std::nullopt : TryLogin(setup_);
  std::optional<LoadWatch> watch;
  if (login) {
    watch.emplace(*login, LoadViews::ProgressQuery(setup_.kind, pid_), job.objects.total_bytes(),
                  job.progress, setup_.progress_interval);
  }
  try {
    session_.Exec(sql);
  } catch (const SqlError& error) {
    Rethrow(error, job.statement);
  }
}

RedshiftEngine::Copied RedshiftEngine::Load(const Job& job, int64_t load_id) {
  refused_ = 0;
  if (job.landing.empty()) {
    session_.Exec("DELETE FROM " + session_.QuoteTable(job.copy.schema, job.copy.table));
  } else {
    MakeLanding(job);
  }
  Copied copied;
  for (const CopyChanges& changes : job.copies) {
    RunCopy(job, changes);
    copied.rows += views_.LastCopyRows();
    copied.lines.merge(views_.LastCopyFiles());
  }
  if (!job.landing.empty()) MoveFromLanding(job, load_id);
  return copied;
}

void RedshiftEngine::MakeLanding(const Job& job) {
  session_.Exec(StrCat("DROP TABLE IF EXISTS ", job.landing));
  session_.Exec(StrCat("CREATE TEMP TABLE ", job.landing, " (LIKE ",
                       session_.QuoteTable(job.copy.schema, job.copy.table),
                       " INCLUDING DEFAULTS)"));
}

void RedshiftEngine::MoveFromLanding(const Job& job, int64_t load_id) {
  session_.Exec(StrCat("UPDATE ", job.landing, " SET ", kLoadIdColumn, " = ", load_id));
  session_.Exec(StrCat("INSERT INTO ", session_.QuoteTable(job.copy.schema, job.copy.table),
                       " SELECT * FROM ", job.landing));
  session_.Exec(StrCat("DROP TABLE ", job.landing));
}

/// The books of a load that went well, before anything is committed.
LoadOutcome RedshiftEngine::CloseBooks(const Job& job, const Copied& copied, int64_t mark) {
  std::vector<const ObjectList*> files = {&job.objects};
  if (!job.packed.empty()) files = {&job.packed.parts(), &job.packed.rest()};
  Numbers records = ByListedName(files, copied.lines);
  CheckFiles(job.copy, files, records);
  const Numbers rejects = RejectsByObject(job, mark);
  for (const PackIndex& index : job.packed.indexes()) {
    for (const auto& object : index.objects()) records[ViewFileName(object.key)] = object.records;
  }
  LoadOutcome outcome;
  outcome.bytes = job.objects.total_bytes();
  // The view may lack what other clusters of the warehouse wrote; the notice counts it all.
  outcome.total.rejects = std::max(refused_, Sum(rejects));
  outcome.total.rows = copied.rows;
  outcome.total.records = copied.rows + outcome.total.rejects;
  outcome.failed = IsTooMany(job.copy, outcome.total.rejects);  // of several COPYs together
  for (size_t i = 0; i < job.objects.size(); ++i) {
    const std::string name = ViewFileName(job.objects.key(i));
    ObjectCounts counts;
    counts.records = NumberOf(records, name);
    counts.rejects = NumberOf(rejects, name);
    counts.rows = std::max<int64_t>(0, counts.records - counts.rejects);
    outcome.objects.push_back(counts);
  }
  if (outcome.total.rejects > 0) ReadErrors(job, mark, outcome);
  if (outcome.failed) session_.Exec("ROLLBACK");
  return outcome;
}

RedshiftEngine::Numbers RedshiftEngine::RejectsByObject(const Job& job, int64_t mark) {
  Numbers rejects;
  views_.ForEachErrorLine(mark, [&](std::string_view file, int64_t line, int64_t errors) {
    const auto origin = job.packed.FindOrigin(file, line);
    rejects[origin ? ViewFileName(origin->key) : std::string(file)] += errors;
  });
  return rejects;
}

/// What is wrong with the objects, to the last of them: COPY itself stops at MAXERROR, and whoever
/// mends the files wants to know all. Loads nothing.
LoadOutcome RedshiftEngine::Check(const Job& job) {
  const int64_t mark = views_.NewestQuery();
  LoadOutcome outcome;
  outcome.loaded = false;
  outcome.bytes = job.objects.total_bytes();
  outcome.objects.resize(job.objects.size());
  for (CopyChanges changes : job.copies) {
    changes.table.clear();  // the landing table is gone with the transaction
    changes.no_load = true;
    if (!job.copy.ignore_all_errors) changes.max_error = kMostErrors;
    try {
      RunCopy(job, changes);
    } catch (const SqlError& error) {
      if (ClassOf(error) != RedshiftFailure::kBadData) throw;
      outcome.failed = true;
    }
  }
  outcome.total.rejects = Sum(RejectsByObject(job, mark));
  outcome.total.records = outcome.total.rejects;
  outcome.failed = outcome.failed || IsTooMany(job.copy, outcome.total.rejects);
  ReadErrors(job, mark, outcome);
  return outcome;
}

LoadOutcome RedshiftEngine::ExplainFailure(const Job& job, int64_t mark, const SqlError& error) {
  LoadOutcome outcome = Check(job);
  if (outcome.errors.empty()) {
    // NOLOAD let it pass; what the COPY itself left behind must do.
    ReadErrors(job, mark, outcome);
    outcome.total.rejects = static_cast<int64_t>(outcome.errors.size());
    outcome.total.records = outcome.total.rejects;
  }
  if (outcome.errors.empty()) {
    throw Error(ErrorKind::kRejected, error.what(),
                "this session finds no rows in the view; ask a superuser to look.");
  }
  outcome.failed = true;
  return outcome;
}

void RedshiftEngine::ReadErrors(const Job& job, int64_t mark, LoadOutcome& outcome) {
  std::vector<LoadError> errors = views_.Errors(mark);
  for (LoadError& error : errors) {
    const auto origin = job.packed.FindOrigin(error.filename, error.line_number);
    if (!origin) continue;
    error.filename = ViewFileName(origin->key);
    error.line_number = origin->line;
  }
  FillRawValues(job.copy, *setup_.source, job.objects, errors);
  outcome.narrow = NarrowColumnsOf(errors);
  outcome.errors = std::move(errors);
}

}  // namespace dwh
