#include "net/curl_transport.h"

#include <utility>

#include "base/interrupt.h"
#include "net/curl_exchange.h"

namespace dwh {
namespace {

/// How long an interrupt may stay unnoticed where no descriptor tells of it.
constexpr int kPollMs = 100;

/// The handle is in the multi handle for as long as this lives.
class Transfer {
 public:
  Transfer(CurlMulti& multi, CURL* easy) : multi_(multi), easy_(easy) { multi_.Add(easy_); }
  ~Transfer() { multi_.Remove(easy_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The outcome. Throws Error(kInterrupted); the connection is then closed.
  CURLcode Run() {
    while (multi_.Perform() > 0) {
      multi_.Wait(kPollMs);
      ThrowIfInterrupted();
    }
    const auto outcome = multi_.NextOutcome();
    return outcome ? outcome->second : CURLE_RECV_ERROR;
  }

 private:
  CurlMulti& multi_;
  CURL* easy_;
};

}  // namespace

struct CurlTransport::Impl {
  explicit Impl(std::filesystem::path ca_bundle) : exchange(std::move(ca_bundle)) {}

  CurlMulti multi;  ///< Keeps the open connections.
  CurlExchange exchange;
};

CurlTransport::CurlTransport(std::filesystem::path ca_bundle)
    : impl_(std::make_unique<Impl>(std::move(ca_bundle))) {}

CurlTransport::~CurlTransport() = default;

HttpResponse CurlTransport::Send(const HttpRequest& request) {
  ThrowIfInterrupted();
  CurlExchange& exchange = impl_->exchange;
  std::string body;
  exchange.Prepare(request, [&](std::string_view bytes) { body.append(bytes); });
  const CURLcode code = Transfer(impl_->multi, exchange.handle()).Run();
  if (const auto failure = exchange.Failure(code)) throw TransportError(*failure);
  exchange.response().body = std::move(body);
  return std::move(exchange.response());
}

}  // namespace dwh
