#include "warehouse/provision.h"

#include <utility>

#include "aws/session.h"
#include "warehouse/cluster_provisioner.h"
#include "warehouse/local_provisioner.h"
#include "warehouse/serverless_provisioner.h"

namespace dwh {

std::unique_ptr<Provisioner> MakeProvisioner(const DwhConfig& config, Clock& clock, AskPerson ask) {
  if (config.engine == EngineKind::kLocal) {
    return std::make_unique<LocalProvisioner>(config, clock);
  }
  AwsWarehouseSpec spec = CheckAwsSettings(config);
  auto session = std::make_unique<AwsSession>(AwsConfigOf(config), clock, std::move(ask));
  if (config.engine == EngineKind::kServerless) {
    return std::make_unique<ServerlessProvisioner>(config, std::move(spec), clock,
                                                   std::move(session));
  }
  return std::make_unique<ClusterProvisioner>(config, std::move(spec), clock, std::move(session));
}

}  // namespace dwh
