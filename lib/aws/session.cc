#include "aws/session.h"

#include <utility>

#include "aws/credentials.h"
#include "base/text.h"

namespace dwh {

AwsSession::AwsSession(const AwsConfig& config, Clock& clock,
                       std::function<std::optional<std::string>(const std::string&)> ask)
    : transport_(std::make_unique<CurlTransport>()),
      environment_(RealAwsEnvironment(*transport_, clock, std::move(ask))),
      files_(environment_),
      settings_(ResolveAwsSettings(config, files_, environment_)) {
  if (!settings_.ca_bundle.empty()) {
    transport_ = std::make_unique<CurlTransport>(settings_.ca_bundle);
    environment_.transport = transport_.get();
  }
  MakeClient(config);
}

AwsSession::AwsSession(const AwsConfig& config, AwsEnvironment environment)
    : environment_(std::move(environment)),
      files_(environment_),
      settings_(ResolveAwsSettings(config, files_, environment_)) {
  MakeClient(config);
}

void AwsSession::MakeClient(const AwsConfig& config) {
  credentials_ = std::make_shared<CredentialsCache>(
      MakeCredentialsChain(config, settings_, files_, environment_), *environment_.clock);
  AwsClient::Options options;
  options.settings = settings_;
  options.credentials = credentials_;
  options.transport = environment_.transport;
  options.clock = environment_.clock;
  options.random = RandomFraction;
  client_ = std::make_unique<AwsClient>(std::move(options));
}

std::string AwsSession::OwnAddress() const {
  HttpRequest request;
  request.url = "https://checkip.amazonaws.com/";
  const HttpResponse response = environment_.transport->Send(request);
  std::string address(Trim(response.body));
  constexpr size_t kLongest = 15;  // 255.255.255.255
  if (response.status == 200 && !address.empty() && address.size() <= kLongest) return address;
  throw Error(ErrorKind::kUnavailable,
              StrCat("cannot find out your own address: checkip.amazonaws.com answered HTTP ",
                     response.status),
              "set ALLOWED_CIDR in [CLUSTER] of dwh.cfg.");
}

}  // namespace dwh
