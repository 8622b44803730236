#include <utility>

#include "aws/credentials_sources.h"
#include "aws/credentials_sts.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

class WebIdentitySource : public CredentialsProvider {
 public:
  WebIdentitySource(CredentialsContextPtr context, std::string profile, bool use_variables)
      : context_(std::move(context)), profile_(std::move(profile)), use_variables_(use_variables) {}

  std::string Name() const override { return "web identity of profile " + profile_; }

  std::optional<AwsCredentials> Fetch() override {
    const AwsSetting file = Find("AWS_WEB_IDENTITY_TOKEN_FILE", "web_identity_token_file");
    if (file.value.empty()) return std::nullopt;
    const AwsSetting role = Find("AWS_ROLE_ARN", "role_arn");
    const std::string source = StrCat("web identity (", file.source, ")");
    if (role.value.empty()) {
      throw Error(ErrorKind::kUsage, StrCat(source, ": there is no role for the token"),
                  StrCat("Set AWS_ROLE_ARN, or role_arn in profile ", profile_, "."));
    }
    std::string session = Find("AWS_ROLE_SESSION_NAME", "role_session_name").value;
    if (session.empty()) session = DefaultSessionName(*context_->environment.clock);
    QueryParams params;
    params.Add("RoleArn", role.value)
        .Add("RoleSessionName", session)
        .Add("WebIdentityToken", ReadToken(file.value, source));
    return AskSts(*context_, source, "AssumeRoleWithWebIdentity", params, nullptr);
  }

 private:
  AwsSetting Find(const std::string& variable, const std::string& key) const {
    if (use_variables_) {
      return FindSetting(context_->environment, context_->files, profile_, variable, key);
    }
    return {ProfileValue(context_->files.FindProfile(profile_), key),
            StrCat(key, " of profile ", profile_)};
  }

  /// Anew each time: who issues the tokens replaces the file before they expire.
  Secret ReadToken(const std::string& path, const std::string& source) const {
    const std::optional<std::string> token = context_->environment.file(path);
    if (!token || Trim(*token).empty()) {
      throw Error(ErrorKind::kUsage,
                  StrCat(source, ": ", token ? "empty token file " : "no such token file: ", path));
    }
    return Secret(std::string(Trim(*token)));
  }

  CredentialsContextPtr context_;
  std::string profile_;
  bool use_variables_;
};

}  // namespace

CredentialsProviderPtr MakeWebIdentitySource(CredentialsContextPtr context,
                                             const std::string& profile, bool use_variables) {
  return std::make_unique<WebIdentitySource>(std::move(context), profile, use_variables);
}

}  // namespace dwh
