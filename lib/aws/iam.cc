#include "aws/iam.h"

#include "net/uri.h"

namespace dwh {

std::string IamClient::CreateRole(const NewRole& role) {
  QueryParams params;
  params.Add("RoleName", role.name).Add("AssumeRolePolicyDocument", role.trust_policy);
  params.AddIfAny("Description", role.description).AddTags("Tags.member", role.tags);
  return RequiredText(client_.Call("CreateRole", params, Repeat::kNo), "Role/Arn");
}

std::optional<IamRole> IamClient::GetRole(const std::string& name) {
  try {
    const XmlNode result = client_.Call("GetRole", QueryParams().Add("RoleName", name));
    const XmlNode role = result.child("Role");
    return IamRole{.name = role.child("RoleName").text(),
                   .arn = RequiredText(result, "Role/Arn"),
                   .trust_policy = PercentDecode(role.child("AssumeRolePolicyDocument").text()),
                   .tags = ReadTags(role.child("Tags"), "member")};
  } catch (const AwsError& error) {
    if (error.code() == "NoSuchEntity") return std::nullopt;
    throw;
  }
}

void IamClient::UpdateAssumeRolePolicy(const std::string& role, const std::string& trust_policy) {
  client_.Do("UpdateAssumeRolePolicy",
             QueryParams().Add("RoleName", role).Add("PolicyDocument", trust_policy));
}

bool IamClient::DeleteRole(const std::string& name) {
  return Remove("DeleteRole", QueryParams().Add("RoleName", name));
}

void IamClient::AttachRolePolicy(const std::string& role, const std::string& policy_arn) {
  client_.Do("AttachRolePolicy", QueryParams().Add("RoleName", role).Add("PolicyArn", policy_arn));
}

bool IamClient::DetachRolePolicy(const std::string& role, const std::string& policy_arn) {
  return Remove("DetachRolePolicy",
                QueryParams().Add("RoleName", role).Add("PolicyArn", policy_arn));
}

std::vector<AttachedPolicy> IamClient::ListAttachedRolePolicies(const std::string& role) {
  std::vector<AttachedPolicy> found;
  client_.ForEachPage(
      "ListAttachedRolePolicies", QueryParams().Add("RoleName", role), [&](const XmlNode& result) {
        for (const XmlNode& policy : result.child("AttachedPolicies").children("member")) {
          found.push_back(
              {.name = policy.child("PolicyName").text(), .arn = policy.child("PolicyArn").text()});
        }
      });
  return found;
}

void IamClient::PutRolePolicy(const std::string& role, const std::string& policy,
                              const std::string& document) {
  client_.Do("PutRolePolicy", QueryParams()
                                  .Add("RoleName", role)
                                  .Add("PolicyName", policy)
                                  .Add("PolicyDocument", document));
}

bool IamClient::DeleteRolePolicy(const std::string& role, const std::string& policy) {
  return Remove("DeleteRolePolicy", QueryParams().Add("RoleName", role).Add("PolicyName", policy));
}

std::vector<std::string> IamClient::ListRolePolicies(const std::string& role) {
  std::vector<std::string> found;
  client_.ForEachPage("ListRolePolicies", QueryParams().Add("RoleName", role),
                      [&](const XmlNode& result) {
                        for (const XmlNode& name : result.child("PolicyNames").children("member")) {
                          found.push_back(name.text());
                        }
                      });
  return found;
}

std::vector<std::string> IamClient::ListInstanceProfilesForRole(const std::string& role) {
  std::vector<std::string> found;
  client_.ForEachPage(
      "ListInstanceProfilesForRole", QueryParams().Add("RoleName", role),
      [&](const XmlNode& result) {
        for (const XmlNode& profile : result.child("InstanceProfiles").children("member")) {
          found.push_back(profile.child("InstanceProfileName").text());
        }
      });
  return found;
}

bool IamClient::RemoveRoleFromInstanceProfile(const std::string& role, const std::string& profile) {
  return Remove("RemoveRoleFromInstanceProfile",
                QueryParams().Add("InstanceProfileName", profile).Add("RoleName", role));
}

bool IamClient::Remove(const std::string& action, const QueryParams& params) {
  try {
    client_.Do(action, params);
    return true;
  } catch (const AwsError& error) {
    if (error.code() == "NoSuchEntity") return false;
    throw;
  }
}

}  // namespace dwh
