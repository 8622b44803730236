#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "warehouse/report_run.h"

namespace dwh {

/// What a dashboard is made of besides the answers.
struct DashboardParts {
  std::string page;     ///< HTML with places such as {{data}}.
  std::string style;    ///< CSS.
  std::string script;   ///< Ours.
  std::string library;  ///< Chart.js, minified, for inlining.
};

/// config/dashboard, and Chart.js from $DWH_CHART_JS or else from Debian's package libjs-chart.js.
/// Throws Error(kFailed) if a file is missing, kUsage if $DWH_CHART_JS names no Chart.js.
DashboardParts ReadDashboardParts();

/// One HTML file that needs no other and asks for none: its policy lets it load nothing and run its
/// own two scripts only, by their digests. Whatever the answers hold stays text. `made` is the line
/// under the title. Throws Error(kUsage) for an answer of more rows than a page should hold.
std::string RenderDashboard(const DashboardParts& parts, const std::string& title,
                            const std::string& made, const std::vector<Answer>& answers);

}  // namespace dwh
