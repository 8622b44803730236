#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
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
  /// What else the engine knows, by name: {"nodes", "2 x ra3.large"}.
  std::vector<std::pair<std::string, std::string>> more = {};
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
  /// `final_snapshot` names a snapshot to keep of the data; Error(kUsage) where there are none.
  virtual void Delete(const std::optional<std::string>& final_snapshot) = 0;
  virtual void Pause() = 0;
  virtual void Resume() = 0;
  virtual WarehouseStatus Status() = 0;
  /// What Create() and Delete() would do now, a line each. Change nothing; throw what would be
  /// thrown before the first change.
  virtual std::vector<std::string> PlanCreate() = 0;
  virtual std::vector<std::string> PlanDelete() = 0;
  /// The IAM documents that the engine goes by: {"title", "JSON"}. Error(kUsage) where there are
  /// none.
  virtual std::vector<std::pair<std::string, std::string>> Policies() = 0;
  /// What a person types to confirm Delete().
  virtual std::string Identifier() const = 0;
};

/// Puts a question to the person at the terminal; nullopt where there is none.
using AskPerson = std::function<std::optional<std::string>(const std::string& question)>;

/// The provisioner of the configured engine. `ask`: for MFA codes. Throws Error(kUsage) for
/// settings that the engine cannot take, before anything is touched.
std::unique_ptr<Provisioner> MakeProvisioner(const DwhConfig& config, Clock& clock, AskPerson ask);

}  // namespace dwh
