#include "warehouse/report.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "warehouse/sql_files.h"

namespace dwh {
namespace {

/// "20_top_songs.sql" -> "top_songs".
std::string QuestionName(const std::filesystem::path& file) {
  const std::string stem = file.stem().string();
  const size_t digits = std::min(stem.find_first_not_of("0123456789"), stem.size());
  const bool numbered = digits > 0 && digits + 1 < stem.size() && stem[digits] == '_';
  return numbered ? stem.substr(digits + 1) : stem;
}

std::vector<Question> ReadQuestions(const std::filesystem::path& folder,
                                    const std::filesystem::path& shown) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".sql") files.push_back(entry.path());
  }
  if (files.empty()) {
    throw Error(ErrorKind::kUsage,
                StrCat("no questions in ", folder.string(), error ? ": " + error.message() : ""),
                "Each file there that ends in .sql is one.");
  }
  std::sort(files.begin(), files.end());
  std::vector<Question> questions;
  questions.reserve(files.size());
  for (const std::filesystem::path& file : files) {
    questions.push_back(
        ParseQuestion((shown / file.filename()).string(), QuestionName(file), ReadFile(file)));
  }
  return questions;
}

std::vector<std::string> Names(const std::vector<Question>& questions) {
  std::vector<std::string> names;
  names.reserve(questions.size());
  for (const Question& question : questions) names.push_back(question.name);
  return names;
}

auto FindByName(std::vector<Question>& questions, const std::string& name) {
  return std::find_if(questions.begin(), questions.end(),
                      [&](const Question& question) { return question.name == name; });
}

const Question& Named(const std::vector<Question>& questions, const std::string& name) {
  const auto found = std::find_if(questions.begin(), questions.end(),
                                  [&](const Question& question) { return question.name == name; });
  if (found != questions.end()) return *found;
  const std::string nearest = NearestMatch(name, Names(questions));
  throw Error(ErrorKind::kUsage,
              StrCat("unknown question '", name, "'",
                     nearest.empty() ? "" : StrCat("; did you mean '", nearest, "'?")),
              "`report --list` shows all questions.");
}

void RequireKnown(const std::map<std::string, std::string>& settings,
                  const std::vector<Inquiry>& inquiries) {
  std::vector<std::string> known;
  for (const Inquiry& inquiry : inquiries) {
    for (const Question::Param& param : inquiry.question.params) known.push_back(param.name);
  }
  for (const auto& [name, value] : settings) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    const std::string nearest = NearestMatch(name, known);
    throw Error(ErrorKind::kUsage,
                StrCat("nothing that is asked has a parameter '", name, "'",
                       nearest.empty() ? "" : StrCat("; did you mean '", nearest, "'?")),
                "`report --list` shows the parameters.");
  }
}

/// What the files of sql/report may use besides their own parameters.
SqlVariables ReportVariables(const DwhConfig& config) {
  return {{"stage_schema", config.stage_schema},
          {"star_schema", config.star_schema},
          // The rows of `users` that hold now: all of them, or those of the present.
          {"users_current", config.model == Model::kHistory ? "is_current" : "TRUE"}};
}

DataTable ToTable(const Result& result) {
  DataTable table;
  for (int column = 0; column < result.columns(); ++column) {
    table.columns.push_back({std::string(result.name(column)), result.is_number(column)});
  }
  table.rows.resize(static_cast<size_t>(result.rows()));
  for (int row = 0; row < result.rows(); ++row) {
    std::vector<DataTable::Cell>& cells = table.rows[static_cast<size_t>(row)];
    for (int column = 0; column < result.columns(); ++column) {
      cells.push_back(result.is_null(row, column) ? std::nullopt
                                                  : DataTable::Cell(result.value(row, column)));
    }
  }
  return table;
}

