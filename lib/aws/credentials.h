#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/settings.h"
#include "aws/sigv4.h"

namespace dwh {

/// One source of credentials; one file each in aws/credentials_*.
class CredentialsProvider {
 public:
  virtual ~CredentialsProvider() = default;
  /// For messages: "the AWS environment variables", "profile dev in ~/.aws/credentials".
  virtual std::string Name() const = 0;
  /// nullopt if the source is not configured at all. Throws Error(kUsage) if it is configured
  /// wrongly or in part (a key without its secret), Error(kUnavailable) if it does not answer or
  /// refuses; the message names the source, never a secret.
  virtual std::optional<AwsCredentials> Fetch() = 0;
};

/// The chain (facts, section 2.1, botocore's order, dwh.cfg first): dwh.cfg, environment, assumed
/// role, web identity, SSO, credentials file, credential_process, config file, container, IMDS. A
/// PROFILE in dwh.cfg drops the environment's keys and web identity. `environment` must outlive the
/// result.
std::vector<std::unique_ptr<CredentialsProvider>> MakeCredentialsChain(
    const AwsConfig& config, const AwsSettings& settings, const AwsFiles& files,
    const AwsEnvironment& environment);

/// The first of a chain that has credentials, kept until shortly before they expire. Thread-safe,
/// as far as nothing else uses the chain's transport at the same time.
class CredentialsCache {
 public:
  CredentialsCache(std::vector<std::unique_ptr<CredentialsProvider>> chain, Clock& clock);

  /// Fetches anew when 10 minutes or less are left, at most once a minute while the old ones
  /// still hold; while fetching fails and the old ones still hold, the old ones serve. `skew` is
  /// the service's clock less ours. Throws Error(kUsage), with every source that was looked at, if
  /// none has any; Error(kUnavailable) if a source gives only expired ones.
  AwsCredentials Get(std::chrono::seconds skew = {});
  /// As Get(), but nullopt if no source has any.
  std::optional<AwsCredentials> Find(std::chrono::seconds skew = {});
  /// The service says they have expired: the next Get() fetches.
  void Forget();

 private:
  bool HoldsUntil(WallTime time) const;
  bool Fetch(WallTime now);
  std::optional<AwsCredentials> FetchFromChain();

  std::vector<std::unique_ptr<CredentialsProvider>> chain_;
  Clock& clock_;
  std::mutex mutex_;
  std::optional<AwsCredentials> known_;
  CredentialsProvider* source_ = nullptr;  ///< Where `known_` came from: asked alone from then on.
  SteadyTime next_fetch_{};                ///< Not before, while the old ones hold.
};

}  // namespace dwh
