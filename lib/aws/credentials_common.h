#pragma once

#include <chrono>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "aws/aws_client.h"
#include "aws/environment.h"
#include "aws/settings.h"

namespace dwh {

/// What several sources of credentials need. For aws/credentials* only. `source` is the provider's
/// name, which every message begins with.

/// The credentials as they are. Throws Error(kUsage) if the key or the secret is empty, or if one
/// holds what no HTTP header can hold, such as the line break of a value that goes on.
AwsCredentials CheckedCredentials(AwsCredentials credentials);

/// Throws Error(kUnavailable), without any of the text, if it is not a JSON object.
nlohmann::json ParseJsonReply(std::string_view text, const std::string& source);
/// The member's text; empty if it is not there or not a string.
std::string JsonText(const nlohmann::json& object, const char* key);

/// How a service spells the members of its credentials.
struct CredentialNames {
  const char* key = "AccessKeyId";
  const char* secret = "SecretAccessKey";
  const char* token = "Token";
};
/// Key, secret, token and "Expiration" of a JSON object, checked. Throws Error(kUnavailable) if key
/// or secret is missing or "Expiration" is no time.
AwsCredentials ReadJsonCredentials(const nlohmann::json& object, const CredentialNames& names,
                                   const std::string& source);

/// Sends a call to AWS as AwsClient does, signed by `caller`, unsigned for null. What AwsClient
/// throws begins with `source`.
HttpResponse AskAws(const AwsEnvironment& environment, const AwsSettings& settings,
                    const std::string& source, AwsCall call, const AwsCredentials* caller);

struct Patience {
  int tries = 3;
  std::chrono::milliseconds pause{1000};
};
/// Asks the machine's own agents, which are no services of AWS: sends until `is_final` likes the
/// response or the tries are over; then the last response counts. Throws the last try's
/// TransportError, behind `source`.
HttpResponse AskAgent(const AwsEnvironment& environment, const std::string& source,
                      const Patience& patience, const HttpRequest& request,
                      const std::function<bool(const HttpResponse&)>& is_final);

}  // namespace dwh
