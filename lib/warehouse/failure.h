#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "config/dwh_config.h"
#include "warehouse/books.h"
#include "warehouse/metrics.h"

namespace dwh {

/// What there is to say about a run that failed.
struct Failure {
  std::string message;
  std::string hint;
  std::string phase;  ///< What it was at.
  RunEnd end;
  std::vector<std::filesystem::path> files;  ///< That it left for whoever looks into it.
};

/// The failure for a person who gets it by mail: what failed first, what to do, then run,
/// configuration, times, books and files, a line each.
std::string DescribeFailure(const DwhConfig& config, const EtlReport& report,
                            const Failure& failure);

/// Runs [ETL] ON_FAILURE with `summary` on its standard input, as much as goes (4096 bytes), and
/// DWH_EXIT_STATUS and DWH_RUN_ID besides etl's own environment, to which dwh.cfg adds nothing.
/// What goes wrong with it, and if it has not ended within `patience`, is logged as a warning. Does
/// nothing where there is no such command.
void RunOnFailure(const DwhConfig& config, const std::string& summary, const std::string& run_id,
                  int status, std::chrono::milliseconds patience = std::chrono::minutes(1));

}  // namespace dwh
