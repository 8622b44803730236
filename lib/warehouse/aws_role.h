#pragma once

#include <string>
#include <vector>

#include "aws/iam.h"
#include "base/clock.h"
#include "config/dwh_config.h"
#include "warehouse/aws_settings.h"

namespace dwh {

/// The tag that everything bears that manage_dwh makes on AWS; its value is the identifier of the
/// warehouse. Without it nothing is ever changed or deleted.
constexpr const char* kOwnerTag = "sparkify-dwh";
bool BearsOwnerTag(const AwsTags& tags, const std::string& identifier);

/// The role with which COPY reads S3. It is made with a trust policy for Redshift and one policy:
/// our own, for the places under [S3], or the managed one of dwh.cfg. A role that someone else made
/// is used as it is.
class CopyRole {
 public:
  /// All must outlive the object.
  CopyRole(AwsClient& client, const DwhConfig& config, const AwsWarehouseSpec& spec);

  /// The ARN, once the role is there as it should be. Throws Error(kFailed) for a role of someone
  /// else that Redshift may not take, AwsError, TransportError.
  std::string Ensure();
  /// Removes the role with all that hangs on it, if it is ours; otherwise says that it stays.
  void Remove();

  std::vector<std::string> PlanEnsure();
  std::vector<std::string> PlanRemove();

 private:
  bool IsOurs(const IamRole& role) const { return BearsOwnerTag(role.tags, spec_.identifier); }
  std::string Create();
  void EnsureTrust(const IamRole& role);
  void EnsurePolicy();
  std::string ManagedPolicyArn() const;
  std::string OwnPolicy() const;

  IamClient iam_;
  const DwhConfig& config_;
  const AwsWarehouseSpec& spec_;
  std::string partition_;
};

}  // namespace dwh
