#include "net/curl_streams.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/interrupt.h"
#include "net/curl_exchange.h"

namespace dwh {
namespace {

/// How long an interrupt may stay unnoticed where no descriptor tells of it.
constexpr std::chrono::milliseconds kLongestWait{100};

/// One request under way.
struct Running {
  explicit Running(const std::filesystem::path& ca_bundle) : exchange(ca_bundle) {}

  CurlExchange exchange;
  HttpStream* stream = nullptr;
  bool head_told = false;

  void TellHead() {
    if (!std::exchange(head_told, true)) stream->OnHead(exchange.response());
  }
};

}  // namespace

struct CurlStreams::Impl {
  explicit Impl(std::filesystem::path bundle) : ca_bundle(std::move(bundle)) {}
  ~Impl() {
    for (const auto& [easy, running] : under_way) multi.Remove(easy);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  /// Tells of all requests that have ended; false if none has.
  bool TellEnds() {
    bool told = false;
    while (const auto outcome = multi.NextOutcome()) {
      multi.Remove(outcome->first);
      auto node = under_way.extract(outcome->first);
      std::unique_ptr<Running> running = std::move(node.mapped());
      const auto failure = running->exchange.Failure(outcome->second);
      if (!failure) running->TellHead();
      HttpStream& stream = *running->stream;
      idle.push_back(std::move(running));  // before OnEnd, which may start the next request
      stream.OnEnd(failure ? &*failure : nullptr);
      told = true;
    }
    return told;
  }

  std::filesystem::path ca_bundle;
  CurlMulti multi;  ///< Keeps the open connections.
  std::unordered_map<CURL*, std::unique_ptr<Running>> under_way;
  std::vector<std::unique_ptr<Running>> idle;  ///< Handles are dear to make.
};

CurlStreams::CurlStreams(size_t max_connections, std::filesystem::path ca_bundle)
    : impl_(std::make_unique<Impl>(std::move(ca_bundle))) {
  const auto most = static_cast<CurlLong>(max_connections);
  CURLM* const multi = impl_->multi.handle();
  CurlMulti::Check(curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, most));
  CurlMulti::Check(curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, most));
}

CurlStreams::~CurlStreams() = default;

void CurlStreams::Start(HttpRequest request, HttpStream& stream) {
  std::unique_ptr<Running> running;
  if (impl_->idle.empty()) {
    running = std::make_unique<Running>(impl_->ca_bundle);
  } else {
    running = std::move(impl_->idle.back());
    impl_->idle.pop_back();
  }
  running->stream = &stream;
  running->head_told = false;
  running->exchange.Prepare(std::move(request), [self = running.get()](std::string_view bytes) {
    self->TellHead();
    self->stream->OnBody(bytes);
  });
  CURL* const easy = running->exchange.handle();
  impl_->multi.Add(easy);
  impl_->under_way.emplace(easy, std::move(running));
}

void CurlStreams::Poll(std::chrono::milliseconds longest) {
  ThrowIfInterrupted();
  impl_->multi.Perform();
  if (impl_->TellEnds()) return;
  impl_->multi.Wait(
      static_cast<int>(std::clamp(longest, std::chrono::milliseconds{0}, kLongestWait).count()));
  ThrowIfInterrupted();
  impl_->multi.Perform();
  impl_->TellEnds();
}

void CurlStreams::Wake() { impl_->multi.Wake(); }

}  // namespace dwh
