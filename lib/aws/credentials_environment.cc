#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

class EnvironmentSource : public CredentialsProvider {
 public:
  explicit EnvironmentSource(CredentialsContextPtr context) : context_(std::move(context)) {}

  std::string Name() const override { return "the AWS environment variables"; }

  std::optional<AwsCredentials> Fetch() override {
    const AwsEnvironment& environment = context_->environment;
    AwsCredentials credentials;
    credentials.source = Name();
    credentials.access_key_id = environment.Variable("AWS_ACCESS_KEY_ID");
    if (credentials.access_key_id.empty()) return std::nullopt;
    credentials.secret_access_key = Secret(environment.Variable("AWS_SECRET_ACCESS_KEY"));
    if (credentials.secret_access_key.empty()) {
      throw Error(ErrorKind::kUsage,
                  StrCat(Name(), ": AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"),
                  "Set both, or unset AWS_ACCESS_KEY_ID.");
    }
    // botocore looks at the old name first.
    for (const char* const name : {"AWS_SECURITY_TOKEN", "AWS_SESSION_TOKEN"}) {
      if (credentials.session_token.empty()) {
        credentials.session_token = Secret(environment.Variable(name));
      }
    }
    const std::string expiration = environment.Variable("AWS_CREDENTIAL_EXPIRATION");
    if (!expiration.empty()) {
      credentials.expiration = ParseIso8601(expiration);
      if (!credentials.expiration) {
        throw Error(ErrorKind::kUsage, StrCat(Name(), ": AWS_CREDENTIAL_EXPIRATION is no ISO 8601 ",
                                              "time: '", expiration, "'"));
      }
    }
    return CheckedCredentials(std::move(credentials));
  }

 private:
  CredentialsContextPtr context_;
};

}  // namespace

CredentialsProviderPtr MakeEnvironmentSource(CredentialsContextPtr context) {
  return std::make_unique<EnvironmentSource>(std::move(context));
}

}  // namespace dwh
