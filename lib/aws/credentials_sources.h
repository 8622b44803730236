#pragma once

#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"

namespace dwh {

/// The sources of a chain, one a file. For aws/credentials* and their tests only.

struct CredentialsContext {
  const AwsEnvironment& environment;
  AwsFiles files;
  AwsSettings settings;
};
using CredentialsContextPtr = std::shared_ptr<const CredentialsContext>;
using CredentialsProviderPtr = std::unique_ptr<CredentialsProvider>;

/// [AWS] of dwh.cfg.
CredentialsProviderPtr MakeConfigSource(const AwsConfig& config);
/// AWS_ACCESS_KEY_ID and its companions.
CredentialsProviderPtr MakeEnvironmentSource(CredentialsContextPtr context);
/// role_arn of the profile, assumed with the credentials of its source_profile or
/// credential_source.
CredentialsProviderPtr MakeRoleSource(CredentialsContextPtr context, const std::string& profile);
/// A role assumed with a token from a file, named by variables (if `use_variables`) or the profile.
CredentialsProviderPtr MakeWebIdentitySource(CredentialsContextPtr context,
                                             const std::string& profile, bool use_variables);
/// A role granted to who logged in with `aws sso login`.
CredentialsProviderPtr MakeSsoSource(CredentialsContextPtr context, const std::string& profile);
/// Static keys of the profile in one of the shared files.
CredentialsProviderPtr MakeCredentialsFileSource(CredentialsContextPtr context,
                                                 const std::string& profile);
CredentialsProviderPtr MakeConfigFileSource(CredentialsContextPtr context,
                                            const std::string& profile);
/// What a program prints.
CredentialsProviderPtr MakeProcessSource(CredentialsContextPtr context, const std::string& profile);
/// The agent of ECS or EKS.
CredentialsProviderPtr MakeContainerSource(CredentialsContextPtr context);
/// The instance metadata service of EC2 (IMDS).
CredentialsProviderPtr MakeInstanceSource(CredentialsContextPtr context);

/// All but assumed roles that one profile can configure, in their order.
std::vector<CredentialsProviderPtr> MakeProfileSources(const CredentialsContextPtr& context,
                                                       const std::string& profile,
                                                       bool use_variables);

}  // namespace dwh
