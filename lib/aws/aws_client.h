#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "aws/retry.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/secret.h"
#include "net/http.h"

namespace dwh {

/// Key and value.
using AwsTags = std::map<std::string, std::string>;

/// One call as the protocol gives it, without Host, date and signature.
struct AwsCall {
  std::string service;  ///< Its id and signing name: "redshift", "iam", "ec2", "sts", ...
  std::string action;   ///< For messages.
  HttpRequest request;  ///< `url` is the path and query only, from "/".
  std::function<ServiceError(const HttpResponse&)> read_error;
  /// May be empty. Takes in a 2xx response; throws TransportError(kMalformed) if it is not whole,
  /// which makes it a failed try like any other.
  std::function<void(const HttpResponse&)> read_result;
  std::vector<Secret> secrets;  ///< Of the body: blotted out should a service repeat them.
  bool sign = true;
  /// May it be sent again after a try whose fate is unknown (timeout, reset, 5xx)? For calls that
  /// are not idempotent the caller must look before it repeats: see FateUnknown.
  bool repeatable = true;
};

/// Signs, sends, tries again as AwsRetries decides, each try signed anew. Not thread-safe.
class AwsClient {
 public:
  struct Options {
    AwsSettings settings;
    std::shared_ptr<CredentialsCache> credentials;  ///< May be null for unsigned calls.
    HttpTransport* transport = nullptr;
    Clock* clock = nullptr;
    std::function<double()> random;  ///< In [0, 1).
  };
  explicit AwsClient(Options options);

  /// A 2xx response. Otherwise throws what the last try gave, as AwsRetries::Throw does, and
  /// Error(kInterrupted) when a signal arrives.
  HttpResponse Send(const AwsCall& call);

  const AwsSettings& settings() const { return options_.settings; }

 private:
  AwsAttempt TryOnce(const AwsCall& call);

  Options options_;
  Signer signer_;
  AwsRetries retries_;
};

}  // namespace dwh
