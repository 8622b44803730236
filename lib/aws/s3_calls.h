#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "aws/retry.h"
#include "aws/s3_places.h"
#include "aws/sigv4.h"
#include "net/http_streams.h"

namespace dwh {

/// Bytes of an object that a listing showed.
struct S3Range {
  int64_t offset = 0;
  int64_t length = 0;
  bool whole = true;  ///< The range is the object.
  std::string etag;   ///< Bare; what the object must still be; "" if the store gives none.
};

/// An ETag without its quotes, which some stores leave out where others have them.
std::string BareEtag(std::string_view etag);

/// One call to S3 as its users put it, without place, date and signature.
struct S3Request {
  std::string action;  ///< For messages: "GetObject".
  std::string method = "GET";
  std::string bucket;
  std::string key;    ///< Or the prefix of a listing, for messages; `query` is encoded.
  std::string query;  ///< Not empty: the call is to the bucket.
  HttpHeaders headers;
  std::string body;
  /// With it the call is one for these bytes: a body that ends early is resumed where it ended.
  std::optional<S3Range> range;
  size_t max_response_bytes = size_t{16} << 20;
  /// As AwsCall::read_result.
  std::function<void(const HttpResponse&)> read_result;
};

/// What has become of a call: a 2xx response, or what was thrown.
struct S3Outcome {
  HttpResponse response;
  std::exception_ptr error;
};

/// Many calls to S3 at once: signs, sends, and tries again as AwsRetries decides, while the others
/// go on. Finds the region of a bucket by what S3 answers. The number of connections grows from a
/// few to the most allowed, halves whenever S3 asks to slow down, and then comes back slowly. Not
/// thread-safe, but for Wake().
class S3Calls {
 public:
  struct Options {
    std::shared_ptr<S3Places> places;
    std::shared_ptr<CredentialsCache> credentials;
    std::unique_ptr<HttpStreams> streams;
    Clock* clock = nullptr;
    std::function<double()> random;
    size_t max_connections = 0;
    std::chrono::milliseconds stall_timeout{};
  };
  using Done = std::function<void(S3Outcome)>;

  explicit S3Calls(Options options);
  ~S3Calls();
  S3Calls(const S3Calls&) = delete;
  S3Calls& operator=(const S3Calls&) = delete;

  /// `done` is called within Poll(), once; it may start further calls.
  void Start(S3Request request, Done done);

  /// Works until a call is done, Wake() was called, or `longest` is over. Throws
  /// Error(kInterrupted).
  void Poll(std::chrono::milliseconds longest);
  /// Ends Poll(), also the next one. From any thread.
  void Wake() const;

  /// Calls that are not done.
  size_t pending() const { return waiting_.size() + running_.size(); }
  /// How many connections may be in use now.
  size_t limit() const { return static_cast<size_t>(limit_); }

  /// Starts one call, waits for it and returns its response, or throws.
  HttpResponse Send(S3Request request);

 private:
  class Call;

  void StartWaiting();
  void Launch(std::unique_ptr<Call> call);
  HttpRequest MakeRequest(Call& call);
  void Finish(std::unique_ptr<Call> call);
  void Wait(std::unique_ptr<Call> call, std::chrono::milliseconds delay);
  bool FollowRegion(Call& call);
  std::optional<std::chrono::milliseconds> NextTry(Call& call);
  void Succeeded();
  bool SlowDown(const Call& call);
  std::exception_ptr Explain(const Call& call) const;

  Options options_;
  AwsRetries retries_;
  Signer signer_;
  std::multimap<SteadyTime, std::unique_ptr<Call>> waiting_;  ///< By when they may start.
  std::map<Call*, std::unique_ptr<Call>> running_;
  std::vector<Call*> ended_;  ///< Of those running.
  double limit_;
  int slow_downs_ = 0;  ///< How often the limit was halved; after the first it grows slowly.
};

}  // namespace dwh
