#pragma once

#include "aws/serverless.h"
#include "warehouse/aws_provisioner.h"

namespace dwh {

/// A Redshift Serverless workgroup with its namespace. Names follow from dwh.cfg, so a create that
/// was interrupted anywhere goes on.
class ServerlessProvisioner : public AwsProvisioner {
 public:
  ServerlessProvisioner(const DwhConfig& config, AwsWarehouseSpec spec, Clock& clock,
                        std::unique_ptr<AwsSession> session);

  void Create() override;
  void Delete(const std::optional<std::string>& final_snapshot) override;
  /// Serverless bills only while queries run: there is nothing to pause. Both throw Error(kUsage).
  void Pause() override;
  void Resume() override;
  WarehouseStatus Status() override;
  std::vector<std::string> PlanCreate() override;
  std::vector<std::string> PlanDelete() override;

 private:
  void EnsureNamespace(const std::string& role_arn);
  void EnsureWorkgroup();
  ServerlessWorkgroup WaitUntilAvailable();
  void DeleteNamespace(const std::optional<std::string>& final_snapshot);

  ServerlessClient serverless_;
};

}  // namespace dwh
