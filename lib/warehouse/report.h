#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "warehouse/report_question.h"

namespace dwh {

/// The questions of sql/report and then those of `own`, if that is not empty, each in the order of
/// the file names (20_top_songs.sql is the question top_songs). One of `own` takes the place of a
/// shipped one of the same name. Throws Error(kUsage) as ParseQuestion does, and for a folder
/// without questions.
std::vector<Question> FindQuestions(const std::filesystem::path& own);

/// A question and its values: what is asked in one report.
struct Inquiry {
  Question question;
  std::map<std::string, std::string> settings;
};

/// The questions of these names in their order; without names those of the overview, or all if
/// `all`. `settings` hold for each that has such a parameter. Throws Error(kUsage), with the
/// nearest right name, for a question that does not exist and for a setting that none of them has.
std::vector<Inquiry> PlanReport(const std::vector<Question>& questions,
                                const std::vector<std::string>& names, bool all,
                                const std::map<std::string, std::string>& settings);

}  // namespace dwh
