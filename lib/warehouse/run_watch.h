#pragma once

#include <exception>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "config/dwh_config.h"
#include "warehouse/books.h"
#include "warehouse/failure.h"
#include "warehouse/results.h"

namespace dwh {

/// Sees to it that a run which nobody watches leaves word of how it ended: METRICS_FILE after every
/// run, and after a failed one `etl_YYYYMMDDHHMMSS.failure` in RESULTS_DIR and the command
/// ON_FAILURE. What goes wrong in doing so is a warning.
class RunWatch {
 public:
  /// The exit status of a kind of error is the command line's matter.
  using StatusOf = std::function<int(ErrorKind)>;

  RunWatch(const DwhConfig& config, Clock& clock, StatusOf status_of);

  /// Names what the run is about to do; "load" ends with the phases of its report.
  void Enter(const std::string& phase) { phase_ = phase; }

  void Succeed(const EtlReport& report) const;

  /// Tells of the failure and returns what to throw. `report` is nullptr if the run had not come so
  /// far as to have one. `held` is nullptr where a person has seen the messages: else they go into
  /// the file, and the error returned says all that its reader has to know. An end of TIME_LIMIT
  /// becomes an error that names it. Another run's lock and an interrupt by hand are nobody's
  /// failure: no file and no command.
  Error Fail(const std::exception_ptr& thrown, const EtlReport* report,
             const std::vector<TableRejects>& rejects, HeldLog* held) const;

 private:
  Error Explain(const Error& error, const std::string& phase) const;
  void Metrics(const EtlReport& report, const RunEnd& end) const;

  const DwhConfig& config_;
  Clock& clock_;
  StatusOf status_of_;
  WallTime began_;
  std::string phase_ = "start";
};

}  // namespace dwh
