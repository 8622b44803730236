#include "etl_tell.h"

#include <algorithm>
#include <chrono>
#include <iostream>

#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/answer_text.h"
#include "cli/text_table.h"
#include "warehouse/run_history.h"

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

}  // namespace

void TellHistory(const DataTable& history, bool json) {
  if (json) {
    std::cout << HistoryJson(history);
    return;
  }
  constexpr size_t kLong = 3;
  DataTable shown = history;
  shown.columns.resize(history.columns.size() - kLong);
  for (auto& row : shown.rows) row.resize(shown.columns.size());
  std::cout << RenderAnswer(shown, StdoutStyle());
}

void TellBooks(const std::vector<SourceBooks>& sources) { std::cout << RenderBooks(sources); }

void TellPlan(const EtlReport& report) {
  TellBooks(report.sources);
  const bool work =
      std::any_of(report.sources.begin(), report.sources.end(),
                  [](const SourceBooks& books) { return books.listed > books.known; });
  LogInfo(work ? "A run would load what is new or changed and publish the star schema."
               : "Nothing is new: a run would change nothing.");
}

void TellVanished(const EtlReport& report) {
  if (report.vanished == 0) return;
  LogWarning(StrCat(FormatCount(report.vanished),
                    " objects loaded earlier are gone from the source, such as ",
                    report.vanished_example, "."));
}

void TellDone(const DwhConfig& config, const EtlReport& report, bool print) {
  const std::string text = StrCat(RenderRows(report), "\n", RenderBooks(report.sources));
  if (print) std::cout << text;
  const std::filesystem::path path =
      config.etl.results_dir / StrCat("etl_", FormatCompact(report.started), ".results");
  constexpr mode_t kReadable = 0644;
  WriteFileAtomic(path, StrCat("run ", report.run_id, "\n\n", text), kReadable);
  LogInfo(StrCat("Saved the row counts into file ", path.string(), "."));
  LogInfo(Summary(report));
}

}  // namespace dwh
