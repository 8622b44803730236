#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace dwh {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;  ///< Sent as it is: dot segments and encoding stay.
  HttpHeaders headers;
  std::string body;
  std::chrono::milliseconds connect_timeout{10'000};
  std::chrono::milliseconds timeout{60'000};  ///< For all of it; zero: no limit.
  /// The longest time, once connected, without a byte; in whole seconds, zero: no limit.
  std::chrono::milliseconds stall_timeout{0};
  std::size_t max_response_bytes = std::size_t{16} << 20;
  bool use_proxy = true;  ///< HTTPS_PROXY and the like; never for instance metadata.
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;

  /// The first header of that name, in any case.
  std::optional<std::string> Header(std::string_view name) const;
};

/// No whole response came. The message holds no header and no body: they may be secrets.
class TransportError : public Error {
 public:
  enum class Cause {
    kResolve,    ///< The host's name is not known.
    kConnect,    ///< Refused, unreachable, or no answer in time.
    kTimeout,    ///< Connected, but not finished in time.
    kReset,      ///< The connection ended before the response did.
    kTls,        ///< The certificate is not trusted, or no common protocol.
    kMalformed,  ///< Not HTTP.
    kTooLarge,   ///< More than max_response_bytes.
  };
  TransportError(Cause cause, const std::string& message, std::string hint = "")
      : Error(ErrorKind::kUnavailable, message, std::move(hint)), cause_(cause) {}
  Cause cause() const { return cause_; }

 private:
  Cause cause_;
};

/// One request, one response. Redirects are not followed. A seam: tests answer themselves.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;
  /// Any status is a response. Throws TransportError, and Error(kInterrupted) when a signal arrives
  /// meanwhile (base/interrupt.h).
  virtual HttpResponse Send(const HttpRequest& request) = 0;
};

}  // namespace dwh
