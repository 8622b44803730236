#include "net/curl_exchange.h"

#include <algorithm>
#include <utility>

#include "base/interrupt.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

using Cause = TransportError::Cause;

template <typename T>
void SetOption(CURL* easy, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OK) return;
  throw Error(ErrorKind::kFailed, StrCat("libcurl does not take option ", static_cast<int>(option),
                                         ": ", curl_easy_strerror(code)));
}

template <typename HeaderList>
void Append(HeaderList& list, const std::string& line) {
  curl_slist* const longer = curl_slist_append(list.get(), line.c_str());
  if (longer == nullptr) throw std::bad_alloc();
  static_cast<void>(list.release());
  list.reset(longer);
}

bool HasHeader(const HttpRequest& request, std::string_view lower_name) {
  return std::any_of(request.headers.begin(), request.headers.end(),
                     [&](const auto& header) { return ToLower(header.first) == lower_name; });
}

/// The headers as given, and none of libcurl's own: what is not signed must not be sent.
template <typename HeaderList>
void MakeHeaders(const HttpRequest& request, HeaderList& list) {
  list.reset();
  for (const auto& [name, value] : request.headers) {
    if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      throw Error(ErrorKind::kFailed,
                  StrCat("the value of header ", JsonQuote(name), " holds a line break or NUL"));
    }
    // For libcurl "Name:" means to leave it out, "Name;" that it is empty.
    Append(list, Trim(value).empty() ? name + ";" : StrCat(name, ": ", value));
  }
  for (const char* own : {"Accept", "Content-Type", "Expect"}) {
    if (!HasHeader(request, ToLower(own))) Append(list, std::string(own) + ":");
  }
}

/// libcurl has one code for every failure of a handshake. A connection that ended meanwhile says
/// nothing about certificates and is worth another try.
Cause CauseOfHandshake(std::string_view detail) {
  for (const char* end : {"SYSCALL", "reset by peer", "unexpected eof", "Broken pipe"}) {
    if (detail.find(end) != std::string_view::npos) return Cause::kReset;
  }
  return Cause::kTls;
}

/// How far a failed request came.
enum class Stage { kResolving, kConnecting, kConnected };

Stage StageOf(CURL* easy) {
  curl_off_t elapsed_us = 0;
  curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &elapsed_us);
  if (elapsed_us > 0) return Stage::kConnected;
  curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &elapsed_us);
  return elapsed_us > 0 ? Stage::kConnecting : Stage::kResolving;
}

Cause CauseOf(CURLcode code, Stage stage, std::string_view detail) {
  const bool connected = stage == Stage::kConnected;
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Cause::kResolve;
    case CURLE_OPERATION_TIMEDOUT:
      if (stage == Stage::kResolving) return Cause::kResolve;
      return connected ? Cause::kTimeout : Cause::kConnect;
    case CURLE_SSL_CONNECT_ERROR:
      return CauseOfHandshake(detail);
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ENGINE_INITFAILED:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_USE_SSL_FAILED:
      return Cause::kTls;
    case CURLE_UNSUPPORTED_PROTOCOL:  // libcurl's word for an answer as of HTTP/0.9
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_HTTP2:
      return Cause::kMalformed;
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_SEND_ERROR:
    case CURLE_SEND_FAIL_REWIND:
      return connected ? Cause::kReset : Cause::kConnect;
    default:
      return Cause::kConnect;
  }
}

std::string HintFor(Cause cause, bool proxied) {
  if (cause == Cause::kTls) {
    return "If a proxy or the endpoint has a certificate of its own, name its authority's PEM file "
           "in AWS_CA_BUNDLE.";
  }
  if (proxied && (cause == Cause::kConnect || cause == Cause::kResolve)) {
    return "The request goes through a proxy: see HTTPS_PROXY, http_proxy and NO_PROXY.";
  }
  if (cause == Cause::kConnect) return "A firewall, a proxy or the port may be the cause.";
  if (cause == Cause::kResolve) return "Look at the region and the endpoint's name for a mistake.";
  return "";
}

