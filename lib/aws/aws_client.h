#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "aws/credentials.h"
#include "aws/settings.h"
#include "base/clock.h"
#include "base/secret.h"
#include "net/http.h"

namespace dwh {

/// Key and value.
using AwsTags = std::map<std::string, std::string>;

/// A service refused. The message: "redshift CreateCluster: <its words> (ClusterAlreadyExists, HTTP
/// 400, request id ...)". kFailed if it found the parameters wrong, kUnavailable otherwise.
class AwsError : public Error {
 public:
  AwsError(ErrorKind kind, const std::string& message, std::string code, int status,
           std::string hint = "")
      : Error(kind, message, std::move(hint)), code_(std::move(code)), status_(status) {}
  /// As the service spells it, with or without "Fault"; "" if the reply held none.
  const std::string& code() const { return code_; }
  int status() const { return status_; }

 private:
  std::string code_;
  int status_;
};

/// What a reply without success says; filled by the protocol (query_client, json_client).
struct ServiceError {
  std::string code;
  std::string message;
  std::string request_id;
};

/// One call as the protocol gives it, without Host, date and signature.
struct AwsCall {
  std::string service;  ///< Its id and signing name: "redshift", "iam", "ec2", "sts", "s3", ...
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

/// For `repeatable`, spelled out.
enum class Repeat { kYes, kNo };

/// What a body that is no document of the service says, without its tags: a few words, never empty.
std::string FirstWords(std::string_view body);

/// For `read_result`: "its reply is no <expected>". Holds nothing of the body, which may be secret.
TransportError MangledReply(const HttpResponse& response, std::string_view expected);

/// Whether a call that failed so may have been done all the same.
bool FateUnknown(const Error& error);

/// Signs, sends, tries again (facts, sections 1.2 and 2.5): by error class, with full jitter and a
/// retry quota, each try signed anew, the clock's skew corrected from 4 minutes on. Not
/// thread-safe.
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

  /// A 2xx response. Otherwise throws what the last try gave: AwsError when the service refused,
  /// TransportError when no whole reply came. After several tries the message ends with all of them
  /// ("gave up after 6 tries in 61 s: 503 (5 times), connection reset (once)"). Throws
  /// Error(kInterrupted) when a signal arrives.
  HttpResponse Send(const AwsCall& call);

  const AwsSettings& settings() const { return options_.settings; }

 private:
  struct Attempt;
  struct Tries;

  Attempt TryOnce(const AwsCall& call);
  /// Whether to try once more; if so, has done what must be done before.
  bool Recover(const AwsCall& call, const Attempt& attempt, Tries& tries);
  bool CorrectSkew(const Attempt& attempt);
  void WaitBeforeRetry(const Attempt& attempt, int tries) const;
  std::string Report(const Tries& tries) const;
  [[noreturn]] void Throw(const AwsCall& call, const Attempt& attempt, const Tries& tries) const;

  Options options_;
  Signer signer_;
  std::chrono::seconds skew_{0};  ///< The services' clock less ours.
  int quota_;                     ///< Spent by retries, refilled by successes.
};

}  // namespace dwh
