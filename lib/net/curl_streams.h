#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>

#include "net/http_streams.h"

namespace dwh {

/// HttpStreams on libcurl's multi interface; as CurlTransport in all other respects.
class CurlStreams : public HttpStreams {
 public:
  /// Keeps at most `max_connections` open; requests beyond that wait for one. `ca_bundle`: a PEM
  /// file instead of the system's; empty for the system's.
  explicit CurlStreams(size_t max_connections, std::filesystem::path ca_bundle = {});
  ~CurlStreams() override;
  void Start(HttpRequest request, HttpStream& stream) override;
  void Poll(std::chrono::milliseconds longest) override;
  void Wake() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dwh
