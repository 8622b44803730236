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
  void EnsureWorkgroup(const std::optional<ServerlessWorkgroup>& found);
  ServerlessWorkgroup WaitUntilAvailable();
  /// Throws Error(kFailed) for a workgroup without our tag.
  void CheckOurs(const ServerlessWorkgroup& workgroup);
  /// The namespace, if it is there and ours. One without our tag stays, which is said.
  std::optional<ServerlessNamespace> FindOwnNamespace();
  using FindStatus = std::function<std::optional<std::string>()>;
  /// `status`: nullopt once it is gone.
  void DeleteAndWait(const std::string& what, const FindStatus& status,
                     const std::function<void()>& remove);

  ServerlessClient serverless_;
};

}  // namespace dwh
