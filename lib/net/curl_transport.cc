#include "net/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/interrupt.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

using Cause = TransportError::Cause;

/// How long an interrupt may stay unnoticed where no descriptor tells of it.
constexpr int kPollMs = 100;

using CurlLong = long;  // NOLINT(google-runtime-int): what libcurl reads from its varargs

template <typename T>
void SetOption(CURL* easy, CURLoption option, T value) {
  const CURLcode code = curl_easy_setopt(easy, option, value);
  if (code == CURLE_OK) return;
  throw Error(ErrorKind::kFailed, StrCat("libcurl does not take option ", static_cast<int>(option),
                                         ": ", curl_easy_strerror(code)));
}

struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using HeaderList = std::unique_ptr<curl_slist, FreeList>;

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
HeaderList MakeHeaders(const HttpRequest& request) {
  HeaderList list;
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
  return list;
}

/// What is being sent and what has come so far.
struct Exchange {
  const HttpRequest& request;
  size_t sent = 0;
  HttpResponse response;
  size_t received = 0;
  bool headers_complete = false;
  bool too_large = false;

  bool HasFinalHeaders() const { return headers_complete && response.status >= 200; }

  /// False once the response is larger than allowed.
  bool Count(size_t bytes) {
    received += bytes;
    too_large = received > request.max_response_bytes;
    return !too_large;
  }
};

size_t ReadBody(char* buffer, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const size_t length = exchange.request.body.copy(buffer, size * count, exchange.sent);
  exchange.sent += length;
  return length;
}

size_t WriteBody(const char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  if (!exchange.Count(size * count)) return 0;
  exchange.response.body.append(data, size * count);
  return size * count;
}

void TakeHeaderLine(std::string_view line, Exchange& exchange) {
  HttpResponse& response = exchange.response;
  const bool continues = line.starts_with(' ') || line.starts_with('\t');
  const size_t colon = line.find(':');
  const std::string_view text = Trim(line);
  if (text.empty()) {
    exchange.headers_complete = true;
  } else if (continues && !response.headers.empty()) {
    response.headers.back().second.append(" ").append(text);
  } else if (colon != std::string_view::npos) {
    response.headers.emplace_back(Trim(line.substr(0, colon)), Trim(line.substr(colon + 1)));
  }
}

/// One line of the headers. A status line begins a response anew: the one before was interim (1xx).
size_t WriteHeader(const char* data, size_t size, size_t count, void* user) {
  auto& exchange = *static_cast<Exchange*>(user);
  const std::string_view line(data, size * count);
  if (!exchange.Count(line.size())) return 0;
  const bool begins = line.starts_with("HTTP/");
  if (begins && !exchange.HasFinalHeaders()) {
    exchange.response = {};
    exchange.headers_complete = false;
    const size_t space = std::min(line.find(' '), line.size());
    for (const char digit : line.substr(space).substr(0, 4)) {
      if (digit >= '0' && digit <= '9') {
        exchange.response.status = exchange.response.status * 10 + (digit - '0');
      }
    }
  } else if (!exchange.headers_complete) {  // what follows the body (trailers) is left out
    TakeHeaderLine(line, exchange);
  }
  return line.size();
}

/// The handle is in the multi handle for as long as this lives.
class Transfer {
 public:
  Transfer(CURLM* multi, CURL* easy) : multi_(multi), easy_(easy) {
    Check(curl_multi_add_handle(multi, easy));
  }
  ~Transfer() { curl_multi_remove_handle(multi_, easy_); }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The outcome. Throws Error(kInterrupted); the connection is then closed.
  CURLcode Run() {
    while (true) {
      int running = 0;
      Check(curl_multi_perform(multi_, &running));
      if (running == 0) return Outcome();
      curl_waitfd signal{InterruptFd(), CURL_WAIT_POLLIN, 0};
      Check(curl_multi_poll(multi_, &signal, signal.fd < 0 ? 0 : 1, kPollMs, nullptr));
      ThrowIfInterrupted();
    }
  }

 private:
  static void Check(CURLMcode code) {
    if (code == CURLM_OK) return;
    throw Error(ErrorKind::kFailed, StrCat("libcurl: ", curl_multi_strerror(code)));
  }

  CURLcode Outcome() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left)) {
      if (message->msg == CURLMSG_DONE && message->easy_handle == easy_) {
        return message->data.result;
      }
    }
    return CURLE_RECV_ERROR;
  }

  CURLM* multi_;
  CURL* easy_;
};

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

bool GlobalInit() { return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK; }

}  // namespace

struct CurlTransport::Impl {
  explicit Impl(std::filesystem::path bundle) : ca_bundle(std::move(bundle)) {
    static const bool ready = GlobalInit();
    if (!ready || !multi || !easy) throw Error(ErrorKind::kFailed, "cannot start libcurl");
  }

  void Prepare(Exchange& exchange, const HeaderList& headers);
  void PrepareMethod(Exchange& exchange) const;
  [[noreturn]] void Throw(CURLcode code, const Exchange& exchange, const Uri& uri);

