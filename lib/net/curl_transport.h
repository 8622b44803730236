#pragma once

#include <filesystem>
#include <memory>

#include "net/http.h"

namespace dwh {

/// libcurl: HTTP/1.1, TLS 1.2 or later with verified certificates, connections kept open for the
/// next request. Sends the headers of the request, Host, Content-Length and no others (facts,
/// section 1.1); a request with a body goes out once at most, also when a kept connection turns out
/// to be dead. Proxies by the environment as libcurl reads it: HTTPS_PROXY, http_proxy, NO_PROXY.
/// An interrupt is noticed within 200 ms. Not thread-safe.
class CurlTransport : public HttpTransport {
 public:
  /// `ca_bundle`: a PEM file instead of the system's; empty for the system's.
  explicit CurlTransport(std::filesystem::path ca_bundle = {});
  ~CurlTransport() override;
  HttpResponse Send(const HttpRequest& request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dwh
