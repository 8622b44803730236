#include "warehouse/run_watch.h"

#include <filesystem>
#include <new>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/process.h"
#include "base/text.h"
#include "warehouse/metrics.h"

namespace dwh {
namespace {

Error AsError(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& error) {
    return error;
  } catch (const std::bad_alloc&) {
    return {ErrorKind::kFailed, "out of memory"};
  } catch (const std::exception& error) {
    return {ErrorKind::kFailed, error.what()};
  }
}

/// The last phase is the one that did not end well.
std::string PhaseOf(const EtlReport& report, const std::string& before) {
  return report.phases.empty() ? before : report.phases.back().name;
}

/// Once the run is published they are saved already.
std::vector<std::filesystem::path> SaveRejects(const DwhConfig& config, const EtlReport& report,
                                               const std::vector<TableRejects>& rejects) {
  if (report.published) return {};
  try {
    return SaveLoadErrors(config, rejects);
  } catch (const Error& error) {
    LogWarning(error.what());
    return {};
  }
}

/// The path, or nothing and a warning.
std::optional<std::filesystem::path> WriteDetails(const DwhConfig& config, const Failure& failure,
                                                  const EtlReport& report, HeldLog* held) {
  std::string text = DescribeFailure(config, report, failure);
  if (held != nullptr) text += "\nwhat it said:\n";
  for (const HeldLog::Message& message :
       held == nullptr ? std::vector<HeldLog::Message>() : held->Take()) {
    text += StrCat(message.level >= LogLevel::kWarning ? "warning: " : "", message.text, "\n");
  }
  const std::filesystem::path path =
      config.etl.results_dir / StrCat("etl_", FormatCompact(failure.end.began), ".failure");
  try {
    constexpr mode_t kReadable = 0644;
    WriteFileAtomic(path, text, kReadable);
    return path;
  } catch (const Error& error) {
    LogWarning(error.what());
    return std::nullopt;
  }
}

/// For a person who sees nothing else.
Error WithContext(const DwhConfig& config, const EtlReport& report, const Error& error,
                  const Failure& failure) {
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(failure.end.ended - failure.end.began);
  std::vector<std::string> sentences;
  if (!error.hint().empty()) sentences.push_back(error.hint());
  std::vector<std::string> files;
  for (const std::filesystem::path& file : failure.files) files.push_back(file.string());
  if (!files.empty()) sentences.push_back(StrCat("Details: ", Join(files, ", "), "."));
  return {error.kind(),
          StrCat(error.what(), " (run ", report.run_id, " of ", config.path.string(), " on host ",
                 HostName(), ", phase ", failure.phase, ", after ", FormatDuration(took), ")"),
          Join(sentences, " ")};
}

}  // namespace

RunWatch::RunWatch(const DwhConfig& config, Clock& clock, StatusOf status_of)
    : config_(config), clock_(clock), status_of_(std::move(status_of)), began_(clock.Now()) {}

void RunWatch::Succeed(const EtlReport& report) const {
  Metrics(report, {began_, clock_.Now(), 0});
}

Error RunWatch::Fail(const std::exception_ptr& thrown, const EtlReport* report,
                     const std::vector<TableRejects>& rejects, HeldLog* held) const {
  EtlReport nothing;
  nothing.run_id = MakeRunId(began_);
  const EtlReport& known = report == nullptr ? nothing : *report;
  const std::string phase = PhaseOf(known, phase_);
  const Error error = Explain(AsError(thrown), phase);
  const RunEnd end{began_, clock_.Now(), status_of_(error.kind())};
  Failure failure{error.what(), error.hint(), phase, end, SaveRejects(config_, known, rejects)};
  const bool told = error.kind() != ErrorKind::kLocked && error.kind() != ErrorKind::kInterrupted;
  // With a dwh.cfg that is wrong RESULTS_DIR may be wrong too.
  if (told && error.kind() != ErrorKind::kUsage) {
    const auto path = WriteDetails(config_, failure, known, held);
    if (path) failure.files.push_back(*path);
    if (path && held == nullptr)
      LogInfo(StrCat("Saved what failed into file ", path->string(), "."));
  } else if (held != nullptr) {
    held->Take();
  }
  if (error.kind() != ErrorKind::kLocked) Metrics(known, end);
  if (told) {
    RunOnFailure(config_, DescribeFailure(config_, known, failure), known.run_id, end.status);
  }
  return held == nullptr ? error : WithContext(config_, known, error, failure);
}

Error RunWatch::Explain(const Error& error, const std::string& phase) const {
  if (error.kind() != ErrorKind::kInterrupted || !TimeLimit::IsOver()) return error;
  return {ErrorKind::kFailed,
          StrCat("the time limit of ", FormatDuration(config_.etl.time_limit),
                 " was over in phase ", phase, "; nothing was published"),
          "`etl --history --format json` tells how long each phase took; TIME_LIMIT in [ETL] of "
          "dwh.cfg may be raised."};
}

void RunWatch::Metrics(const EtlReport& report, const RunEnd& end) const {
  if (config_.etl.metrics_file.empty()) return;
  try {
    WriteMetrics(config_.etl.metrics_file, report, end);
  } catch (const std::exception& error) {
    LogWarning(StrCat("METRICS_FILE: ", error.what(), "."));
  }
}

}  // namespace dwh
