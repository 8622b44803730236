#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/ec2.h"
#include "aws/redshift.h"
#include "base/clock.h"
#include "warehouse/aws_settings.h"

namespace dwh {

/// Who may reach the warehouse's port: a security group of our own in the warehouse's VPC, which is
/// that of its subnets or the default VPC, with one rule for ALLOWED_CIDR. A warehouse that someone
/// else made has groups already; then the rule goes into the first of them, marked as ours.
class Ingress {
 public:
  /// Both must outlive the object.
  Ingress(AwsClient& client, Clock& clock, const AwsWarehouseSpec& spec);

  /// Throws Error(kFailed), with what to do, if there is no VPC or not the one that dwh.cfg names.
  void CheckNetwork();
  /// The group's id; makes it if it is not there. Throws as CheckNetwork.
  std::string EnsureGroup();
  /// Lets `cidr` in; nothing for "".
  void Open(const std::string& group_id, const std::string& cidr);
  /// Takes our rules out of `groups`, which are the warehouse's. To be called before the warehouse
  /// goes, for with it goes the knowledge of what its groups were.
  void Close(const std::vector<std::string>& groups);
  /// Removes our own group: waits until the service lets go of it.
  void RemoveGroup();

  /// The open rules for the port, such as "203.0.113.7/32".
  std::vector<std::string> AllowedCidrs(const std::vector<std::string>& groups);

  std::vector<std::string> PlanEnsure(const std::string& cidr);
  std::vector<std::string> PlanOpen(const std::string& group_id, const std::string& cidr);
  std::vector<std::string> PlanClose(const std::vector<std::string>& groups);
  std::vector<std::string> PlanRemove();

 private:
  /// A rule of ours in a group that is not.
  struct OwnRule {
    std::string group_id;
    int port;
    std::string cidr;
  };
  std::vector<OwnRule> OwnRules(const std::vector<std::string>& groups);

  /// nullopt if there is none.
  const std::optional<std::string>& FindVpc();
  std::optional<SecurityGroup> FindOwn();
  std::string GroupName() const;
  std::string RuleMark() const;
  void DeleteGroup(const SecurityGroup& group);

  Ec2Client ec2_;
  RedshiftClient redshift_;
  Clock& clock_;
  const AwsWarehouseSpec& spec_;
  std::optional<std::optional<std::string>> vpc_;  ///< What FindVpc() has found.
};

}  // namespace dwh
