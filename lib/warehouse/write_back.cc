#include "warehouse/write_back.h"

#include "base/log.h"
#include "base/text.h"
#include "warehouse/password.h"

namespace dwh {
namespace {

/// What dwh.cfg says now.
std::string Known(const DwhConfig& config, const std::string& key) {
  if (key == "HOST") return config.cluster.host;
  if (key == "ARN") return config.iam_role.arn;
  return config.cluster.db_port ? std::to_string(*config.cluster.db_port) : "";
}

}  // namespace

void WriteBack(const DwhConfig& config, const ConfigValues& values, const ConfigValues& along) {
  ConfigValues changed;
  for (const auto& [name, value] : values) {
    if (Known(config, name.second) != value) changed[name] = value;
  }
  if (changed.empty()) return;
  changed.insert(along.begin(), along.end());
  for (const auto& [name, value] : changed) {
    LogInfo(StrCat("Setting [", name.first, "][", name.second, "]=", value, " in config file ",
                   config.path.string(), "."));
  }
  UpdateConfig(config.path, changed);
}

Secret EnsurePassword(const DwhConfig& config) {
  if (!config.cluster.db_password.empty()) return config.cluster.db_password;
  Secret password = MakePassword();
  UpdateConfig(config.path, {{{"CLUSTER", "DB_PASSWORD"}, password.Reveal()}});
  LogInfo(StrCat("Made a password and wrote it to [CLUSTER] DB_PASSWORD in ", config.path.string(),
                 "."));
  return password;
}

}  // namespace dwh
