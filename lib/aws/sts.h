#pragma once

#include <string>

#include "aws/query_client.h"

namespace dwh {

struct CallerIdentity {
  std::string account;  ///< 12 digits.
  std::string arn;
  std::string user_id;
};

/// Who calls (facts, section 3.8). A preflight: it needs no permission, only valid credentials.
class StsClient {
 public:
  explicit StsClient(AwsClient& client) : client_(client, "sts") {}

  CallerIdentity GetCallerIdentity();

 private:
  QueryClient client_;
};

}  // namespace dwh
