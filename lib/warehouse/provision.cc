#include "warehouse/provision.h"

#include "base/error.h"
#include "base/text.h"
#include "warehouse/local_provisioner.h"

namespace dwh {

std::unique_ptr<Provisioner> MakeProvisioner(const DwhConfig& config, Clock& clock) {
  if (config.engine == EngineKind::kLocal) {
    return std::make_unique<LocalProvisioner>(config, clock);
  }
  throw Error(ErrorKind::kUsage,
              StrCat("manage_dwh works with ENGINE=local; ", config.path.string(),
                     " has ENGINE=", EngineName(config.engine)),
              "set ENGINE=local in [DWH], or create the warehouse in the AWS console and set HOST, "
              "DB_NAME, DB_USER and DB_PASSWORD in [CLUSTER].");
}

}  // namespace dwh
