#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "config/dwh_config.h"

namespace dwh {

/// What `manage_dwh status` tells. `state` is one of "absent", "creating", "available", "paused",
/// "broken", "starting" (or stopping: on its way between two of these); AWS engines may add the
/// service's own words.
struct WarehouseStatus {
  std::string engine;
  std::string state;
  std::string host;
  int port = 0;
  std::string database;
  std::string user;
  std::string detail;  ///< One sentence for people, "" if the state says it all.
};

/// Makes, stops and removes a warehouse. Each step can be repeated: what is already so is success.
/// All throw Error.
class Provisioner {
 public:
  virtual ~Provisioner() = default;
  /// Goes on where an interrupted create stopped. Writes HOST, port and a generated password to
  /// dwh.cfg.
  virtual void Create() = 0;
  /// Ends only when all is gone that Create made; never removes what it did not make.
  virtual void Delete() = 0;
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  virtual WarehouseStatus Status() = 0;
  /// What Create() and Delete() would do now, a line each. Change nothing; throw what would be
  /// thrown before the first change.
  virtual std::vector<std::string> PlanCreate() = 0;
  virtual std::vector<std::string> PlanDelete() = 0;
  /// What a person types to confirm Delete().
  virtual std::string Identifier() const = 0;
};

/// The provisioner of the configured engine.
std::unique_ptr<Provisioner> MakeProvisioner(const DwhConfig& config, Clock& clock);

}  // namespace dwh