std::string Describe(Cause cause, const std::string& where, std::string_view detail) {
  const auto say = [&](const char* words) { return StrCat(words, where, ": ", detail); };
  switch (cause) {
    case Cause::kResolve:
      return say("cannot find the host of ");
    case Cause::kConnect:
      return say("cannot connect to ");
    case Cause::kTimeout:
      return say("no whole answer in time from ");
    case Cause::kReset:
      return say("connection lost to ");
    case Cause::kTls:
      return say("no secure connection to ");
    case Cause::kMalformed:
      return say("no HTTP response from ");
    case Cause::kTooLarge:
      break;
  }
  return say("response too large from ");
}

}  // namespace

void StartCurl() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (!ready) throw Error(ErrorKind::kFailed, "cannot start libcurl");
}

CurlExchange::CurlExchange(std::filesystem::path ca_bundle) : ca_bundle_(std::move(ca_bundle)) {
  StartCurl();
  easy_.reset(curl_easy_init());
  if (!easy_) throw Error(ErrorKind::kFailed, "cannot start libcurl");
}

void CurlExchange::Prepare(HttpRequest request, TakeBody take_body) {
  where_ = ParseUri(request.url).HostAndPort();
  request_ = std::move(request);
  take_body_ = std::move(take_body);
  response_ = {};
  sent_ = 0;
  received_ = 0;
  headers_complete_ = false;
  too_large_ = false;
  curl_easy_reset(handle());
  MakeHeaders(request_, headers_);
  SetOptions();
  SetMethod();
}

size_t CurlExchange::Read(char* buffer, size_t size, size_t count, void* user) {
  auto& self = *static_cast<CurlExchange*>(user);
  const size_t length = self.request_.body.copy(buffer, size * count, self.sent_);
  self.sent_ += length;
  return length;
}

size_t CurlExchange::WriteBody(const char* data, size_t size, size_t count, void* user) {
  auto& self = *static_cast<CurlExchange*>(user);
  if (!self.Count(size * count)) return 0;
  self.take_body_({data, size * count});
  return size * count;
}

/// False once the response is larger than allowed.
bool CurlExchange::Count(size_t bytes) {
  received_ += bytes;
  too_large_ = received_ > request_.max_response_bytes;
  return !too_large_;
}

void CurlExchange::TakeHeaderLine(std::string_view line) {
  const bool continues = line.starts_with(' ') || line.starts_with('\t');
  const size_t colon = line.find(':');
  const std::string_view text = Trim(line);
  if (text.empty()) {
    headers_complete_ = true;
  } else if (continues && !response_.headers.empty()) {
    response_.headers.back().second.append(" ").append(text);
  } else if (colon != std::string_view::npos) {
    response_.headers.emplace_back(Trim(line.substr(0, colon)), Trim(line.substr(colon + 1)));
  }
}

/// One line of the headers. A status line begins a response anew: the one before was interim (1xx).
size_t CurlExchange::WriteHeader(const char* data, size_t size, size_t count, void* user) {
  auto& self = *static_cast<CurlExchange*>(user);
  const std::string_view line(data, size * count);
  if (!self.Count(line.size())) return 0;
  const bool begins = line.starts_with("HTTP/");
  if (begins && !self.HasFinalHeaders()) {
    self.response_ = {};
    self.headers_complete_ = false;
    const size_t space = std::min(line.find(' '), line.size());
    for (const char digit : line.substr(space).substr(0, 4)) {
      if (digit >= '0' && digit <= '9') {
        self.response_.status = self.response_.status * 10 + (digit - '0');
      }
    }
  } else if (!self.headers_complete_) {  // what follows the body (trailers) is left out
    self.TakeHeaderLine(line);
  }
  return line.size();
}

