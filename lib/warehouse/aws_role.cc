#include "warehouse/aws_role.h"

#include <optional>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/aws_policies.h"

namespace dwh {
namespace {

constexpr const char* kPolicyName = "read-source-data";

std::string TrustedService(EngineKind engine) {
  return engine == EngineKind::kServerless ? "redshift-serverless.amazonaws.com"
                                           : "redshift.amazonaws.com";
}

}  // namespace

bool BearsOwnerTag(const AwsTags& tags, const std::string& identifier) {
  const auto tag = tags.find(kOwnerTag);
  return tag != tags.end() && tag->second == identifier;
}

CopyRole::CopyRole(AwsClient& client, const DwhConfig& config, const AwsWarehouseSpec& spec)
    : iam_(client), config_(config), spec_(spec), partition_(client.settings().Partition()) {}

std::string CopyRole::ManagedPolicyArn() const {
  const std::string& policy = spec_.managed_policy;
  if (policy.empty() || policy.starts_with("arn:")) return policy;
  return StrCat("arn:", partition_, ":iam::aws:policy/", policy);
}

std::string CopyRole::OwnPolicy() const {
  return spec_.managed_policy.empty() ? CopyPolicy(config_, partition_) : "";
}

std::string CopyRole::Ensure() {
  if (spec_.role_name.empty()) {
    LogInfo(StrCat("Using Redshift IAM role ", spec_.role_arn, "."));
    return spec_.role_arn;
  }
  const std::optional<IamRole> role = iam_.GetRole(spec_.role_name);
  if (!role) {
    std::string arn = Create();
    EnsurePolicy();
    return arn;
  }
  EnsureTrust(*role);
  if (IsOurs(*role)) {
    LogInfo(StrCat("Redshift IAM role ", spec_.role_name, " is already there."));
    EnsurePolicy();
  } else {
    LogInfo(StrCat("Using Redshift IAM role ", spec_.role_name,
                   ", which manage_dwh did not make: its policies stay as they are."));
  }
  return role->arn;
}

std::string CopyRole::Create() {
  LogInfo(StrCat("Creating Redshift IAM role ", spec_.role_name, "."));
  NewRole role;
  role.name = spec_.role_name;
  role.trust_policy = TrustPolicy();
  role.description = StrCat("Lets Redshift warehouse ", spec_.identifier, " read its source data");
  role.tags = {{kOwnerTag, spec_.identifier}};
  try {
    return iam_.CreateRole(role);
  } catch (const Error& error) {
    // It may have been made all the same, or by another create a moment ago.
    if (!FateUnknown(error)) throw;
    const std::optional<IamRole> made = iam_.GetRole(spec_.role_name);
    if (!made) throw;
    return made->arn;
  }
}

void CopyRole::EnsureTrust(const IamRole& role) {
  const std::string service = TrustedService(config_.engine);
  if (Trusts(role.trust_policy, service)) return;
  if (!IsOurs(role)) {
    throw Error(ErrorKind::kFailed,
                StrCat("IAM role ", role.name, " does not let ", service, " assume it"),
                "add that service to the role's trust policy, or give another NAME in [IAM_ROLE].");
  }
  LogInfo(StrCat("Repairing the trust policy of IAM role ", role.name, "."));
  iam_.UpdateAssumeRolePolicy(role.name, TrustPolicy());
}

void CopyRole::EnsurePolicy() {
  const std::string managed = ManagedPolicyArn();
  if (!managed.empty()) {
    LogInfo(StrCat("Attaching policy ", managed, " to Redshift IAM role ", spec_.role_name, "."));
    iam_.AttachRolePolicy(spec_.role_name, managed);
    return;
  }
  const std::string own = OwnPolicy();
  if (own.empty()) {
    LogWarning("[S3] names no s3:// place, so the role may read nothing yet.");
    return;
  }
  LogInfo(
      StrCat("Giving Redshift IAM role ", spec_.role_name, " leave to read the places of [S3]."));
  iam_.PutRolePolicy(spec_.role_name, kPolicyName, own);
}

void CopyRole::Remove() {
  if (spec_.role_name.empty()) {
    LogInfo(StrCat("IAM role ", spec_.role_arn, " stays: manage_dwh did not make it."));
    return;
  }
  const std::optional<IamRole> role = iam_.GetRole(spec_.role_name);
  if (!role) return;
  if (!IsOurs(*role)) {
    LogInfo(StrCat("IAM role ", role->name, " stays: manage_dwh did not make it."));
    return;
  }
  for (const AttachedPolicy& policy : iam_.ListAttachedRolePolicies(role->name)) {
    LogInfo(StrCat("Detaching policy ", policy.name, " from IAM role ", role->name, "."));
    iam_.DetachRolePolicy(role->name, policy.arn);
  }
  for (const std::string& policy : iam_.ListRolePolicies(role->name)) {
    iam_.DeleteRolePolicy(role->name, policy);
  }
  for (const std::string& profile : iam_.ListInstanceProfilesForRole(role->name)) {
    iam_.RemoveRoleFromInstanceProfile(role->name, profile);
  }
  LogInfo(StrCat("Deleting IAM role ", role->name, "."));
  iam_.DeleteRole(role->name);
}

std::vector<std::string> CopyRole::PlanEnsure() {
  if (spec_.role_name.empty()) return {};
  const std::optional<IamRole> role = iam_.GetRole(spec_.role_name);
  if (role && !IsOurs(*role)) return {};
  std::vector<std::string> plan;
  if (!role) plan.push_back(StrCat("create IAM role ", spec_.role_name));
  const std::string managed = ManagedPolicyArn();
  if (!managed.empty()) plan.push_back(StrCat("attach policy ", managed, " to it"));
  if (!OwnPolicy().empty()) plan.emplace_back("give the role leave to read the places of [S3]");
  return plan;
}

std::vector<std::string> CopyRole::PlanRemove() {
  if (spec_.role_name.empty()) return {};
  const std::optional<IamRole> role = iam_.GetRole(spec_.role_name);
  if (!role || !IsOurs(*role)) return {};
  return {StrCat("delete IAM role ", role->name, " and detach its policies")};
}

}  // namespace dwh
