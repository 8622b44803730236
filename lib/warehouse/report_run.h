#pragma once

#include <chrono>
#include <vector>

#include "base/data_table.h"
#include "base/progress.h"
#include "config/dwh_config.h"
#include "engine/engine.h"
#include "warehouse/report.h"

namespace dwh {

struct Answer {
  Question question;
  DataTable table;
};

/// The questions may use, besides their own parameters, :"star_schema", :"stage_schema",
/// :users_current, which is true for the rows of users that hold now, and :'latest_day', the day of
/// the latest play.
///
/// Asks all of it of one state of the warehouse, so that the answers fit one another; several
/// questions at once where the engine can. Everything is bound and checked before the first is
/// asked; only the latest day, if any of them needs it, is found before. A question that takes
/// longer than `timeout` (0: no limit) is given up by the server. Throws Error that names the
/// question: kFailed for what the database refuses or gives up, kUsage for a chart of columns that
/// the answer does not have; the first failure ends all questions.
std::vector<Answer> RunReport(const DwhConfig& config, Engine& engine,
                              const std::vector<Inquiry>& inquiries, std::chrono::seconds timeout,
                              ProgressSink& progress);

}  // namespace dwh
