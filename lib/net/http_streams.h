#pragma once

#include <chrono>
#include <string_view>

#include "net/http.h"

namespace dwh {

/// Takes one response as it comes. None of these may throw.
class HttpStream {
 public:
  virtual ~HttpStream() = default;
  /// Status and headers, before the first byte of the body.
  virtual void OnHead(const HttpResponse& head) = 0;
  virtual void OnBody(std::string_view bytes) = 0;
  /// The last call: `failure` is null if the whole response came.
  virtual void OnEnd(const TransportError* failure) = 0;
};

/// Many requests at once. Redirects are not followed. A seam: tests answer themselves. Not
/// thread-safe, but for Wake().
class HttpStreams {
 public:
  virtual ~HttpStreams() = default;

  /// Begins a request; what comes of it is told within Poll(). `stream` must live until OnEnd() or
  /// until this object is gone, which ends what is under way without a word. Throws Error(kUsage)
  /// for a URL that is none.
  virtual void Start(HttpRequest request, HttpStream& stream) = 0;

  /// Sends and receives, and returns when something was told, when Wake() was called, or after
  /// `longest`. Throws Error(kInterrupted) within 200 ms of a signal.
  virtual void Poll(std::chrono::milliseconds longest) = 0;

  /// Ends Poll(), also the next one. From any thread.
  virtual void Wake() = 0;
};

}  // namespace dwh
