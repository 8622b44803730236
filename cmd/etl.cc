#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/progress_bar.h"
#include "cli/run_main.h"
#include "config/dwh_config.h"
#include "etl_tell.h"
#include "warehouse/connect.h"
#include "warehouse/etl_run.h"
#include "warehouse/lint.h"
#include "warehouse/results.h"
#include "warehouse/run_history.h"
#include "warehouse/run_lock.h"
#include "warehouse/run_watch.h"

namespace dwh {
namespace {

enum class Format { kTable, kJson };

struct Options {
  EtlOptions run;
  bool cron = false;
  bool history = false;
  bool lint = false;
  Format format = Format::kTable;
  int limit = 20;
};

/// The rest is published; that something is not is a failure all the same.
void ThrowIfQuarantined(const EtlReport& report) {
  if (report.quarantined.empty()) return;
  const Quarantined& first = report.quarantined.front();
  throw Error(ErrorKind::kRejected,
              StrCat("published without ", report.quarantined.size(),
                     " objects that cannot be loaded, such as ", first.key, ": ", first.reason),
              "mend or remove them; the next run tries them again.");
}

/// Leaves `lock` to the caller, who has yet to write down what was done.
void Load(const DwhConfig& config, const Options& options, EtlRun& run, RunWatch& watch,
          std::optional<RunLock>& lock) {
  const TimeLimit limit(config.etl.time_limit);
  if (!options.run.dry_run) RequireResultsFolder(config.etl.results_dir);
  watch.Enter("lock");
  lock.emplace(config.etl.lock_file, config.path, RealClock());
  watch.Enter("plan");
  if (run.FinishWithoutWarehouse(*OpenSource(config))) return;
  watch.Enter("connect");
  const std::unique_ptr<Engine> engine = OpenEngine(config, "etl", AskAtTerminal);
  watch.Enter("load");
  run.Execute(*engine);
}

void TellEnd(const DwhConfig& config, const Options& options, const EtlRun& run) {
  TellVanished(run.report());
  if (options.run.dry_run) return TellPlan(run.report());
  if (!run.report().published) return LogInfo("Nothing is new: the star schema stays as it is.");
  SaveLoadErrors(config, run.rejects());
  TellDone(config, run.report(), !options.cron);
  ThrowIfQuarantined(run.report());
}

void Lint(const DwhConfig& config, ProgressSink& progress) {
  RequireResultsFolder(config.etl.results_dir);
  LintRun lint(config, progress);
  try {
    lint.Execute(*OpenSource(config));
  } catch (const Error&) {
    SaveLoadErrors(config, lint.rejects());
    throw;
  }
  SaveLoadErrors(config, lint.rejects());
  TellBooks(lint.sources());
  ThrowIfRefused(lint.sources(), config.etl.max_errors);
  LogInfo("A load would be accepted. Nothing was loaded.");
}

void Run(const Options& options, const CommonOptions& common) {
  std::optional<HeldLog> held;
  if (options.cron) held.emplace();
  const DwhConfig config = LoadConfig(FindConfig(common.config));
  if (options.history) {
    const std::unique_ptr<Engine> engine = OpenEngine(config, "etl", AskAtTerminal);
    return TellHistory(ReadHistory(engine->session(), config.stage_schema, options.limit),
                       options.format == Format::kJson);
  }
  const std::unique_ptr<ProgressSink> progress =
      MakeProgressSink(common, StderrConsole(), RealClock());
  if (options.lint) return Lint(config, *progress);
  RunWatch watch(config, RealClock(), ExitStatus);
  std::optional<EtlRun> run;
  std::optional<RunLock> lock;
  try {
    run.emplace(config, options.run, RealClock(), *progress);
    Load(config, options, *run, watch, lock);
    TellEnd(config, options, *run);
  } catch (...) {
    if (options.run.dry_run) throw;
    throw watch.Fail(std::current_exception(), run ? &run->report() : nullptr,
                     run ? run->rejects() : std::vector<TableRejects>(), held ? &*held : nullptr);
  }
  if (!options.run.dry_run) watch.Succeed(run->report());
}

void AddOptions(Args& args, Options& options) {
  CLI::App& app = args.app();
  app.add_flag("--full", options.run.full, "Load everything again, also what is loaded already");
  auto* const dry_run =
      app.add_flag("--dry-run", options.run.dry_run, "Say what is new and would run");
  app.add_flag("--retry-rejects", options.run.retry_rejects,
               "Load objects with rejected records again, as after an ALTER TABLE");
  args.AddCron(options.cron);
  app.get_option("--cron")->excludes(dry_run);
  auto* const lint =
      app.add_flag("--lint", options.lint,
                   "Check every record as a load would, without a warehouse; load nothing")
          ->excludes(dry_run)
          ->excludes("--cron")
          ->excludes("--full");
  auto* const history = app.add_flag("--history", options.history, "Show the last runs")
                            ->excludes(dry_run)
                            ->excludes("--full")
                            ->excludes("--cron")
                            ->excludes(lint);
  AddChoice<Format>(app, "--format", options.format,
                    {{"table", Format::kTable}, {"json", Format::kJson}},
                    "With --history: aligned for people, or for programs [table]")
      ->needs(history);
  app.add_option("--limit", options.limit, "With --history: how many runs [20]")
      ->type_name("N")
      ->check(CLI::Range(1, 100'000))
      ->needs(history);
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  dwh::Options options;
  dwh::Args args("etl",
                 "Loads the JSON of dwh.cfg into staging and publishes the star schema from it.",
                 {{"etl", "Load what is new and publish it"},
                  {"etl --dry-run", "Say what is new; change nothing"},
                  {"etl --lint", "Check the source as a load would; needs no warehouse"},
                  {"etl --full", "Load everything again"},
                  {"etl --cron", "The same every night, with nobody to watch it"},
                  {"etl --history", "The last runs: how long, how much, how they ended"}});
  dwh::AddOptions(args, options);
  return dwh::RunMain(args, argc, argv, [&] {
    dwh::Run(options, args.common());
    return 0;
  });
}
