#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/secret.h"
#include "net/http.h"

namespace dwh {

/// AWS Signature Version 4 (facts/aws-control-plane, section 1), in stages that can be tested one
/// by one. Time is always an argument.

struct AwsCredentials {
  std::string access_key_id;
  Secret secret_access_key;
  Secret session_token;                ///< Empty for long-term keys.
  std::optional<WallTime> expiration;  ///< nullopt: they do not expire, as far as is known.
  std::string source;                  ///< For messages: "environment", "profile sparkify", ...
};

struct SigningScope {
  std::string region;
  std::string service;
  bool operator==(const SigningScope&) const = default;
};

struct SigningOptions {
  bool s3 = false;           ///< The path is signed as sent, and x-amz-content-sha256 is sent.
  bool sign_body = false;    ///< Send x-amz-content-sha256 also for other services.
  std::string payload_hash;  ///< Instead of the body's: "UNSIGNED-PAYLOAD". Empty: the body's.
};

/// "20150830T123600Z".
std::string AmzDate(WallTime time);

/// Stage 1: lines "method, path, query, headers, an empty line, names of the signed headers,
/// payload hash". `s3`: the path is signed as it is sent; otherwise its dot segments and repeated
/// slashes go and the rest is percent-encoded once more. Host is taken from the URL if `request`
/// has no such header. Throws Error(kUsage) if the URL is none.
std::string CanonicalRequest(const HttpRequest& request, std::string_view payload_hash, bool s3);
/// The names CanonicalRequest signs: "content-type;host;x-amz-date". All headers, except those
/// that proxies or the transport change (User-Agent, Connection, ...) and Authorization.
std::string SignedHeaders(const HttpRequest& request);
/// Stage 2.
std::string StringToSign(std::string_view canonical_request, std::string_view amz_date,
                         const SigningScope& scope);
/// Stage 3. `day`: the first 8 characters of AmzDate().
Sha256Digest SigningKey(const Secret& secret_access_key, std::string_view day,
                        const SigningScope& scope);
std::string Signature(const Sha256Digest& signing_key, std::string_view string_to_sign);

/// Signs requests and keeps the signing keys of a day, one for each secret, region and service. Not
/// thread-safe.
class Signer {
 public:
  /// Sets Host, X-Amz-Date, X-Amz-Security-Token and Authorization (and X-Amz-Content-Sha256 where
  /// asked for), replacing what an earlier try left there. Without being asked for, a
  /// X-Amz-Content-Sha256 that is there is believed.
  void Sign(HttpRequest& request, const AwsCredentials& credentials, const SigningScope& scope,
            WallTime time, const SigningOptions& options = {});
  /// The URL with the signature in its query, valid for `lifetime`. Who uses it must send every
  /// header of `request`, less what Sign() sets. For S3 the body is not signed.
  std::string Presign(const HttpRequest& request, const AwsCredentials& credentials,
                      const SigningScope& scope, WallTime time, std::chrono::seconds lifetime,
                      const SigningOptions& options = {});

 private:
  struct KnownKey {
    Secret secret;
    SigningScope scope;
    Sha256Digest key;
  };
  const Sha256Digest& Key(const Secret& secret, std::string_view day, const SigningScope& scope);

  std::string day_;             ///< That keys_ are for.
  std::vector<KnownKey> keys_;  ///< Few: a tool uses a handful of services.
};

}  // namespace dwh
