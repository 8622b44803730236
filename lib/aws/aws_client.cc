#include "aws/aws_client.h"

#include <utility>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

AwsRetries::Options RetryOptions(const AwsClient::Options& options) {
  AwsRetries::Options retries;
  retries.max_attempts = options.settings.max_attempts;
  retries.credentials = options.credentials;
  retries.clock = options.clock;
  retries.random = options.random;
  return retries;
}

}  // namespace

AwsClient::AwsClient(Options options)
    : options_(std::move(options)), retries_(RetryOptions(options_)) {}

HttpResponse AwsClient::Send(const AwsCall& call) {
  AwsTries tries;
  tries.began = options_.clock->Steady();
  for (;;) {
    ThrowIfInterrupted();
    const SteadyTime start = options_.clock->Steady();
    AwsAttempt attempt = TryOnce(call);
    tries.Add(attempt);
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(options_.clock->Steady() - start);
    LogDebug(StrCat(call.request.method, " ", call.service, " ", call.action, ": ",
                    attempt.Outcome(), " in ", took.count(), " ms, try ", tries.count));
    if (attempt.ok()) {
      retries_.Succeeded(tries);
      return std::move(*attempt.response);
    }
    const auto delay =
        retries_.NextTry(attempt, tries, call.repeatable ? Repeat::kYes : Repeat::kNo);
    if (!delay) retries_.Throw(StrCat(call.service, " ", call.action), attempt, tries);
    if (delay->count() > 0) options_.clock->SleepFor(*delay);
  }
}

AwsAttempt AwsClient::TryOnce(const AwsCall& call) {
  AwsAttempt attempt;
  HttpRequest request = call.request;
  request.url = options_.settings.Endpoint(call.service) + request.url;
  if (call.sign) attempt.credentials = options_.credentials->Get(retries_.skew());
  attempt.signed_at = options_.clock->Now() + retries_.skew();
  if (call.sign) {
    signer_.Sign(request, attempt.credentials,
                 {options_.settings.SigningRegion(call.service), call.service}, attempt.signed_at);
  }
  try {
    attempt.response = options_.transport->Send(request);
    if (attempt.ok() && call.read_result) call.read_result(*attempt.response);
  } catch (const TransportError& failure) {
    attempt.failure = failure;
    return attempt;
  }
  if (!attempt.ok()) attempt.SetError(call.read_error(*attempt.response), call.secrets);
  return attempt;
}

}  // namespace dwh
