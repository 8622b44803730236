#include "warehouse/failure.h"

#include <unistd.h>

#include <map>
#include <string_view>

#include "base/log.h"
#include "base/process.h"
#include "base/text.h"

namespace dwh {
namespace {

/// What a pipe takes at once.
constexpr size_t kMostInput = 4096;

std::string DescribeBooks(const SourceBooks& books) {
  return StrCat(books.table, ": ", FormatCount(books.listed), " objects listed, ",
                FormatCount(books.loaded), " loaded, ", FormatCount(books.known),
                " already loaded, ", FormatCount(books.failed), " failed; ",
                FormatCount(books.counts.records), " records, ", FormatCount(books.counts.rows),
                " rows, ", FormatCount(books.counts.rejects), " rejects\n");
}

std::map<std::string, std::string> OwnEnvironment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

}  // namespace

std::string DescribeFailure(const DwhConfig& config, const EtlReport& report,
                            const Failure& failure) {
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(failure.end.ended - failure.end.began);
  std::string text = StrCat("etl failed: ", failure.message, "\n");
  if (!failure.hint.empty()) text += StrCat("what to do: ", failure.hint, "\n");
  text += StrCat("\nexit status: ", failure.end.status, "\nrun: ", report.run_id,
                 "\nconfiguration: ", config.path.string(), "\nhost: ", HostName(),
                 "\nbegan: ", FormatIso8601(failure.end.began),
                 "\nended: ", FormatIso8601(failure.end.ended), ", after ", FormatDuration(took),
                 "\nphase: ", failure.phase,
                 "\npublished: ", report.published ? "yes" : "no, the last state stays", "\n");
  for (const SourceBooks& books : report.sources) text += DescribeBooks(books);
  for (const Quarantined& object : report.quarantined) {
    text += StrCat("left out: ", object.key, " of ", object.table, ": ", object.reason, "\n");
  }
  for (const std::filesystem::path& file : failure.files) text += StrCat(file.string(), "\n");
  return text;
}

void RunOnFailure(const DwhConfig& config, const std::string& summary, const std::string& run_id,
                  int status, std::chrono::milliseconds patience) {
  if (config.etl.on_failure.empty()) return;
  Command command;
  command.argv = {"/bin/sh", "-c", config.etl.on_failure};
  command.environment = OwnEnvironment();
  command.environment["DWH_EXIT_STATUS"] = std::to_string(status);
  command.environment["DWH_RUN_ID"] = run_id;
  command.folder = config.path.parent_path();
  command.input = TruncateUtf8(summary, kMostInput);
  command.patience = patience;
  std::string trouble;
  try {
    const ProcessResult result = RunProcess(command);
    constexpr size_t kShown = 500;
    const std::string said(TruncateUtf8(Trim(result.output), kShown));
    if (result.ended_by_us) {
      trouble = StrCat("had not ended after ", FormatDuration(patience), " and was stopped");
    } else if (result.status != 0) {
      trouble = StrCat("ended with status ", result.status);
    }
    if (!trouble.empty() && !said.empty()) trouble += StrCat(": ", said);
  } catch (const Error& error) {
    trouble = StrCat("came to nothing: ", error.what());
  }
  if (!trouble.empty()) LogWarning(StrCat("The command ON_FAILURE of dwh.cfg ", trouble, "."));
}

}  // namespace dwh
