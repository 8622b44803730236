#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

class ProfileKeysSource : public CredentialsProvider {
 public:
  /// `keys` belongs to the context; null if the file does not have the profile.
  ProfileKeysSource(CredentialsContextPtr context, const AwsProfile* keys, std::string name)
      : context_(std::move(context)), keys_(keys), name_(std::move(name)) {}

  std::string Name() const override { return name_; }

  std::optional<AwsCredentials> Fetch() override {
    const std::string key = ProfileValue(keys_, "aws_access_key_id");
    if (key.empty()) return std::nullopt;
    const Secret secret(ProfileValue(keys_, "aws_secret_access_key"));
    if (secret.empty()) {
      throw Error(ErrorKind::kUsage,
                  StrCat(name_, ": aws_access_key_id is set, but aws_secret_access_key is not"),
                  "Both must stand in the same file.");
    }
    // botocore looks at the old name first.
    Secret token(ProfileValue(keys_, "aws_security_token"));
    if (token.empty()) token = Secret(ProfileValue(keys_, "aws_session_token"));
    return CheckedCredentials({key, secret, token, std::nullopt, name_});
  }

 private:
  CredentialsContextPtr context_;
  const AwsProfile* keys_;
  std::string name_;
};

}  // namespace

CredentialsProviderPtr MakeCredentialsFileSource(CredentialsContextPtr context,
                                                 const std::string& profile) {
  const AwsProfile* const keys = context->files.FindInCredentialsFile(profile);
  const std::string name = StrCat("profile ", profile, " in ", context->files.credentials_name());
  return std::make_unique<ProfileKeysSource>(std::move(context), keys, name);
}

CredentialsProviderPtr MakeConfigFileSource(CredentialsContextPtr context,
                                            const std::string& profile) {
  const AwsProfile* const keys = context->files.FindInConfigFile(profile);
  const std::string name = StrCat("profile ", profile, " in ", context->files.config_name());
  return std::make_unique<ProfileKeysSource>(std::move(context), keys, name);
}

}  // namespace dwh
