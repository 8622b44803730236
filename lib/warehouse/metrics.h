#pragma once

#include <filesystem>
#include <string>

#include "base/clock.h"
#include "warehouse/books.h"

namespace dwh {

/// How a run of etl ended, for those who were not there.
struct RunEnd {
  WallTime began;
  WallTime ended;
  int status = 0;  ///< The exit status.
};

/// The run as OpenMetrics text, which is Prometheus' own format too: gauges alone, and no line that
/// either of the two does not know. `before` is the text of the run before, "" if there is none:
/// the time of the last success stays if this run has failed, and is 0 if there never was one.
std::string RenderMetrics(const EtlReport& report, const RunEnd& end, const std::string& before);

/// Replaces the file as a whole, readable by everybody. Throws Error(kFailed).
void WriteMetrics(const std::filesystem::path& path, const EtlReport& report, const RunEnd& end);

}  // namespace dwh
