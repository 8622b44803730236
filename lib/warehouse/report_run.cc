#include "warehouse/report_run.h"

#include <algorithm>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr std::string_view kLatestDay = "latest_day";

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
  // Cancelled: by the server, as an interrupt throws Error(kInterrupted) and AnswerTogether() hides
  // what it has cancelled behind the failure that came first.
  if (state == "57014") {
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

void LimitTime(Engine& engine, std::chrono::seconds timeout) {
  // Milliseconds on both engines.
  const std::chrono::milliseconds limit = timeout;
  engine.Execute({StrCat("SET statement_timeout TO ", limit.count()), "report", 1});
}

/// :'latest_day' of sql/report is the day of the latest play, for any of them that names it: asked
/// once for all, and a constant in the questions, so that a warehouse that keeps plays about in the
/// order of time reads those of the days in question only. Without plays any day will do.
void FindLatestDay(Engine& engine, const std::vector<Inquiry>& inquiries,
                   std::chrono::seconds timeout, SqlVariables& variables) {
  const auto needs = std::find_if(inquiries.begin(), inquiries.end(), [](const Inquiry& inquiry) {
    return inquiry.question.script.find(kLatestDay) != std::string::npos;
  });
  if (needs == inquiries.end()) return;
  const std::vector<SqlStatement> statements =
      SplitSqlScript(R"sql(SELECT CAST(MAX(start_time) AS DATE) FROM :"star_schema".songplays)sql",
                     needs->question.file, variables);
  const DataTable table = Ask(engine, needs->question, statements.front(), timeout);
  variables[std::string(kLatestDay)] = table.rows.front().front().value_or("1970-01-01");
}

/// The questions of one report, which several threads answer: each takes the next that nobody has.
class Questionnaire {
 public:
  Questionnaire(const SqlVariables& variables, const std::vector<Inquiry>& inquiries,
                std::chrono::seconds timeout, ProgressSink& progress)
      : inquiries_(inquiries), timeout_(timeout), progress_(progress), answers_(inquiries.size()) {
    for (const Inquiry& inquiry : inquiries) {
      statements_.push_back(BindQuestion(inquiry.question, inquiry.settings, variables));
    }
  }

  /// Until no question is left, or one has failed.
  void Answer(Engine& engine) {
    try {
      while (const std::optional<size_t> i = Next()) {
        const Question& question = inquiries_[*i].question;
        DataTable table = Ask(engine, question, statements_[*i], timeout_);
        CheckChart(question, table);
        answers_[*i] = {question, std::move(table)};
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::current_exception();
    }
  }

  bool HasFailed() {
    const std::lock_guard lock(mutex_);
    return failure_ != nullptr;
  }

  /// Throws what failed first.
  std::vector<dwh::Answer> Take() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(answers_);
  }

 private:
  std::optional<size_t> Next() {
    const std::lock_guard lock(mutex_);
    if (failure_ || next_ == inquiries_.size()) return std::nullopt;
    progress_.Begin(
        StrCat(inquiries_[next_].question.name, " (", next_ + 1, " of ", inquiries_.size(), ")"));
    return next_++;
  }

  const std::vector<Inquiry>& inquiries_;
  std::chrono::seconds timeout_;
  ProgressSink& progress_;
  std::vector<SqlStatement> statements_;
  std::vector<dwh::Answer> answers_;  // each is written by the thread that took its question
  std::mutex mutex_;
  size_t next_ = 0;
  std::exception_ptr failure_;
};

/// Each engine in a thread. Once a question has failed the others are cancelled.
void AnswerTogether(Questionnaire& questions, const std::vector<Engine*>& engines) {
  constexpr std::chrono::milliseconds kAgain{20};
  std::vector<std::future<void>> threads;
  threads.reserve(engines.size());
  for (Engine* const engine : engines) {
    threads.push_back(
        std::async(std::launch::async, [&questions, engine] { questions.Answer(*engine); }));
  }
  for (size_t i = 0; i < threads.size(); ++i) {
    // A cancel that comes before a statement has no effect, so one may not be enough.
    while (threads[i].wait_for(kAgain) != std::future_status::ready) {
      if (questions.HasFailed()) engines[i]->session().Cancel();
    }
  }
}

}  // namespace

std::vector<Answer> RunReport(const DwhConfig& config, Engine& engine,
                              const std::vector<Inquiry>& inquiries, std::chrono::seconds timeout,
                              ProgressSink& progress) {
  LimitTime(engine, timeout);
  Transaction snapshot(engine.session(), kBeginSnapshot);
  SqlVariables variables = ReportVariables(config);
  progress.Begin("latest play");
  FindLatestDay(engine, inquiries, timeout, variables);
  Questionnaire questions(variables, inquiries, timeout, progress);
  const std::vector<std::unique_ptr<Engine>> others = engine.ShareSnapshot(inquiries.size());
  std::vector<Engine*> engines = {&engine};
  for (const auto& other : others) {
    LimitTime(*other, timeout);
    engines.push_back(other.get());
  }
  AnswerTogether(questions, engines);
  progress.End();
  std::vector<Answer> answers = questions.Take();
  snapshot.Commit();
  return answers;
}

}  // namespace dwh
