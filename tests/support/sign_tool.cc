// sign_tool < REQUESTS
// Signs requests, one JSON object a line, and writes each stage, one JSON object a line. Members of
// a request: method, url, headers (pairs), body, key, secret, token, region, service, time (seconds
// since 1970), s3, lifetime (seconds; 0 for the header form, otherwise the presigned form).
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "aws/sigv4.h"
#include "base/error.h"

namespace {

using nlohmann::json;

dwh::AwsCredentials ReadCredentials(const json& line) {
  dwh::AwsCredentials credentials;
  credentials.access_key_id = line.at("key");
  credentials.secret_access_key = dwh::Secret(line.at("secret").get<std::string>());
  credentials.session_token = dwh::Secret(line.at("token").get<std::string>());
  return credentials;
}

/// What follows `mark` in `text`, up to the next comma.
std::string After(const std::string& text, const std::string& mark) {
  const size_t start = text.find(mark) + mark.size();
  return text.substr(start, text.find(',', start) - start);
}

json Sign(const json& line) {
  dwh::HttpRequest request;
  request.method = line.at("method");
  request.url = line.at("url");
  request.headers = line.at("headers").get<dwh::HttpHeaders>();
  request.body = line.at("body");
  const dwh::AwsCredentials credentials = ReadCredentials(line);
  const dwh::SigningScope scope{line.at("region"), line.at("service")};
  const dwh::WallTime time{std::chrono::seconds(line.at("time").get<int64_t>())};
  const std::chrono::seconds lifetime(line.at("lifetime").get<int64_t>());
  dwh::SigningOptions options;
  options.s3 = line.at("s3");

  static dwh::Signer signer;
  std::string payload_hash = dwh::Sha256Hex(request.body);
  std::string signature;
  if (lifetime.count() == 0) {
    signer.Sign(request, credentials, scope, time, options);
    dwh::HttpResponse as_response;  // its headers can be looked up by name
    as_response.headers = request.headers;
    signature = After(as_response.Header("Authorization").value_or(""), "Signature=");
  } else {
    const std::string mark = "&X-Amz-Signature=";
    const std::string url = signer.Presign(request, credentials, scope, time, lifetime, options);
    request.url = url.substr(0, url.find(mark));
    signature = After(url, mark);
    if (options.s3) payload_hash = "UNSIGNED-PAYLOAD";
  }
  const std::string canonical = dwh::CanonicalRequest(request, payload_hash, options.s3);
  return {{"canonical", canonical},
          {"string_to_sign", dwh::StringToSign(canonical, dwh::AmzDate(time), scope)},
          {"signed_headers", dwh::SignedHeaders(request)},
          {"signature", signature}};
}

}  // namespace

int main() {
  try {
    for (std::string line; std::getline(std::cin, line);) {
      std::cout << Sign(json::parse(line)).dump() << '\n';
    }
  } catch (const std::exception& error) {
    std::cerr << "sign_tool: " << error.what() << '\n';
    return 2;
  }
  return 0;
}
