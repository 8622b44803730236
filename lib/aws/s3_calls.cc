#include "aws/s3_calls.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "aws/query_client.h"
#include "base/ascii.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "net/uri.h"
#include "net/xml.h"

namespace dwh {
namespace {

using std::chrono::milliseconds;

/// The first wave. Hosts may be looked up and connections made for each at the same time.
constexpr double kFirstConnections = 16;
/// Enough for every connection to fail often while none succeeds; AWS's clients have 500 for one.
constexpr int kQuotaPerConnection = 100;
/// Of an error's document; a proxy's page may be longer.
constexpr size_t kErrorBytes = size_t{64} << 10;
constexpr int kLongestRedirects = 3;

std::string Subject(const S3Request& request) {
  return StrCat("s3://", request.bucket, "/", request.key);
}

/// The region that S3 names for a bucket it was asked for elsewhere; "" if it names none.
std::string NamedRegion(const HttpResponse& response) {
  std::string region = response.Header("x-amz-bucket-region").value_or("");
  if (region.empty() && !response.body.empty()) {
    try {
      region = ParseXml(response.body).child("Region").text();
    } catch (const Error&) {  // a page of something in between, say
      return "";
    }
  }
  // It becomes part of a host's name.
  const bool plain = std::all_of(region.begin(), region.end(),
                                 [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  return plain ? region : "";
}

/// Is the response the bytes that were asked for, from `offset` on?
bool IsRange(const HttpResponse& head, int64_t offset, bool whole) {
  if (whole && offset == 0) return true;
  // Some stores send ranges with status 200, so it is this header that counts.
  const std::string range = head.Header("content-range").value_or("");
  return range.starts_with(StrCat("bytes ", offset, "-"));
}

Error Changed(const S3Request& request) {
  return {ErrorKind::kFailed, StrCat(Subject(request), " changed while it was read"),
          "Run it again when nothing writes to that object any more."};
}

/// For an object that was listed: what an error says of it, in words of our own.
std::optional<Error> GoneOrChanged(const AwsError& error, const S3Request& request) {
  constexpr int kPreconditionFailed = 412;
  if (error.status() == kPreconditionFailed) return Changed(request);
  if (error.code() != "NoSuchKey") return std::nullopt;
  return Error(ErrorKind::kFailed, StrCat("cannot read ", Subject(request), ": it is gone"),
               "It was listed a moment ago. Run it again when nothing else changes that bucket.");
}

/// What to do about an error, where S3 has advice of its own. `source`: of the credentials.
std::string Hint(const AwsError& error, const std::string& source, bool anonymous) {
  constexpr int kForbidden = 403;
  const std::string& code = error.code();
  const bool denied = code == "AccessDenied" || code == "AllAccessDisabled" || code.empty();
  if (code == "NoSuchBucket") {
    return "Check the bucket's name in [S3] of dwh.cfg, and the endpoint if it is your own.";
  }
  if (code == "InvalidObjectState") return "The object is archived: restore it in S3 first.";
  if (error.status() / 100 == 3) {
    return "The bucket is in another region: set REGION in [AWS] of dwh.cfg.";
  }
  if (error.status() / 100 == 5) return "The store is busy or out of order: try again later.";
  if (error.status() != kForbidden) return error.hint();
  if (anonymous) {
    return "No AWS credentials were found, so the request was not signed, which is enough for "
           "public buckets only. Set KEY and SECRET in [AWS] of dwh.cfg, or run `aws configure` "
           "or `aws sso login`.";
  }
  if (!denied) return error.hint();
  return StrCat(
      "Reading needs s3:ListBucket on the bucket and s3:GetObject on its objects; STAGING needs "
      "s3:PutObject and s3:DeleteObject too. The credentials came from: ",
      source, ".");
}

AwsRetries::Options RetryOptions(const S3Calls::Options& options) {
  AwsRetries::Options retries;
  retries.max_attempts = options.places->settings().s3_max_attempts;
  retries.quota = kQuotaPerConnection * static_cast<int>(options.max_connections);
  retries.credentials = options.credentials;
  retries.clock = options.clock;
  retries.random = options.random;
  return retries;
}

}  // namespace

std::string BareEtag(std::string_view etag) {
  const bool quoted = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return std::string(quoted ? etag.substr(1, etag.size() - 2) : etag);
}

/// One call through all its tries.
class S3Calls::Call : public HttpStream {
 public:
  Call(S3Calls& owner, S3Request call_request, Done call_done)
      : request(std::move(call_request)), done(std::move(call_done)), owner_(owner) {
    tries.began = owner.options_.clock->Steady();
    if (request.range) body.reserve(static_cast<size_t>(request.range->length));
  }

  void Begin() {
    attempt = {};
    error_body.clear();
    changed = false;
    mangled = false;
    body_at_start = request.range ? body.size() : 0;
    body.resize(body_at_start);
    slow_downs = owner_.slow_downs_;
  }

  void OnHead(const HttpResponse& head) override {
    attempt.response = head;
    accepted_ = head.status / 100 == 2;
    if (!accepted_ || !request.range) return;
    const S3Range& range = *request.range;
    const std::string etag = BareEtag(head.Header("etag").value_or(""));
    changed = !range.etag.empty() && !etag.empty() && etag != range.etag;
    const int64_t offset = range.offset + static_cast<int64_t>(body_at_start);
    mangled = !IsRange(head, offset, range.whole);
    accepted_ = !changed && !mangled;
  }

  void OnBody(std::string_view bytes) override {
    if (accepted_) {
      body.append(bytes);
    } else if (error_body.size() < kErrorBytes) {
      error_body.append(bytes);
    }
  }

  void OnEnd(const TransportError* failure) override {
    if (failure != nullptr) attempt.failure = *failure;
    owner_.ended_.push_back(this);
  }

  /// Takes in what came. Throws Error if the call has failed for good.
  void Settle() {
    if (changed) throw Changed(request);
    if (attempt.failure) return;
    HttpResponse& response = *attempt.response;
    if (!attempt.ok()) {
      response.body = std::move(error_body);
      attempt.SetError(ReadXmlError(response));
      return;
    }
    const auto length = request.range ? static_cast<size_t>(request.range->length) : body.size();
    if (mangled || body.size() != length) {
      body.resize(body_at_start);
      attempt.failure = MangledReply(response, "range of an object");
      return;
    }
    response.body = std::move(body);
    body.clear();
    if (!request.read_result) return;
    try {
      request.read_result(response);
    } catch (const TransportError& failure) {
      attempt.failure = failure;
    }
  }

  /// Has the last try brought a part of what was asked for?
  bool Progressed() const { return request.range && body.size() > body_at_start; }

  S3Request request;
  Done done;
  AwsTries tries;
  AwsAttempt attempt;
  std::string region;  ///< That the last try went to.
  int redirects = 0;
  int slow_downs = 0;  ///< Of all calls, when the last try began.

  std::string body;          ///< Of a range: with what earlier tries brought.
  size_t body_at_start = 0;  ///< Of the last try.
  std::string error_body;
  bool changed = false;
  bool mangled = false;

 private:
  S3Calls& owner_;
  bool accepted_ = false;
};

S3Calls::S3Calls(Options options)
    : options_(std::move(options)),
      retries_(RetryOptions(options_)),
      limit_(std::min(kFirstConnections, static_cast<double>(options_.max_connections))) {}

/// The streams first: they refer to the calls.
S3Calls::~S3Calls() { options_.streams.reset(); }

void S3Calls::Start(S3Request request, Done done) {
  Wait(std::make_unique<Call>(*this, std::move(request), std::move(done)), milliseconds{0});
}

void S3Calls::Wait(std::unique_ptr<Call> call, milliseconds delay) {
  waiting_.emplace(options_.clock->Steady() + delay, std::move(call));
}

HttpResponse S3Calls::Send(S3Request request) {
  std::optional<S3Outcome> outcome;
  Start(std::move(request), [&](S3Outcome result) { outcome = std::move(result); });
  while (!outcome) Poll(std::chrono::seconds(1));
  if (outcome->error) std::rethrow_exception(outcome->error);
  return std::move(outcome->response);
}

void S3Calls::Wake() const { options_.streams->Wake(); }

void S3Calls::Poll(milliseconds longest) {
  StartWaiting();
  const SteadyTime now = options_.clock->Steady();
  if (!waiting_.empty() && running_.size() < limit()) {
    const auto due = std::chrono::ceil<milliseconds>(waiting_.begin()->first - now);
    longest = std::clamp(due, milliseconds{0}, longest);
  }
  options_.streams->Poll(longest);
  for (Call* const call : std::exchange(ended_, {})) {
    Finish(std::move(running_.extract(call).mapped()));
  }
  StartWaiting();
}

void S3Calls::StartWaiting() {
  while (!waiting_.empty() && running_.size() < limit() &&
         waiting_.begin()->first <= options_.clock->Steady()) {
    Launch(std::move(waiting_.extract(waiting_.begin()).mapped()));
  }
}

void S3Calls::Launch(std::unique_ptr<Call> call) {
  Call& one = *call;
  one.Begin();
  try {
    options_.streams->Start(MakeRequest(one), one);
  } catch (const Error&) {
    one.done({.response = {}, .error = std::current_exception()});
    return;
  }
  running_.emplace(&one, std::move(call));
}

HttpRequest S3Calls::MakeRequest(Call& call) {
  const S3Request& wanted = call.request;
  const S3Places::Place place = options_.places->Find(wanted.bucket);
  call.region = place.region;
  HttpRequest request;
  request.method = wanted.method;
  request.url = place.url + "/";
  if (!wanted.query.empty()) {
    request.url.append("?").append(wanted.query);
  } else {
    request.url.append(PercentEncode(wanted.key, true));
  }
  request.headers = wanted.headers;
  request.body = wanted.body;
  request.timeout = milliseconds{0};
  request.stall_timeout = options_.stall_timeout;
  request.max_response_bytes = wanted.max_response_bytes;
  if (wanted.range) {
    const S3Range& range = *wanted.range;
    const int64_t first = range.offset + static_cast<int64_t>(call.body.size());
    const int64_t last = range.offset + range.length - 1;
    if (!range.whole || first > 0) {
      request.headers.emplace_back("Range", StrCat("bytes=", first, "-", last));
    }
    if (!range.etag.empty()) {
      request.headers.emplace_back("If-Match", StrCat("\"", range.etag, "\""));
    }
    request.max_response_bytes = static_cast<size_t>(last - first + 1) + kErrorBytes;
  }
  if (options_.places->anonymous()) return request;
  auto credentials = options_.credentials->Find(retries_.skew());
  if (!credentials) {
    LogInfo("Found no AWS credentials: S3 is read as anybody may read public buckets.");
    options_.places->SetAnonymous();
    return request;
  }
  call.attempt.credentials = *std::move(credentials);
  call.attempt.signed_at = options_.clock->Now() + retries_.skew();
  signer_.Sign(request, call.attempt.credentials, {place.region, "s3"}, call.attempt.signed_at,
               {.s3 = true, .sign_body = false, .payload_hash = ""});
  return request;
}

void S3Calls::Finish(std::unique_ptr<Call> call) {
  try {
    call->Settle();
  } catch (const Error&) {
    call->done({.response = {}, .error = std::current_exception()});
    return;
  }
  call->tries.Add(call->attempt);
  LogDebug(StrCat(call->request.method, " s3 ", call->request.action, " ", Subject(call->request),
                  ": ", call->attempt.Outcome(), ", try ", call->tries.count));
  if (call->attempt.ok()) {
    Succeeded();
    retries_.Succeeded(call->tries);
    call->done({.response = std::move(*call->attempt.response), .error = nullptr});
    return;
  }
  if (FollowRegion(*call)) return Wait(std::move(call), milliseconds{0});
  if (const auto delay = NextTry(*call)) return Wait(std::move(call), *delay);
  call->done({.response = {}, .error = Explain(*call)});
}

/// True if the bucket has turned out to be in another region than it was asked for in.
bool S3Calls::FollowRegion(Call& call) {
  if (call.attempt.failure || call.attempt.response->status / 100 > 4) return false;
  const std::string region = NamedRegion(*call.attempt.response);
  if (region.empty() || region == call.region) return false;
  if (++call.redirects > kLongestRedirects) return false;
  LogDebug(StrCat("The bucket ", call.request.bucket, " is in ", region, "."));
  options_.places->SetRegion(call.request.bucket, region);
  return true;
}

std::optional<milliseconds> S3Calls::NextTry(Call& call) {
  AwsTries& tries = call.tries;
  if (SlowDown(call)) {
    // The cure is fewer connections, and there are fewer now: this try says nothing of the call.
    const milliseconds delay = retries_.Delay(call.attempt, tries);
    ++tries.forgiven;
    return delay;
  }
  if (call.Progressed()) tries.forgiven = tries.count - 1;
  return retries_.NextTry(call.attempt, tries, Repeat::kYes);
}

void S3Calls::Succeeded() {
  const double step = slow_downs_ > 0 ? 1 / limit_ : 1;
  limit_ = std::min(limit_ + step, static_cast<double>(options_.max_connections));
}

/// Halves the number of connections if S3 asks for it; true if that was possible. Of the calls that
/// were under way together only the first to be refused counts.
bool S3Calls::SlowDown(const Call& call) {
  constexpr int kUnavailable = 503;
  const AwsAttempt& attempt = call.attempt;
  if (attempt.failure || (!attempt.throttled() && attempt.response->status != kUnavailable)) {
    return false;
  }
  if (call.slow_downs < slow_downs_) return true;
  if (limit_ <= 1) return false;
  limit_ = std::max(1.0, limit_ / 2);
  if (++slow_downs_ == 1) {
    LogInfo(StrCat("S3 asks to slow down: reading with ", limit(), " connections now."));
  }
  return true;
}

std::exception_ptr S3Calls::Explain(const Call& call) const {
  const S3Request& request = call.request;
  try {
    retries_.Throw(StrCat("s3 ", request.action, " ", Subject(request)), call.attempt, call.tries);
  } catch (const AwsError& error) {
    if (request.range) {
      if (const auto gone = GoneOrChanged(error, request)) return std::make_exception_ptr(*gone);
    }
    const std::string hint =
        Hint(error, call.attempt.credentials.source, options_.places->anonymous());
    return std::make_exception_ptr(
        AwsError(error.kind(), error.what(), error.code(), error.status(), hint));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace dwh
