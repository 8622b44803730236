#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "base/clock.h"
#include "base/secret.h"
#include "net/http.h"

namespace dwh {

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

/// May a call be sent again after a try whose fate is unknown (timeout, reset, 5xx)? For calls that
/// are not idempotent the caller must look before it repeats: see FateUnknown.
enum class Repeat { kYes, kNo };

/// What a body that is no document of the service says, without its tags: a few words, never empty.
std::string FirstWords(std::string_view body);

/// "its reply is no <expected>": for a reply that is not whole or not the service's. Holds nothing
/// of the body, which may be secret.
TransportError MangledReply(const HttpResponse& response, std::string_view expected);

/// Whether a call that failed so may have been done all the same.
bool FateUnknown(const Error& error);

/// One try and what came of it.
struct AwsAttempt {
  std::optional<HttpResponse> response;
  std::optional<TransportError> failure;  ///< No response, or a 2xx one that is not whole.
  ServiceError error;                     ///< Of a response that is not 2xx.
  WallTime signed_at;                     ///< By the services' clock, as far as it is known.
  AwsCredentials credentials;             ///< Empty if the request was not signed.

  bool ok() const { return response && !failure && response->status / 100 == 2; }
  /// The service refused because it has too much to do.
  bool throttled() const;
  /// Takes in what the service said of a response that is not 2xx, fit for a message: in one line,
  /// without the credentials and `secrets`.
  void SetError(const ServiceError& raw, std::vector<Secret> secrets = {});
  /// A word or two: "200", "503 SlowDown", "connection reset".
  std::string Outcome() const;
};

/// All tries of one call.
struct AwsTries {
  SteadyTime began;
  int count = 0;
  int forgiven = 0;  ///< Of them, those that do not count towards the most allowed.
  int spent = 0;     ///< Of the quota, by the last retry.
  bool skew_corrected = false;
  bool credentials_renewed = false;
  bool quota_empty = false;
  std::vector<std::pair<std::string, int>> seen;  ///< What came, how often; in order of arrival.

  /// One more try has come to an end.
  void Add(const AwsAttempt& attempt);
};

/// Decides over the retries of all calls of one client as AWS's own clients do in their standard
/// mode (facts, sections 1.2 and 2.5): by error class, with full jitter and a quota that all calls
/// share, the clock's skew corrected from 4 minutes on. Not thread-safe.
class AwsRetries {
 public:
  struct Options {
    int max_attempts = 3;                           ///< Counts the first try.
    int quota = 500;                                ///< A retry takes 5 or 10, successes give back.
    std::shared_ptr<CredentialsCache> credentials;  ///< Told to forget what has expired.
    Clock* clock = nullptr;
    std::function<double()> random;  ///< In [0, 1).
  };
  explicit AwsRetries(Options options) : options_(std::move(options)), quota_(options_.quota) {}

  /// How long to wait before the next try; nullopt: give up.
  std::optional<std::chrono::milliseconds> NextTry(const AwsAttempt& attempt, AwsTries& tries,
                                                   Repeat repeat);
  /// How long to wait before the next try, if there is to be one.
  std::chrono::milliseconds Delay(const AwsAttempt& attempt, const AwsTries& tries) const;
  void Succeeded(const AwsTries& tries);
  /// The services' clock less ours.
  std::chrono::seconds skew() const { return skew_; }

  /// AwsError when the service refused, TransportError when no whole reply came; `what` names the
  /// call. After several tries the message ends with all of them ("gave up after 6 tries in 61 s:
  /// 503 (5 times), connection reset (once)").
  [[noreturn]] void Throw(const std::string& what, const AwsAttempt& attempt,
                          const AwsTries& tries) const;

 private:
  bool CorrectSkew(const AwsAttempt& attempt);
  std::string Report(const AwsTries& tries) const;

  Options options_;
  std::chrono::seconds skew_{0};
  int quota_;
};

/// In [0, 1), for AwsRetries: different in every process and thread.
double RandomFraction();

}  // namespace dwh
