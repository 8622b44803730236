#pragma once

#include <string>

#include "aws/credentials_sources.h"
#include "aws/query_client.h"

namespace dwh {

/// Asks STS for the credentials of a role (facts, section 3.8): AssumeRole, signed by `caller`, or
/// AssumeRoleWithWebIdentity, unsigned, for null. Throws as AwsClient::Send; the message begins
/// with `source`.
AwsCredentials AskSts(const CredentialsContext& context, const std::string& source,
                      const std::string& action, const QueryParams& params,
                      const AwsCredentials* caller);

/// A RoleSessionName for who did not choose one.
std::string DefaultSessionName(Clock& clock);

}  // namespace dwh
