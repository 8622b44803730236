#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "base/error.h"

namespace dwh {
namespace {

class ConfigSource : public CredentialsProvider {
 public:
  explicit ConfigSource(AwsConfig config) : config_(std::move(config)) {}

  std::string Name() const override { return "KEY and SECRET in [AWS] of dwh.cfg"; }

  std::optional<AwsCredentials> Fetch() override {
    const bool has_key = !config_.key.empty();
    const bool has_secret = !config_.secret.empty();
    if (has_key && !has_secret) Refuse("KEY is set, but SECRET is not");
    if (has_secret && !has_key) Refuse("SECRET is set, but KEY is not");
    if (!config_.session_token.empty() && !has_key) {
      Refuse("SESSION_TOKEN is set, but KEY and SECRET are not");
    }
    if (!has_key) return std::nullopt;
    return CheckedCredentials(
        {config_.key, config_.secret, config_.session_token, std::nullopt, Name()});
  }

 private:
  [[noreturn]] static void Refuse(const std::string& what) {
    throw Error(ErrorKind::kUsage, "[AWS] of dwh.cfg: " + what,
                "Set both KEY and SECRET in [AWS], or none of them to use AWS's own settings.");
  }

  AwsConfig config_;
};

}  // namespace

CredentialsProviderPtr MakeConfigSource(const AwsConfig& config) {
  return std::make_unique<ConfigSource>(config);
}

}  // namespace dwh
