#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/ec2.h"
#include "base/clock.h"
#include "warehouse/aws_settings.h"

namespace dwh {

/// Who may reach the warehouse's port: a security group of our own in the default VPC, with one
/// rule for ALLOWED_CIDR. A warehouse that someone else made has groups already; then the rule goes
/// into the first of them, marked as ours.
class Ingress {
 public:
  /// Both must outlive the object.
  Ingress(AwsClient& client, Clock& clock, const AwsWarehouseSpec& spec);

  /// The group's id; makes it if it is not there. Throws Error(kFailed) if there is no default VPC.
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
  std::vector<std::string> PlanRemove();

 private:
  std::optional<SecurityGroup> FindOwn();
  std::optional<SecurityGroup> FindOwnIn(const std::string& vpc);
  std::string GroupName() const;
  std::string RuleMark() const;
  void DeleteGroup(const SecurityGroup& group);

  Ec2Client ec2_;
  Clock& clock_;
  const AwsWarehouseSpec& spec_;
};

}  // namespace dwh