void CurlExchange::SetOptions() {
  CURL* const handle = easy_.get();
  detail_.front() = '\0';
  SetOption(handle, CURLOPT_ERRORBUFFER, detail_.data());
  SetOption(handle, CURLOPT_URL, request_.url.c_str());
  SetOption(handle, CURLOPT_PATH_AS_IS, 1L);
  SetOption(handle, CURLOPT_HTTPHEADER, headers_.get());
  SetOption(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  SetOption(handle, CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1));
  SetOption(handle, CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2));
  SetOption(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SetOption(handle, CURLOPT_NOSIGNAL, 1L);
  SetOption(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  // Do not wait for a slow name server after a timeout or an interrupt.
  SetOption(handle, CURLOPT_QUICK_EXIT, 1L);
  SetOption(handle, CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<CurlLong>(request_.connect_timeout.count()));
  SetOption(handle, CURLOPT_TIMEOUT_MS, static_cast<CurlLong>(request_.timeout.count()));
  if (request_.stall_timeout.count() > 0) {
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(request_.stall_timeout);
    SetOption(handle, CURLOPT_LOW_SPEED_LIMIT, 1L);
    SetOption(handle, CURLOPT_LOW_SPEED_TIME, static_cast<CurlLong>(seconds.count()));
  }
  if (!ca_bundle_.empty()) SetOption(handle, CURLOPT_CAINFO, ca_bundle_.c_str());
  if (!request_.use_proxy) SetOption(handle, CURLOPT_PROXY, "");
  SetOption(handle, CURLOPT_HEADERFUNCTION, &CurlExchange::WriteHeader);
  SetOption(handle, CURLOPT_HEADERDATA, this);
  SetOption(handle, CURLOPT_WRITEFUNCTION, &CurlExchange::WriteBody);
  SetOption(handle, CURLOPT_WRITEDATA, this);
}

void CurlExchange::SetMethod() {
  CURL* const handle = easy_.get();
  if (request_.method == "HEAD") {
    SetOption(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  SetOption(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  const bool empty = request_.body.empty();
  if (empty && request_.method != "POST" && request_.method != "PUT") return;
  SetOption(handle, CURLOPT_POST, 1L);
  SetOption(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
  if (empty) {
    SetOption(handle, CURLOPT_POSTFIELDS, "");
    return;
  }
  // Not CURLOPT_POSTFIELDS: when a kept connection turns out to be dead, libcurl sends the request
  // again on a new one by itself, unless it cannot rewind the body. The server may have acted on
  // the first, so only the caller can know whether to repeat it.
  SetOption(handle, CURLOPT_READFUNCTION, &CurlExchange::Read);
  SetOption(handle, CURLOPT_READDATA, this);
}

std::optional<TransportError> CurlExchange::Failure(CURLcode code) const {
  if (code == CURLE_OK && HasFinalHeaders()) return std::nullopt;
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  const std::string_view text =
      detail_.front() != '\0' ? std::string_view(detail_.data()) : curl_easy_strerror(code);
  if (code == CURLE_URL_MALFORMAT) {
    throw Error(ErrorKind::kUsage, StrCat("libcurl refuses the URL for ", where_, ": ", text));
  }
  if (too_large_) {
    return TransportError(Cause::kTooLarge,
                          Describe(Cause::kTooLarge, where_,
                                   StrCat("more than ", request_.max_response_bytes, " bytes")));
  }
  if (code == CURLE_OK) {  // libcurl does not mind a connection that ends within the headers
    return TransportError(Cause::kReset,
                          Describe(Cause::kReset, where_, "it ended within the headers"));
  }
  CurlLong proxy_status = 0;
  curl_easy_getinfo(handle(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  const bool refused_by_proxy = proxy_status >= 300;
  const Cause cause = refused_by_proxy ? Cause::kConnect : CauseOf(code, StageOf(handle()), text);
  const bool proxied = refused_by_proxy || code == CURLE_COULDNT_RESOLVE_PROXY;
  return TransportError(cause, Describe(cause, where_, text), HintFor(cause, proxied));
}

CurlMulti::CurlMulti() {
  StartCurl();
  multi_.reset(curl_multi_init());
  if (!multi_) throw Error(ErrorKind::kFailed, "cannot start libcurl");
}

int CurlMulti::Perform() const {
  int running = 0;
  Check(curl_multi_perform(handle(), &running));
  return running;
}

void CurlMulti::Wait(int longest_ms) const {
  curl_waitfd signal{InterruptFd(), CURL_WAIT_POLLIN, 0};
  Check(curl_multi_poll(handle(), &signal, signal.fd < 0 ? 0 : 1, longest_ms, nullptr));
}

void CurlMulti::Wake() const { Check(curl_multi_wakeup(handle())); }

std::optional<std::pair<CURL*, CURLcode>> CurlMulti::NextOutcome() const {
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(handle(), &left)) {
    if (message->msg == CURLMSG_DONE) return std::pair(message->easy_handle, message->data.result);
  }
  return std::nullopt;
}

void CurlMulti::Check(CURLMcode code) {
  if (code == CURLM_OK) return;
  throw Error(ErrorKind::kFailed, StrCat("libcurl: ", curl_multi_strerror(code)));
}

}  // namespace dwh