[[noreturn]] void Explain(const SqlError& error, const Question& question,
                          std::chrono::seconds timeout) {
  const std::string& state = error.sqlstate();
  if (state == "57014") {  // cancelled; not by us, or it were Error(kInterrupted)
    throw Error(ErrorKind::kFailed,
                StrCat("question ", question.name, " was given up after ", timeout.count(),
                       " s: ", error.what()),
                "--timeout SECONDS gives it more time.");
  }
  if (state == "42P01" || state == "3F000") {  // undefined table, schema
    throw Error(ErrorKind::kFailed,
                StrCat("question ", question.name, ": the warehouse lacks a table: ", error.what()),
                "`create_tables --if-missing` makes it, `etl` fills it.");
  }
  throw Error(error.kind(), StrCat("question ", question.name, ": ", error.what()), error.hint());
}

DataTable Ask(Engine& engine, const Question& question, const SqlStatement& statement,
              std::chrono::seconds timeout) {
  try {
    return ToTable(engine.Execute(statement));
  } catch (const SqlError& error) {
    Explain(error, question, timeout);
  }
}

void CheckChart(const Question& question, const DataTable& table) {
  for (const std::string& column : question.chart.columns) {
    if (table.Find(column)) continue;
    std::vector<std::string> names;
    for (const DataTable::Column& known : table.columns) names.push_back(known.name);
    throw Error(ErrorKind::kUsage, StrCat(question.file, ": the chart names column '", column, "'"),
                StrCat("The answer has ", Join(names, ", "), "."));
  }
}

}  // namespace

std::vector<Question> FindQuestions(const std::filesystem::path& own) {
  const std::filesystem::path shipped = std::filesystem::path("sql") / "report";
  std::vector<Question> questions = ReadQuestions(FindHome() / shipped, shipped);
  if (own.empty()) return questions;
  for (Question& question : ReadQuestions(own, own)) {
    const auto same = FindByName(questions, question.name);
    if (same == questions.end()) {
      questions.push_back(std::move(question));
    } else {
      *same = std::move(question);
    }
  }
  return questions;
}

std::vector<Inquiry> PlanReport(const std::vector<Question>& questions,
                                const std::vector<std::string>& names, bool all,
                                const std::map<std::string, std::string>& settings) {
  std::vector<Inquiry> inquiries;
  inquiries.reserve(names.size());
  for (const std::string& name : names) inquiries.push_back({Named(questions, name), settings});
  for (const Question& question : questions) {
    if (!names.empty()) break;
    if (all) inquiries.push_back({question, settings});
    if (all || !question.overview) continue;
    std::map<std::string, std::string> here = settings;
    here.insert(question.overview->begin(), question.overview->end());
    inquiries.push_back({question, std::move(here)});
  }
  RequireKnown(settings, inquiries);
  for (const Inquiry& inquiry : inquiries) CheckSettings(inquiry.question, inquiry.settings);
  return inquiries;
}

std::vector<Answer> RunReport(const DwhConfig& config, Engine& engine,
                              const std::vector<Inquiry>& inquiries, std::chrono::seconds timeout,
                              ProgressSink& progress) {
  const SqlVariables variables = ReportVariables(config);
  std::vector<SqlStatement> statements;
  statements.reserve(inquiries.size());
  for (const Inquiry& inquiry : inquiries) {
    statements.push_back(BindQuestion(inquiry.question, inquiry.settings, variables));
  }
  // Milliseconds on both engines.
  const std::chrono::milliseconds limit = timeout;
  engine.Execute({StrCat("SET statement_timeout TO ", limit.count()), "report", 1});
  engine.PrepareForReports();
  Transaction snapshot(engine.session(), kBeginSnapshot);
  std::vector<Answer> answers;
  for (size_t i = 0; i < inquiries.size(); ++i) {
    const Question& question = inquiries[i].question;
    progress.Begin(StrCat(question.name, " (", i + 1, " of ", inquiries.size(), ")"));
    answers.push_back({question, Ask(engine, question, statements[i], timeout)});
    CheckChart(question, answers.back().table);
  }
  progress.End();
  snapshot.Commit();
  return answers;
}

}  // namespace dwh
