#pragma once

#include "aws/redshift.h"
#include "warehouse/aws_provisioner.h"

namespace dwh {

/// A provisioned Redshift cluster. Everything has a name that follows from its identifier, so a
/// create that was interrupted anywhere goes on and never makes a second of anything.
class ClusterProvisioner : public AwsProvisioner {
 public:
  ClusterProvisioner(const DwhConfig& config, AwsWarehouseSpec spec, Clock& clock,
                     std::unique_ptr<AwsSession> session);

  void Create() override;
  void Delete(const std::optional<std::string>& final_snapshot) override;
  void Pause() override;
  void Resume() override;
  WarehouseStatus Status() override;
  std::vector<std::string> PlanCreate() override;
  std::vector<std::string> PlanDelete() override;

 private:
  Cluster Require();
  /// Throws Error(kUsage) naming each setting in which dwh.cfg and the cluster differ.
  void CheckSame(const Cluster& cluster) const;
  /// Throws Error(kFailed) for a cluster without our tag: its data are not ours to delete.
  void CheckOurs(const Cluster& cluster) const;
  void CreateCluster(const std::string& role_arn);
  void SendCreate(const ClusterSpec& spec);
  void Adopt(const Cluster& cluster, const std::string& role_arn);
  void WakeUp(const Cluster& cluster);
  Cluster WaitUntilAvailable(const std::string& role_arn);
  void SendDelete(const std::optional<std::string>& final_snapshot);
  void WaitUntilGone();
  void WaitForStatus(const std::string& what, const std::string& status);

  RedshiftClient redshift_;
};

}  // namespace dwh