  struct FreeMulti {
    void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
  };
  struct FreeEasy {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  std::filesystem::path ca_bundle;
  std::unique_ptr<CURLM, FreeMulti> multi{curl_multi_init()};  ///< Keeps the open connections.
  std::unique_ptr<CURL, FreeEasy> easy{curl_easy_init()};
  std::array<char, CURL_ERROR_SIZE> detail{};
};

CurlTransport::CurlTransport(std::filesystem::path ca_bundle)
    : impl_(std::make_unique<Impl>(std::move(ca_bundle))) {}

CurlTransport::~CurlTransport() = default;

HttpResponse CurlTransport::Send(const HttpRequest& request) {
  ThrowIfInterrupted();
  const Uri uri = ParseUri(request.url);
  Exchange exchange{.request = request, .response = {}};
  const HeaderList headers = MakeHeaders(request);
  impl_->Prepare(exchange, headers);
  const CURLcode code = Transfer(impl_->multi.get(), impl_->easy.get()).Run();
  if (code != CURLE_OK || !exchange.HasFinalHeaders()) impl_->Throw(code, exchange, uri);
  return std::move(exchange.response);
}

void CurlTransport::Impl::Prepare(Exchange& exchange, const HeaderList& headers) {
  CURL* const handle = easy.get();
  const HttpRequest& request = exchange.request;
  curl_easy_reset(handle);
  detail.front() = '\0';
  SetOption(handle, CURLOPT_ERRORBUFFER, detail.data());
  SetOption(handle, CURLOPT_URL, request.url.c_str());
  SetOption(handle, CURLOPT_PATH_AS_IS, 1L);
  SetOption(handle, CURLOPT_HTTPHEADER, headers.get());
  SetOption(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  SetOption(handle, CURLOPT_HTTP_VERSION, static_cast<CurlLong>(CURL_HTTP_VERSION_1_1));
  SetOption(handle, CURLOPT_SSLVERSION, static_cast<CurlLong>(CURL_SSLVERSION_TLSv1_2));
  SetOption(handle, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SetOption(handle, CURLOPT_NOSIGNAL, 1L);
  SetOption(handle, CURLOPT_TCP_KEEPALIVE, 1L);
  // Do not wait for a slow name server after a timeout or an interrupt.
  SetOption(handle, CURLOPT_QUICK_EXIT, 1L);
  SetOption(handle, CURLOPT_CONNECTTIMEOUT_MS,
            static_cast<CurlLong>(request.connect_timeout.count()));
  SetOption(handle, CURLOPT_TIMEOUT_MS, static_cast<CurlLong>(request.timeout.count()));
  if (!ca_bundle.empty()) SetOption(handle, CURLOPT_CAINFO, ca_bundle.c_str());
  if (!request.use_proxy) SetOption(handle, CURLOPT_PROXY, "");
  SetOption(handle, CURLOPT_HEADERFUNCTION, &WriteHeader);
  SetOption(handle, CURLOPT_HEADERDATA, &exchange);
  SetOption(handle, CURLOPT_WRITEFUNCTION, &WriteBody);
  SetOption(handle, CURLOPT_WRITEDATA, &exchange);
  PrepareMethod(exchange);
}

void CurlTransport::Impl::PrepareMethod(Exchange& exchange) const {
  CURL* const handle = easy.get();
  const HttpRequest& request = exchange.request;
  if (request.method == "HEAD") {
    SetOption(handle, CURLOPT_NOBODY, 1L);
    return;
  }
  SetOption(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  const bool empty = request.body.empty();
  if (empty && request.method != "POST" && request.method != "PUT") return;
  SetOption(handle, CURLOPT_POST, 1L);
  SetOption(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
  if (empty) {
    SetOption(handle, CURLOPT_POSTFIELDS, "");
    return;
  }
  // Not CURLOPT_POSTFIELDS: when a kept connection turns out to be dead, libcurl sends the request
  // again on a new one by itself, unless it cannot rewind the body. The server may have acted on
  // the first, so only the caller can know whether to repeat it.
  SetOption(handle, CURLOPT_READFUNCTION, &ReadBody);
  SetOption(handle, CURLOPT_READDATA, &exchange);
}

void CurlTransport::Impl::Throw(CURLcode code, const Exchange& exchange, const Uri& uri) {
  const std::string where = uri.HostAndPort();
  const std::string_view text =
      detail.front() != '\0' ? std::string_view(detail.data()) : curl_easy_strerror(code);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code == CURLE_URL_MALFORMAT) {
    throw Error(ErrorKind::kUsage, StrCat("libcurl refuses the URL for ", where, ": ", text));
  }
  if (exchange.too_large) {
    throw TransportError(
        Cause::kTooLarge,
        Describe(Cause::kTooLarge, where,
                 StrCat("more than ", exchange.request.max_response_bytes, " bytes")));
  }
  if (code == CURLE_OK) {  // libcurl does not mind a connection that ends within the headers
    throw TransportError(Cause::kReset,
                         Describe(Cause::kReset, where, "it ended within the headers"));
  }
  Stage stage = Stage::kResolving;
  curl_off_t elapsed_us = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_NAMELOOKUP_TIME_T, &elapsed_us);
  if (elapsed_us > 0) stage = Stage::kConnecting;
  curl_easy_getinfo(easy.get(), CURLINFO_PRETRANSFER_TIME_T, &elapsed_us);
  if (elapsed_us > 0) stage = Stage::kConnected;
  CurlLong proxy_status = 0;
  curl_easy_getinfo(easy.get(), CURLINFO_HTTP_CONNECTCODE, &proxy_status);
  const bool refused_by_proxy = proxy_status >= 300;
  const Cause cause = refused_by_proxy ? Cause::kConnect : CauseOf(code, stage, text);
  const bool proxied = refused_by_proxy || code == CURLE_COULDNT_RESOLVE_PROXY;
  throw TransportError(cause, Describe(cause, where, text), HintFor(cause, proxied));
}

}  // namespace dwh
