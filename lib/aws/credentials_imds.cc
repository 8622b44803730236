#include <nlohmann/json.hpp>
#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

/// AWS renews an instance's credentials late when its own service is down; the old ones go on
/// working meanwhile. Between botocore's shortest and longest extension.
constexpr std::chrono::minutes kExtension{20};

class InstanceSource : public CredentialsProvider {
 public:
  explicit InstanceSource(CredentialsContextPtr context) : context_(std::move(context)) {}

  std::string Name() const override { return "the instance's role (IMDS)"; }

  std::optional<AwsCredentials> Fetch() override {
    if (IsTrue(Find("AWS_EC2_METADATA_DISABLED", ""))) return std::nullopt;
    const std::string base = BaseUrl() + "latest/";
    Secret token;
    std::string role;
    try {
      token = SessionToken(base + "api/token");
      role = RoleName(base, token);
    } catch (const TransportError& error) {
      // Most machines are no instances of EC2.
      LogDebug(StrCat("No instance metadata: ", error.what(), "."));
      return std::nullopt;
    }
    if (role.empty()) return std::nullopt;
    const HttpResponse response = Get(base + kRolePath + role, token);
    if (response.status != 200) Refuse("reading the role " + role, response);
    return ReadReply(response, role);
  }

 private:
  static constexpr const char* kRolePath = "meta-data/iam/security-credentials/";

  AwsSetting Find(const std::string& variable, const std::string& key) const {
    return FindSetting(context_->environment, context_->files, context_->settings.profile, variable,
                       key);
  }

  [[noreturn]] void Refuse(const std::string& what, const HttpResponse& response) const {
    throw Error(ErrorKind::kUnavailable,
                StrCat(Name(), ": ", what, " failed: HTTP ", response.status));
  }

  /// With a "/" at its end.
  std::string BaseUrl() const {
    const AwsSetting endpoint =
        Find("AWS_EC2_METADATA_SERVICE_ENDPOINT", "ec2_metadata_service_endpoint");
    const AwsSetting mode =
        Find("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE", "ec2_metadata_service_endpoint_mode");
    const std::string ip = ToLower(mode.value);
    if (!ip.empty() && ip != "ipv4" && ip != "ipv6") {
      throw Error(ErrorKind::kUsage,
                  StrCat(Name(), ": ", mode.source, " is '", mode.value, "', not IPv4 or IPv6"));
    }
    if (endpoint.value.empty()) {
      return ip == "ipv6" ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/";
    }
    CheckedUri({endpoint.value, StrCat(Name(), ": ", endpoint.source)});
    return endpoint.value.ends_with('/') ? endpoint.value : endpoint.value + "/";
  }

  HttpResponse Send(const std::string& method, const std::string& url,
                    const HttpHeaders& headers) const {
    const std::chrono::seconds timeout(
        PositiveNumber(Find("AWS_METADATA_SERVICE_TIMEOUT", "metadata_service_timeout"), 1));
    const int tries = PositiveNumber(
        Find("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "metadata_service_num_attempts"), 1);
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = headers;
    request.connect_timeout = timeout;
    request.timeout = 2 * timeout;  // so long for each of connecting and answering
    request.use_proxy = false;
    return AskAgent(context_->environment, Name(), {tries, std::chrono::milliseconds(0)}, request,
                    [](const HttpResponse& reply) { return reply.status < 500; });
  }

  HttpResponse Get(const std::string& url, const Secret& token) const {
    HttpHeaders headers;
    if (!token.empty()) headers.emplace_back("x-aws-ec2-metadata-token", token.Reveal());
    return Send("GET", url, headers);
  }

  /// Empty where only version 1 of the service answers: it is old, or a container is one hop too
  /// far for the token.
  Secret SessionToken(const std::string& url) const {
    try {
      const HttpResponse response =
          Send("PUT", url, {{"x-aws-ec2-metadata-token-ttl-seconds", "21600"}});
      if (response.status == 200) return Secret(response.body);
      if (response.status != 403 && response.status != 404 && response.status != 405) {
        Refuse("asking for a token", response);
      }
    } catch (const TransportError& error) {
      if (error.cause() != TransportError::Cause::kTimeout) throw;
    }
    if (IsTrue(Find("AWS_EC2_METADATA_V1_DISABLED", "ec2_metadata_v1_disabled"))) {
      throw Error(ErrorKind::kUnavailable,
                  Name() + ": it gives no token, and its version 1 is disabled here",
                  "In a container raise the instance's metadata hop limit to 2.");
    }
    return {};
  }

  /// Empty if the instance has no role.
  std::string RoleName(const std::string& base, const Secret& token) const {
    const HttpResponse response = Get(base + kRolePath, token);
    if (response.status == 404) return "";
    if (response.status != 200) Refuse("asking for the role", response);
    const std::string_view body = Trim(response.body);
    std::string role(Trim(body.substr(0, body.find('\n'))));
    for (const char c : role) {
      // IAM's own alphabet of role names, which needs no encoding in a path.
      const bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view("+=,.@_-").find(c) != std::string_view::npos;
      if (!is_name) {
        throw Error(ErrorKind::kUnavailable, Name() + ": what it names is no role");
      }
    }
    return role;
  }

  AwsCredentials ReadReply(const HttpResponse& response, const std::string& role) const {
    const nlohmann::json reply = ParseJsonReply(response.body, Name());
    const std::string code = JsonText(reply, "Code");
    if (!code.empty() && code != "Success") {
      throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": role ", role, ": ",
                                                  JsonText(reply, "Message"), " (", code, ")"));
    }
    AwsCredentials credentials = ReadJsonCredentials(reply, {}, Name());
    const WallTime now = context_->environment.clock->Now();
    if (credentials.expiration && *credentials.expiration <= now) {
      LogWarning(StrCat("The credentials of role ", role, " have expired at ",
                        FormatIso8601(*credentials.expiration),
                        " and are not renewed yet; going on with them."));
      credentials.expiration = now + kExtension;
    }
    return credentials;
  }

  CredentialsContextPtr context_;
};

}  // namespace

CredentialsProviderPtr MakeInstanceSource(CredentialsContextPtr context) {
  return std::make_unique<InstanceSource>(std::move(context));
}

}  // namespace dwh
