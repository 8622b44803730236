#include "warehouse/report.h"

#include <filesystem>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "cli/answer_text.h"
#include "cli/args.h"
#include "cli/console.h"
#include "cli/progress_bar.h"
#include "cli/run_main.h"
#include "config/dwh_config.h"
#include "warehouse/connect.h"
#include "warehouse/report_files.h"
#include "warehouse/report_html.h"
#include "warehouse/report_run.h"

namespace dwh {
namespace {

enum class Format { kTable, kCsv, kJson };

struct Options {
  std::vector<std::string> names;
  bool list = false;
  Format format = Format::kTable;
  std::string limit;
  std::vector<std::string> settings;
  std::filesystem::path html;
  std::filesystem::path sql_dir;
  int timeout_s = 600;
};

std::map<std::string, std::string> Settings(const Options& options) {
  std::map<std::string, std::string> settings;
  for (const std::string& setting : options.settings) {
    const size_t equals = setting.find('=');
    if (equals == std::string::npos) {
      throw Error(ErrorKind::kUsage, StrCat("--set '", setting, "' is not name=value"),
                  "`report --list` shows the parameters.");
    }
    settings[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  if (!options.limit.empty()) settings["limit"] = options.limit;
  return settings;
}

/// The questions themselves as an answer.
Answer List(const std::vector<Question>& questions) {
  Answer list;
  list.question.name = "questions";
  list.table.columns = {{"name"}, {"title"}, {"parameters"}};
  for (const Question& question : questions) {
    std::vector<std::string> params;
    for (const Question::Param& param : question.params) {
      params.push_back(StrCat(param.name, "=", param.value));
    }
    list.table.rows.push_back({question.name, question.title, Join(params, " ")});
  }
  return list;
}

void PrintTable(const Answer& answer) {
  AnswerStyle style = StdoutStyle();
  const Question::Chart& chart = answer.question.chart;
  style.upright = chart.kind == "figures" && !answer.table.rows.empty();
  // The chart's first column of values: behind X, or behind X and Y.
  const size_t value = chart.kind == "heatmap" ? 2 : 1;
  if (style.width > 0 && value < chart.columns.size()) {
    style.bar = answer.table.Find(chart.columns[value]);
  }
  if (!answer.question.title.empty()) std::cout << answer.question.title << "\n\n";
  std::cout << RenderAnswer(answer.table, style);
}

void Print(const std::vector<Answer>& answers, Format format) {
  if (format == Format::kJson) {
    std::cout << ToJson(answers);
    return;
  }
  for (const Answer& answer : answers) {
    if (format == Format::kCsv) {
      std::cout << ToCsv(answer.table);
      continue;
    }
    if (&answer != answers.data()) std::cout << "\n";
    PrintTable(answer);
  }
}

void WriteDashboard(const std::filesystem::path& path, const DashboardParts& parts,
                    const DwhConfig& config, const std::vector<Answer>& answers) {
  const std::string made =
      StrCat("Made ", FormatSqlTimestamp(RealClock().Now()).substr(0, 16), " UTC from ",
             config.star_schema, " in ", EngineName(config.engine), " warehouse ",
             config.cluster.db_name, ".");
  const std::string html = RenderDashboard(parts, config.cluster.db_name, made, answers);
  constexpr mode_t kReadable = 0644;
  WriteFileAtomic(path, html, kReadable);
  LogInfo(StrCat("Wrote ", answers.size(), " answers into ", path.string(), " (",
                 FormatBytes(static_cast<int64_t>(html.size())), ")."));
}

void Run(const Options& options, const CommonOptions& common) {
  const std::vector<Question> questions = FindQuestions(options.sql_dir);
  if (options.list) return Print({List(questions)}, options.format);
  const std::vector<Inquiry> inquiries =
      PlanReport(questions, options.names, !options.html.empty(), Settings(options));
  if (options.format == Format::kCsv && inquiries.size() != 1) {
    throw Error(ErrorKind::kUsage, "CSV holds one answer", "Name one question: `report --list`.");
  }
  const DwhConfig config = LoadConfig(FindConfig(common.config));
  const std::unique_ptr<ProgressSink> progress =
      MakeProgressSink(common, StderrConsole(), RealClock());
  // Before the database is asked: what is missing is told at once.
  const DashboardParts parts = options.html.empty() ? DashboardParts() : ReadDashboardParts();
  const std::unique_ptr<Engine> engine = OpenEngine(config, "report", AskAtTerminal);
  const std::vector<Answer> answers =
      RunReport(config, *engine, inquiries, std::chrono::seconds(options.timeout_s), *progress);
  if (options.html.empty()) return Print(answers, options.format);
  WriteDashboard(options.html, parts, config, answers);
}

}  // namespace
}  // namespace dwh

int main(int argc, char** argv) {
  dwh::Options options;
  dwh::Args args(
      "report", "Answers questions from the star schema: an overview, single answers, a dashboard.",
      {{"report", "An overview"},
       {"report --list", "All questions and their parameters"},
       {"report top_songs --limit 20", "One answer"},
       {"report top_of_day --set day=2018-11-15 --format csv", "The same for a program"},
       {"report --html sparkify.html", "Everything as a dashboard in one file"}});
  args.app()
      .add_option("names", options.names, "Questions; without any, those of the overview")
      ->type_name("NAME");
  args.app().add_flag("--list", options.list, "List the questions and their parameters");
  args.app().add_option("--limit", options.limit, "The same as --set limit=N")->type_name("N");
  args.app()
      .add_option("--set", options.settings, "Set a parameter of the questions; repeatable")
      ->type_name("NAME=VALUE")
      ->expected(1)
      ->take_all();
  dwh::AddChoice<dwh::Format>(
      args.app(), "--format", options.format,
      {{"table", dwh::Format::kTable}, {"csv", dwh::Format::kCsv}, {"json", dwh::Format::kJson}},
      "Aligned for people, or for programs [table]");
  args.app()
      .add_option("--html", options.html, "Write a dashboard: one file that needs no network")
      ->type_name("FILE");
  args.app()
      .add_option("--sql-dir", options.sql_dir, "Questions of your own: each .sql in this folder")
      ->type_name("DIR");
  args.app()
      .add_option("--timeout", options.timeout_s,
                  "Give up a question after so many seconds; 0: never [600]")
      ->type_name("SECONDS")
      ->check(CLI::Range(0, 86'400));
  return dwh::RunMain(args, argc, argv, [&] {
    dwh::Run(options, args.common());
    return 0;
  });
}
