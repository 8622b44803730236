#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "aws/aws_client.h"
#include "aws/environment.h"
#include "aws/settings.h"
#include "net/curl_transport.h"

namespace dwh {

/// Everything it takes to call AWS: settings, credentials, transport, client. What is missing or
/// wrong in the settings is told by the constructors, with Error(kUsage); credentials are looked
/// for with the first call.
class AwsSession {
 public:
  /// For real. `ask` puts a question (an MFA code) to the person at the terminal; may be empty.
  AwsSession(const AwsConfig& config, Clock& clock,
             std::function<std::optional<std::string>(const std::string&)> ask);
  /// With a world of the caller's, for tests.
  AwsSession(const AwsConfig& config, AwsEnvironment environment);

  /// The address under which the internet sees us: AWS's own service says it. Throws
  /// Error(kUnavailable).
  std::string OwnAddress() const;

  AwsClient& client() { return *client_; }
  const std::shared_ptr<CredentialsCache>& credentials() const { return credentials_; }
  const AwsSettings& settings() const { return settings_; }

 private:
  void MakeClient(const AwsConfig& config);

  std::unique_ptr<CurlTransport> transport_;  ///< Null where the environment brings its own.
  AwsEnvironment environment_;
  AwsFiles files_;
  AwsSettings settings_;
  std::shared_ptr<CredentialsCache> credentials_;
  std::unique_ptr<AwsClient> client_;
};

}  // namespace dwh
