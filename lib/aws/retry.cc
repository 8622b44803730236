#include "aws/retry.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <random>
#include <string_view>

#include "base/ascii.h"
#include "base/log.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {

using std::chrono::milliseconds;

namespace {

// The standard retry mode of AWS's own clients (facts, section 2.5).
constexpr int kRetryCost = 5;
constexpr int kTimeoutCost = 10;
constexpr int kRefill = 1;
constexpr milliseconds kFirstDelay{1'000};
constexpr milliseconds kLongestDelay{20'000};
/// A service may ask for a longer wait than ours, but only by so much.
constexpr milliseconds kPatience{5'000};
constexpr std::chrono::minutes kSmallestSkew{4};
constexpr size_t kLongestMessage = 600;
constexpr size_t kLongestCode = 128;
/// Redshift takes no shorter password, and blotting out less would maim the words around it.
constexpr size_t kShortestSecret = 8;
constexpr size_t kFewWords = 120;

constexpr std::array<std::string_view, 13> kThrottlingCodes = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottledException",
    "RequestThrottled",
    "TooManyRequestsException",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "LimitExceededException",
    "SlowDown",
    "EC2ThrottledException"};
/// Refused for a passing reason: nothing was done.
constexpr std::array<std::string_view, 5> kPassingCodes = {
    "DependentServiceRequestThrottlingFault", "DependentServiceUnavailableFault",
    "ConcurrentModification", "InsufficientCapacityException", "IDPCommunicationError"};
/// The service itself does not know how far it came.
constexpr std::array<std::string_view, 4> kUnfinishedCodes = {
    "RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "ServiceFailure"};
/// These may come of a wrong clock; they do if the service's own time says so.
constexpr std::array<std::string_view, 6> kSkewCodes = {
    "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure",
    "RequestTimeTooSkewed",  "AccessDeniedException",     "RequestExpired"};
constexpr std::array<std::string_view, 3> kExpiredCodes = {"ExpiredToken", "ExpiredTokenException",
                                                           "RequestExpired"};

template <size_t n>
bool Contains(const std::array<std::string_view, n>& codes, std::string_view code) {
  return std::find(codes.begin(), codes.end(), code) != codes.end();
}

struct Verdict {
  bool worth_retrying;
  bool fate_unknown;
};

Verdict Judge(int status, std::string_view code) {
  if (Contains(kThrottlingCodes, code) || status == 429 || status == 509) return {true, false};
  if (Contains(kPassingCodes, code)) return {true, false};
  if (Contains(kUnfinishedCodes, code)) return {true, true};
  const bool passing = status == 500 || status == 502 || status == 503 || status == 504;
  return {passing, status >= 500};
}

Verdict Judge(TransportError::Cause cause) {
  using Cause = TransportError::Cause;
  if (cause == Cause::kTls) return {false, false};
  if (cause == Cause::kTooLarge) return {false, true};
  return {true, cause != Cause::kResolve && cause != Cause::kConnect};
}

std::string CauseText(TransportError::Cause cause) {
  switch (cause) {
    case TransportError::Cause::kResolve:
      return "host name not known";
    case TransportError::Cause::kConnect:
      return "no connection";
    case TransportError::Cause::kTimeout:
      return "timeout";
    case TransportError::Cause::kReset:
      return "connection reset";
    case TransportError::Cause::kTls:
      return "TLS failure";
    case TransportError::Cause::kMalformed:
      return "mangled reply";
    case TransportError::Cause::kTooLarge:
      return "reply too large";
  }
  return "";
}

std::string CodeAndStatus(int status, const std::string& code) {
  return code.empty() ? std::to_string(status) : StrCat(status, " ", code);
}

/// "20150830T123600Z", as services write in X-Amz-Date.
std::optional<WallTime> ParseAmzDate(const std::string& text) {
  if (text.size() != 16) return std::nullopt;
  std::string iso = text;
  for (const size_t at : {4, 7}) iso.insert(at, "-");
  for (const size_t at : {13, 16}) iso.insert(at, ":");
  return ParseIso8601(iso);
}

std::optional<WallTime> ServiceTime(const HttpResponse& response) {
  if (const auto time = ParseAmzDate(response.Header("x-amz-date").value_or(""))) return time;
  return ParseHttpDate(response.Header("date").value_or(""));
}

/// A header that holds a whole number; 0 if it is not there or holds something else.
int HeaderNumber(const HttpResponse& response, std::string_view name) {
  const std::string text = response.Header(name).value_or("");
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return std::clamp(value, 0, 1'000'000);
}

/// How long the service asks to be left alone; zero if it does not say.
milliseconds AskedDelay(const HttpResponse& response) {
  return std::max(milliseconds(HeaderNumber(response, "x-amz-retry-after")),
                  milliseconds(std::chrono::seconds(HeaderNumber(response, "retry-after"))));
}

void Blot(std::string& text, const std::string& secret) {
  if (secret.size() < kShortestSecret) return;
  for (size_t at = text.find(secret); at != std::string::npos; at = text.find(secret, at)) {
    text.replace(at, secret.size(), "***");
    at += 3;
  }
}

/// A service's words, fit for a message. Only their first line: behind it a service that did not
/// like the signature repeats the request's headers.
std::string Clean(std::string text, const std::vector<Secret>& secrets) {
  for (const Secret& secret : secrets) {
    Blot(text, secret.Reveal());
    Blot(text, PercentEncode(secret.Reveal()));
  }
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  const std::string_view kept = TruncateUtf8(Trim(text), kLongestMessage);
  const bool cut = kept.size() < Trim(text).size();
  return StrCat(kept, cut ? "..." : "");
}

/// An error's code as it came, for it is compared; "" if it is none.
std::string CleanCode(const std::string& code) {
  const bool plain = std::all_of(code.begin(), code.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '.' || c == '_' || c == '-';
  });
  return plain && code.size() <= kLongestCode ? code : "";
}

/// Where the credentials came from, which need not be where the user thinks.
std::string Source(const AwsCredentials& credentials) {
  return credentials.source.empty() ? "the request" : credentials.source;
}

std::string Hint(int status, const std::string& code, const AwsCredentials& credentials) {
  const auto one_of = [&](auto... codes) { return ((code == codes) || ...); };
  if (one_of("AccessDenied", "AccessDeniedException", "UnauthorizedOperation")) {
    return StrCat(
        "`manage_dwh policy` prints what the caller needs. The caller's credentials are "
        "those of ",
        Source(credentials), ".");
  }
  if (Contains(kExpiredCodes, code)) {
    return StrCat("The session token of ", Source(credentials),
                  " has expired: get new credentials.");
  }
  if (one_of("SignatureDoesNotMatch", "InvalidSignatureException")) {
    return StrCat("Check ", Source(credentials), ", this machine's clock and the region.");
  }
  if (one_of("InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId",
             "AuthFailure")) {
    return StrCat("Check ", Source(credentials), ", and that the account has the region enabled.");
  }
  if (code == "OptInRequired") return "Enable the region or the service for the account first.";
  const Verdict verdict = Judge(status, code);
  if (verdict.fate_unknown) return "It may have been done all the same: look, then try again.";
  if (verdict.worth_retrying) return "The service is busy: try again in a few minutes.";
  return "";
}

ErrorKind Kind(std::string_view code) {
  constexpr std::array<std::string_view, 6> kWrongParameters = {
      "Validation", "InvalidParameter", "MissingParameter",
      "Malformed",  "InvalidArgument",  "InvalidInput"};
  const bool wrong = std::any_of(kWrongParameters.begin(), kWrongParameters.end(),
                                 [&](std::string_view begin) { return code.starts_with(begin); });
  return wrong ? ErrorKind::kFailed : ErrorKind::kUnavailable;
}

std::string Times(int count) {
  if (count == 1) return "once";
  return count == 2 ? "twice" : StrCat(count, " times");
}

}  // namespace

std::string FirstWords(std::string_view body) {
  std::string words;
  bool tag = false;
  for (const char c : body.substr(0, 20 * kFewWords)) {
    if (c == '<') tag = true;
    const bool gap = tag || static_cast<unsigned char>(c) <= ' ';
    if (!gap) words += c;
    if (gap && !words.empty() && words.back() != ' ') words += ' ';
    if (c == '>') tag = false;
  }
  const std::string_view kept = TruncateUtf8(Trim(words), kFewWords);
  return kept.empty() ? "an empty reply" : std::string(kept);
}

TransportError MangledReply(const HttpResponse& response, std::string_view expected) {
  return {TransportError::Cause::kMalformed,
          StrCat("its reply (HTTP ", response.status, ", ", FormatBytes(std::ssize(response.body)),
                 ") is no ", expected),
          "See whether something between this machine and AWS changes replies, such as a proxy."};
}

bool FateUnknown(const Error& error) {
  if (const auto* refused = dynamic_cast<const AwsError*>(&error)) {
    return Judge(refused->status(), refused->code()).fate_unknown;
  }
  if (const auto* failed = dynamic_cast<const TransportError*>(&error)) {
    return Judge(failed->cause()).fate_unknown;
  }
  return error.kind() == ErrorKind::kInterrupted;
}

bool AwsAttempt::throttled() const {
  return response && !ok() &&
         (Contains(kThrottlingCodes, error.code) || response->status == 429 ||
          response->status == 509);
}

void AwsAttempt::SetError(const ServiceError& raw, std::vector<Secret> secrets) {
  secrets.push_back(credentials.secret_access_key);
  secrets.push_back(credentials.session_token);
  error = {.code = CleanCode(raw.code),
           .message = Clean(raw.message, secrets),
           .request_id = Clean(raw.request_id, secrets)};
}

std::string AwsAttempt::Outcome() const {
  return failure ? CauseText(failure->cause()) : CodeAndStatus(response->status, error.code);
}

void AwsTries::Add(const AwsAttempt& attempt) {
  ++count;
  if (attempt.ok()) return;
  std::string outcome = attempt.Outcome();
  const auto known = std::find_if(seen.begin(), seen.end(),
                                  [&](const auto& entry) { return entry.first == outcome; });
  if (known == seen.end()) {
    seen.emplace_back(std::move(outcome), 1);
  } else {
    ++known->second;
  }
}

std::optional<milliseconds> AwsRetries::NextTry(const AwsAttempt& attempt, AwsTries& tries,
                                                Repeat repeat) {
  const bool was_signed = !attempt.credentials.access_key_id.empty();
  if (was_signed && !tries.skew_corrected && CorrectSkew(attempt)) {
    tries.skew_corrected = true;
    return milliseconds{0};
  }
  if (was_signed && !tries.credentials_renewed && Contains(kExpiredCodes, attempt.error.code)) {
    options_.credentials->Forget();
    tries.credentials_renewed = true;
    return milliseconds{0};
  }
  const Verdict verdict = attempt.failure ? Judge(attempt.failure->cause())
                                          : Judge(attempt.response->status, attempt.error.code);
  const bool may_repeat = !verdict.fate_unknown || repeat == Repeat::kYes;
  if (!verdict.worth_retrying || !may_repeat) return std::nullopt;
  if (tries.count - tries.forgiven >= options_.max_attempts) return std::nullopt;
  const bool timeout =
      attempt.failure && attempt.failure->cause() == TransportError::Cause::kTimeout;
  const int cost = timeout ? kTimeoutCost : kRetryCost;
  tries.quota_empty = quota_ < cost;
  if (tries.quota_empty) return std::nullopt;
  quota_ -= cost;
  tries.spent = cost;
  return Delay(attempt, tries);
}

void AwsRetries::Succeeded(const AwsTries& tries) {
  quota_ = std::min(options_.quota, quota_ + (tries.spent > 0 ? tries.spent : kRefill));
}

bool AwsRetries::CorrectSkew(const AwsAttempt& attempt) {
  if (attempt.failure || !Contains(kSkewCodes, attempt.error.code)) return false;
  const auto service_time = ServiceTime(*attempt.response);
  if (!service_time) return false;
  const auto off =
      std::chrono::duration_cast<std::chrono::seconds>(*service_time - attempt.signed_at);
  if (std::chrono::abs(off) < kSmallestSkew) return false;
  skew_ += off;
  LogWarning(StrCat("This machine's clock is ", FormatDuration(std::chrono::abs(skew_)),
                    skew_.count() > 0 ? " behind" : " ahead of",
                    " that of AWS; requests are signed with the time of AWS."));
  return true;
}

milliseconds AwsRetries::Delay(const AwsAttempt& attempt, const AwsTries& tries) const {
  // Full jitter: clients that were thrown back together do not come back together.
  const auto longest = std::min(
      kLongestDelay, kFirstDelay * (1 << std::clamp(tries.count - tries.forgiven - 1, 0, 10)));
  const milliseconds own(std::llround(options_.random() * static_cast<double>(longest.count())));
  const milliseconds asked = attempt.response ? AskedDelay(*attempt.response) : milliseconds{0};
  return std::max(own, std::min(asked, own + kPatience));
}

std::string AwsRetries::Report(const AwsTries& tries) const {
  if (tries.count == 1) return "";
  std::vector<std::string> seen;
  for (const auto& [what, count] : tries.seen)
    seen.push_back(StrCat(what, " (", Times(count), ")"));
  const auto took =
      std::chrono::duration_cast<milliseconds>(options_.clock->Steady() - tries.began);
  return StrCat("; gave up after ", tries.count, " tries in ", FormatDuration(took), ": ",
                Join(seen, ", "), tries.quota_empty ? "; this run may not try again any more" : "");
}

void AwsRetries::Throw(const std::string& what, const AwsAttempt& attempt,
                       const AwsTries& tries) const {
  if (attempt.failure) {
    const TransportError& failure = *attempt.failure;
    throw TransportError(failure.cause(), StrCat(what, ": ", failure.what(), Report(tries)),
                         failure.hint());
  }
  const int status = attempt.response->status;
  const auto& [code, message, request_id] = attempt.error;
  std::string_view words = message;
  if (words.ends_with('.')) words.remove_suffix(1);
  throw AwsError(Kind(code),
                 StrCat(what, ": ", words, " (", code, code.empty() ? "" : ", ", "HTTP ", status,
                        request_id.empty() ? "" : ", request id ", request_id, ")", Report(tries)),
                 code, status, Hint(status, code, attempt.credentials));
}

double RandomFraction() {
  thread_local std::mt19937_64 engine{std::random_device()()};
  return std::uniform_real_distribution<double>(0, 1)(engine);
}

}  // namespace dwh
