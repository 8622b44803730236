#pragma once

#include <curl/curl.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace dwh {

using CurlLong = long;  // NOLINT(google-runtime-int): what libcurl reads from its varargs

/// Must be called before the first handle is made. Throws Error(kFailed).
void StartCurl();

/// One request after another on one libcurl handle, which some multi handle drives: what all our
/// transports have in common. See CurlTransport for what is sent and what is not. Not thread-safe.
class CurlExchange {
 public:
  /// Takes the body as it comes, after response() has all its headers. Must not throw.
  using TakeBody = std::function<void(std::string_view bytes)>;

  /// `ca_bundle`: a PEM file instead of the system's; empty for the system's.
  explicit CurlExchange(std::filesystem::path ca_bundle);
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

  /// Sets the handle up for a request. Throws Error(kUsage) for a URL that is none, Error(kFailed)
  /// for headers that cannot be sent.
  void Prepare(HttpRequest request, TakeBody take_body);
  CURL* handle() const { return easy_.get(); }

  /// What has come so far, without the body.
  HttpResponse& response() { return response_; }
  /// What `code`, which is libcurl's outcome, means: nullopt for a whole response. Throws
  /// Error(kUsage) for a URL that libcurl refuses.
  std::optional<TransportError> Failure(CURLcode code) const;

 private:
  static size_t Read(char* buffer, size_t size, size_t count, void* user);
  static size_t WriteBody(const char* data, size_t size, size_t count, void* user);
  static size_t WriteHeader(const char* data, size_t size, size_t count, void* user);

  void SetOptions();
  void SetMethod();
  bool Count(size_t bytes);
  void TakeHeaderLine(std::string_view line);
  bool HasFinalHeaders() const { return headers_complete_ && response_.status >= 200; }

  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  std::filesystem::path ca_bundle_;
  std::unique_ptr<curl_slist, FreeList> headers_;
  std::array<char, CURL_ERROR_SIZE> detail_{};
  HttpRequest request_;
  std::string where_;  ///< Host and port, for messages.
  TakeBody take_body_;
  HttpResponse response_;
  size_t sent_ = 0;
  size_t received_ = 0;
  bool headers_complete_ = false;
  bool too_large_ = false;
  std::unique_ptr<CURL, FreeEasy> easy_;  ///< Last: it refers to what is above.
};

/// A multi handle. Throws Error(kFailed) where libcurl does.
class CurlMulti {
 public:
  CurlMulti();
  CURLM* handle() const { return multi_.get(); }

  /// Sends and receives what it can without waiting; the number of requests still under way.
  int Perform() const;
  /// Waits until there is something to send or receive, an interrupt arrives or Wake() is called,
  /// but never longer than `longest_ms`.
  void Wait(int longest_ms) const;
  /// Ends Wait(), also the next one. From any thread.
  void Wake() const;
  /// An outcome that was not told before; nullopt if there is none.
  std::optional<std::pair<CURL*, CURLcode>> NextOutcome() const;

  void Add(CURL* easy) const { Check(curl_multi_add_handle(handle(), easy)); }
  void Remove(CURL* easy) const { curl_multi_remove_handle(handle(), easy); }
  static void Check(CURLMcode code);

 private:
  struct FreeMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  std::unique_ptr<CURLM, FreeMulti> multi_;
};

}  // namespace dwh
