#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/progress_bar.h"
#include "cli/run_main.h"
#include "cli/text_table.h"
#include "config/dwh_config.h"
#include "warehouse/column_advice.h"
#include "warehouse/connect.h"
#include "warehouse/etl_run.h"
#include "warehouse/lint.h"
#include "warehouse/results.h"
#include "warehouse/run_lock.h"

namespace dwh {
namespace {

using Align = TextTable::Align;

std::string RenderRows(const EtlReport& report) {
  TextTable table({{"table", Align::kLeft}, {"rows", Align::kRight}});
  for (const TableRows& rows : report.tables) table.AddRow({rows.table, FormatCount(rows.rows)});
  return table.Render();
}

std::string RenderBooks(const std::vector<SourceBooks>& sources) {
  TextTable table({{"source", Align::kLeft},
                   {"objects", Align::kRight},
                   {"loaded", Align::kRight},
                   {"already loaded", Align::kRight},
                   {"failed", Align::kRight},
                   {"records", Align::kRight},
                   {"rows", Align::kRight},
                   {"rejects", Align::kRight}});
  for (const SourceBooks& books : sources) {
    table.AddRow({books.table, FormatCount(books.listed), FormatCount(books.loaded),
                  FormatCount(books.known), FormatCount(books.failed),
                  FormatCount(books.counts.records), FormatCount(books.counts.rows),
                  FormatCount(books.counts.rejects)});
  }
  return table.Render();
}

/// "Loaded 1,015,000 records, 486 MB in 5.41 s (90 MB/s)."
std::string Summary(const EtlReport& report) {
  int64_t records = 0;
  int64_t bytes = 0;
  for (const SourceBooks& books : report.sources) {
    records += books.counts.records;
    bytes += books.bytes;
  }
  const auto elapsed =
      std::chrono::duration_cast<std::chrono::milliseconds>(report.finished - report.started);
  const int64_t per_second = bytes * 1000 / std::max<int64_t>(1, elapsed.count());
  return StrCat("Loaded ", FormatCount(records), " records, ", FormatBytes(bytes), " in ",
                FormatDuration(elapsed), " (", FormatBytes(per_second), "/s).");
}

void TellRejects(const DwhConfig& config, const std::vector<TableRejects>& rejects) {
  constexpr size_t kShown = 20;
  for (const TableRejects& table : rejects) {
    const std::filesystem::path path = WriteLoadErrors(config.etl.results_dir, table);
    if (path.empty()) continue;
    LogWarning(StrCat("Saving table ", table.table, " load errors into file ", path.string(), "."));
    for (size_t i = 0; i < std::min(kShown, table.errors.size()); ++i) {
      LogWarning("  " + DescribeLoadError(table.errors[i]));
    }
    if (table.errors.size() > kShown) {
      LogWarning(StrCat("  ... and ", table.errors.size() - kShown, " more in the file."));
    }
    for (const std::string& line : AdviseOnColumns(config.engine, table)) LogWarning("  " + line);
  }
}

void TellDone(const DwhConfig& config, const EtlReport& report) {
  const std::string text = StrCat(RenderRows(report), "\n", RenderBooks(report.sources));
  std::cout << text;
  const std::filesystem::path path =
      config.etl.results_dir / StrCat("etl_", FormatCompact(report.started), ".results");
  constexpr mode_t kReadable = 0644;
  WriteFileAtomic(path, StrCat("run ", report.run_id, "\n\n", text), kReadable);
  LogInfo(StrCat("Saved the row counts into file ", path.string(), "."));
  LogInfo(Summary(report));
}

void TellVanished(const EtlReport& report) {
  if (report.vanished == 0) return;
  LogWarning(StrCat(FormatCount(report.vanished),
                    " objects loaded earlier are gone from the source, such as ",
                    report.vanished_example, "."));
}

void TellPlan(const EtlReport& report) {
  std::cout << RenderBooks(report.sources);
  const bool work =
      std::any_of(report.sources.begin(), report.sources.end(),
                  [](const SourceBooks& books) { return books.listed > books.known; });
  LogInfo(work ? "A run would load all objects and publish the star schema anew."
               : "Nothing is new: a run would change nothing.");
}

void Lint(const DwhConfig& config, ProgressSink& progress) {
  RequireResultsFolder(config.etl.results_dir);
  LintRun lint(config, progress);
  try {
    lint.Execute(*OpenSource(config));
  } catch (const Error&) {
    TellRejects(config, lint.rejects());
    throw;
  }
  TellRejects(config, lint.rejects());
  std::cout << RenderBooks(lint.sources());
  ThrowIfRefused(lint.sources(), config.etl.max_errors);
  LogInfo("A load would be accepted. Nothing was loaded.");
}

void Run(const EtlOptions& options, const CommonOptions& common) {
  const DwhConfig config = LoadConfig(FindConfig(common.config));
  const std::unique_ptr<ProgressSink> progress =
      MakeProgressSink(common, StderrConsole(), RealClock());
  if (!config.etl.metrics_file.empty() || !config.etl.on_failure.empty()) {
    LogWarning("METRICS_FILE and ON_FAILURE of dwh.cfg have no effect yet.");
  }
  if (options.lint) return Lint(config, *progress);
  EtlRun run(config, options, RealClock(), *progress);
  if (!options.dry_run) RequireResultsFolder(config.etl.results_dir);
  const RunLock lock(config.etl.lock_file);
  const std::unique_ptr<Engine> engine = OpenEngine(config, "etl", AskAtTerminal);
  try {
    run.Execute(*engine);
  } catch (const Error&) {
    TellRejects(config, run.rejects());
    throw;
  }
  TellVanished(run.report());
  if (options.dry_run) return TellPlan(run.report());
  if (!run.report().published) {
    LogInfo("Nothing is new: the star schema stays as it is.");
    return;
  }
  TellRejects(config, run.rejects());
  TellDone(config, run.report());
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  dwh::EtlOptions options;
  dwh::Args args("etl",
                 "Loads the JSON of dwh.cfg into staging and publishes the star schema from it.",
                 {{"etl", "Load what is new and publish it"},
                  {"etl --dry-run", "Say what is new; change nothing"},
                  {"etl --lint", "Check the source as a load would; needs no warehouse"},
                  {"etl --full", "Load everything again"}});
  args.app().add_flag("--full", options.full, "Load everything again, also what is loaded already");
  CLI::Option* const dry_run =
      args.app().add_flag("--dry-run", options.dry_run, "Say what is new and would run");
  args.app()
      .add_flag("--lint", options.lint,
                "Check every record as a load would, without a warehouse; load nothing")
      ->excludes(dry_run);
  return dwh::RunMain(args, argc, argv, [&] {
    dwh::Run(options, args.common());
    return 0;
  });
}
