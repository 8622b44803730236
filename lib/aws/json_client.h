#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "aws/aws_client.h"

namespace dwh {

/// The JSON 1.1 protocol. Holds on to `client`.
class JsonClient {
 public:
  /// `target`: what stands before the action's name in X-Amz-Target: "RedshiftServerless".
  JsonClient(AwsClient& client, std::string service, std::string target);

  /// The reply's object. `secrets` are those of `body`. A 2xx reply that is no object counts as a
  /// failed try. Throws as AwsClient::Send.
  nlohmann::json Call(const std::string& action, const nlohmann::ordered_json& body,
                      Repeat repeat = Repeat::kYes, std::vector<Secret> secrets = {});

 private:
  AwsClient& client_;
  std::string service_;
  std::string target_;
};

/// The error of a JSON service's reply. Of anything else the first words of the body.
ServiceError ReadJsonError(const HttpResponse& response);

}  // namespace dwh
