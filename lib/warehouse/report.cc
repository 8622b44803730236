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

}  // namespace dwh
