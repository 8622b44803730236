#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/query_client.h"

namespace dwh {

struct IamRole {
  std::string name;
  std::string arn;
  std::string trust_policy;  ///< JSON, decoded.
  AwsTags tags;
};

struct NewRole {
  std::string name;
  std::string trust_policy;  ///< JSON.
  std::string description;   ///< At most 1,000 bytes; may be empty.
  AwsTags tags;
};

struct AttachedPolicy {
  std::string name;
  std::string arn;
};

/// Roles and their policies (facts, section 3.6). IAM is eventually consistent: what one call has
/// made, the next may not see yet. Whatever fails throws AwsError or TransportError; a function
/// that removes returns false if there was nothing to remove.
class IamClient {
 public:
  explicit IamClient(AwsClient& client) : client_(client, "iam") {}

  /// The role's ARN. Sent once: after FateUnknown(error) look with GetRole. EntityAlreadyExists if
  /// the account has a role of that name, in any case.
  std::string CreateRole(const NewRole& role);
  std::optional<IamRole> GetRole(const std::string& name);
  void UpdateAssumeRolePolicy(const std::string& role, const std::string& trust_policy);
  bool DeleteRole(const std::string& name);

  /// Nothing happens if it is attached already.
  void AttachRolePolicy(const std::string& role, const std::string& policy_arn);
  bool DetachRolePolicy(const std::string& role, const std::string& policy_arn);
  std::vector<AttachedPolicy> ListAttachedRolePolicies(const std::string& role);

  /// Overwrites an inline policy of that name. `document`: JSON.
  void PutRolePolicy(const std::string& role, const std::string& policy,
                     const std::string& document);
  bool DeleteRolePolicy(const std::string& role, const std::string& policy);
  std::vector<std::string> ListRolePolicies(const std::string& role);

  std::vector<std::string> ListInstanceProfilesForRole(const std::string& role);
  bool RemoveRoleFromInstanceProfile(const std::string& role, const std::string& profile);

 private:
  bool Remove(const std::string& action, const QueryParams& params);

  QueryClient client_;
};

}  // namespace dwh
