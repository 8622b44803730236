#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "aws/json_client.h"
#include "base/error.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

/// The agents of ECS and EKS, at their link-local addresses (facts, section 2.2).
constexpr std::array<std::string_view, 3> kAgents = {"169.254.170.2", "169.254.170.23",
                                                     "fd00:ec2::23"};

bool IsLoopback(const std::string& host) {
  if (host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24U) == 127;
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6) != 0;
}

/// Nobody on the way may read or answer: plain HTTP must not leave the machine.
bool MayAsk(const Uri& uri) {
  if (uri.scheme == "https" || IsLoopback(uri.host)) return true;
  return std::find(kAgents.begin(), kAgents.end(), uri.host) != kAgents.end();
}

class ContainerSource : public CredentialsProvider {
 public:
  explicit ContainerSource(CredentialsContextPtr context) : context_(std::move(context)) {}

  std::string Name() const override { return "the container's role"; }

  std::optional<AwsCredentials> Fetch() override {
    const std::string url = Url();
    if (url.empty()) return std::nullopt;
    const Secret token = Token();
    HttpRequest request;
    request.url = url;
    request.headers = {{"Accept", "application/json"}};
    if (!token.empty()) request.headers.emplace_back("Authorization", token.Reveal());
    request.connect_timeout = request.timeout = std::chrono::seconds(2);
    request.use_proxy = false;
    const HttpResponse response =
        AskAgent(context_->environment, Name(), Patience{}, request,
                 [](const HttpResponse& reply) { return reply.status == 200; });
    if (response.status != 200) {
      throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": ", ReadJsonError(response).message,
                                                  " (HTTP ", response.status, ")"));
    }
    return ReadJsonCredentials(ParseJsonReply(response.body, Name()), {}, Name());
  }

 private:
  /// Empty if no container tells one.
  std::string Url() const {
    std::string variable = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
    std::string url = context_->environment.Variable(variable);
    if (!url.empty()) {
      if (!url.starts_with('/')) Refuse(StrCat(variable, " does not begin with '/'"));
      return StrCat("http://", kAgents[0], url);
    }
    variable = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
    url = context_->environment.Variable(variable);
    if (url.empty()) return "";
    const Uri uri = CheckedUri({url, Name() + ": " + variable});
    if (!MayAsk(uri)) {
      Refuse(StrCat(variable, " names the host '", uri.host,
                    "', which must not be asked without TLS"));
    }
    return url;
  }

  /// Read anew each time: the agent replaces the file.
  Secret Token() const {
    const AwsEnvironment& environment = context_->environment;
    Secret token(environment.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    const std::string path = environment.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
    if (!path.empty()) {
      const auto text = environment.file(path);
      if (!text) Refuse(StrCat("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: no such file: ", path));
      token = Secret(*text);
    }
    if (token.Reveal().find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      Refuse("the authorization token holds a line break");
    }
    return token;
  }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(ErrorKind::kUsage, StrCat(Name(), ": ", what),
                "The container's environment sets this; it is not a setting of dwh.cfg.");
  }

  CredentialsContextPtr context_;
};

}  // namespace

CredentialsProviderPtr MakeContainerSource(CredentialsContextPtr context) {
  return std::make_unique<ContainerSource>(std::move(context));
}

}  // namespace dwh
