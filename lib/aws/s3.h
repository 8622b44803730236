#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "aws/s3_calls.h"
#include "aws/s3_list.h"
#include "aws/s3_read_ahead.h"
#include "aws/session.h"

namespace dwh {

/// S3 and stores that speak its protocol (facts, section 3.8). All throw as S3Calls does: AwsError
/// where the store refuses, naming bucket and key; TransportError; Error(kInterrupted).
/// Thread-safe.
class S3 {
 public:
  struct Options {
    AwsSettings settings;
    std::shared_ptr<CredentialsCache> credentials;
    std::function<std::unique_ptr<HttpStreams>(size_t max_connections)> make_streams;
    Clock* clock = nullptr;
    std::function<double()> random = RandomFraction;
    size_t max_connections = 128;
    std::chrono::milliseconds stall_timeout{30'000};
    size_t read_ahead_bytes = size_t{16} << 20;
  };
  explicit S3(Options options);

  /// See ListS3.
  void List(const std::string& bucket, const std::string& prefix,
            const std::function<void(S3Object)>& visit);
  /// nullopt if there is no such object (or bucket).
  std::optional<S3Object> Head(const std::string& bucket, const std::string& key);
  /// The region of a bucket, whether or not the caller may look into it.
  std::string RegionOf(const std::string& bucket);
  /// The whole object. Throws TransportError(kTooLarge) above `max_bytes`.
  std::string Get(const std::string& bucket, const std::string& key, size_t max_bytes);
  /// `next_part` is called from another thread. This must outlive the result.
  std::unique_ptr<S3ReadAhead> ReadAhead(std::function<std::optional<S3Part>()> next_part);

  /// Replaces what is there.
  void Put(const std::string& bucket, const std::string& key, std::string body,
           const std::string& content_type = "application/octet-stream");
  /// Objects that are not there count as deleted. After an error some may be deleted and others
  /// not.
  void Delete(const std::string& bucket, const std::vector<std::string>& keys);

 private:
  std::unique_ptr<S3Calls> TakeCalls();
  void KeepCalls(std::unique_ptr<S3Calls> calls);
  HttpResponse Send(S3Request request);
  void DeleteSome(const std::string& bucket, const std::vector<std::string>& keys);

  Options options_;
  std::shared_ptr<S3Places> places_;
  std::mutex mutex_;
  std::unique_ptr<S3Calls> idle_;  ///< With its open connections, for the next to call.
};

/// S3 as the session's settings and credentials say. The session must outlive it, and nothing else
/// may use the session meanwhile.
std::unique_ptr<S3> OpenS3(const AwsSession& session, Clock& clock);

}  // namespace dwh
