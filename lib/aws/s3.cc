#include "aws/s3.h"

#include <algorithm>
#include <charconv>
#include <span>
#include <utility>

#include "base/digest.h"
#include "base/text.h"
#include "net/curl_streams.h"
#include "net/xml.h"

namespace dwh {
namespace {

S3Request MakeRequest(const char* action, const char* method, const std::string& bucket,
                      const std::string& key) {
  S3Request request;
  request.action = action;
  request.method = method;
  request.bucket = bucket;
  request.key = key;
  return request;
}

std::string XmlText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = static_cast<unsigned char>(c) >= ' ' && c != '&' && c != '<' && c != '>';
    if (plain) {
      out += c;
    } else {
      out += StrCat("&#", static_cast<int>(c), ";");
    }
  }
  return out;
}

}  // namespace

S3::S3(Options options)
    : options_(std::move(options)), places_(std::make_shared<S3Places>(options_.settings)) {}

std::unique_ptr<S3Calls> S3::TakeCalls() {
  {
    const std::lock_guard lock(mutex_);
    if (idle_) return std::move(idle_);
  }
  S3Calls::Options options;
  options.places = places_;
  options.credentials = options_.credentials;
  options.streams = options_.make_streams(options_.max_connections);
  options.clock = options_.clock;
  options.random = options_.random;
  options.max_connections = options_.max_connections;
  options.stall_timeout = options_.stall_timeout;
  return std::make_unique<S3Calls>(std::move(options));
}

/// Only after all its calls are done.
void S3::KeepCalls(std::unique_ptr<S3Calls> calls) {
  const std::lock_guard lock(mutex_);
  idle_ = std::move(calls);
}

HttpResponse S3::Send(S3Request request) {
  std::unique_ptr<S3Calls> calls = TakeCalls();
  HttpResponse response = calls->Send(std::move(request));
  KeepCalls(std::move(calls));
  return response;
}

void S3::List(const std::string& bucket, const std::string& prefix,
              const std::function<void(S3Object)>& visit) {
  std::unique_ptr<S3Calls> calls = TakeCalls();
  ListS3(*calls, bucket, prefix, visit);
  KeepCalls(std::move(calls));
}

std::optional<S3Object> S3::Head(const std::string& bucket, const std::string& key) {
  constexpr int kNotFound = 404;
  S3Object object{key, 0, ""};
  S3Request request = MakeRequest("HeadObject", "HEAD", bucket, key);
  request.read_result = [&](const HttpResponse& response) {
    const std::string size = response.Header("content-length").value_or("");
    const auto [end, error] = std::from_chars(size.data(), size.data() + size.size(), object.size);
    if (error != std::errc()) throw MangledReply(response, "answer to HEAD");
    object.etag = BareEtag(response.Header("etag").value_or(""));
  };
  try {
    Send(std::move(request));
  } catch (const AwsError& error) {
    if (error.status() == kNotFound) return std::nullopt;
    throw;
  }
  return object;
}

std::string S3::RegionOf(const std::string& bucket) {
  // Any call learns it: one to another region's endpoint is sent on to the right one.
  try {
    Head(bucket, "region");
  } catch (const AwsError& error) {
    constexpr int kForbidden = 403;
    if (error.status() != kForbidden) throw;
  }
  return places_->Find(bucket).region;
}

std::string S3::Get(const std::string& bucket, const std::string& key, size_t max_bytes) {
  S3Request request = MakeRequest("GetObject", "GET", bucket, key);
  request.max_response_bytes = max_bytes;
  return Send(std::move(request)).body;
}

std::unique_ptr<S3ReadAhead> S3::ReadAhead(std::function<std::optional<S3Part>()> next_part) {
  return std::make_unique<S3ReadAhead>(
      TakeCalls(), S3ReadAhead::Options{.next_part = std::move(next_part),
                                        .budget_bytes = options_.read_ahead_bytes,
                                        .give_back = [this](std::unique_ptr<S3Calls> calls) {
                                          KeepCalls(std::move(calls));
                                        }});
}

void S3::Put(const std::string& bucket, const std::string& key, std::string body,
             const std::string& content_type) {
  S3Request request = MakeRequest("PutObject", "PUT", bucket, key);
  request.headers = {{"Content-Type", content_type}};
  request.body = std::move(body);
  Send(std::move(request));
}

void S3::Delete(const std::string& bucket, const std::vector<std::string>& keys) {
  constexpr size_t kMostAtOnce = 1000;
  for (size_t at = 0; at < keys.size(); at += kMostAtOnce) {
    const auto begin = keys.begin() + static_cast<int64_t>(at);
    const size_t count = std::min(kMostAtOnce, keys.size() - at);
    DeleteSome(bucket, {begin, begin + static_cast<int64_t>(count)});
  }
}

void S3::DeleteSome(const std::string& bucket, const std::vector<std::string>& keys) {
  S3Request request = MakeRequest("DeleteObjects", "POST", bucket, keys.front());
  request.query = "delete=";
  request.body = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Quiet>true</Quiet>";
  for (const std::string& key : keys) {
    request.body.append("<Object><Key>").append(XmlText(key)).append("</Key></Object>");
  }
  request.body.append("</Delete>");
  // S3 demands a checksum with this call; every store knows this one.
  request.headers = {{"Content-Type", "application/xml"}, {"Content-MD5", Md5Base64(request.body)}};
  XmlNode error;
  request.read_result = [&](const HttpResponse& response) {
    try {
      error = ParseXml(response.body).child("Error");
    } catch (const Error&) {
      throw MangledReply(response, "result of a deletion");
    }
  };
  Send(std::move(request));
  if (!error) return;
  const std::string code = error.child("Code").text();
  throw AwsError(ErrorKind::kUnavailable,
                 StrCat("s3 DeleteObjects s3://", bucket, "/", error.child("Key").text(), ": ",
                        error.child("Message").text(), " (", code, ")"),
                 code, 200, "Deleting needs s3:DeleteObject on the object.");
}

std::unique_ptr<S3> OpenS3(const AwsSession& session, Clock& clock) {
  S3::Options options;
  options.settings = session.settings();
  options.credentials = session.credentials();
  options.make_streams = [bundle = session.settings().ca_bundle](size_t max_connections) {
    return std::make_unique<CurlStreams>(max_connections, bundle);
  };
  options.clock = &clock;
  return std::make_unique<S3>(std::move(options));
}

}  // namespace dwh
