#include <nlohmann/json.hpp>
#include <utility>

#include "aws/credentials_common.h"
#include "aws/credentials_sources.h"
#include "aws/json_client.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

/// As botocore renews login tokens (facts, section 2.2).
constexpr std::chrono::minutes kRefreshBefore{15};

class SsoSource : public CredentialsProvider {
 public:
  SsoSource(CredentialsContextPtr context, std::string profile)
      : context_(std::move(context)), profile_(std::move(profile)) {}

  std::string Name() const override { return "SSO of profile " + profile_; }

  std::optional<AwsCredentials> Fetch() override {
    if (!Configure()) return std::nullopt;
    const Secret token = CurrentToken();
    AwsCall call;
    call.service = "sso";
    call.action = "GetRoleCredentials";
    call.request.url =
        StrCat("/federation/credentials?role_name=", PercentEncode(keys_["sso_role_name"]),
               "&account_id=", PercentEncode(keys_["sso_account_id"]));
    call.request.headers = {{"x-amz-sso_bearer_token", token.Reveal()}};
    call.read_error = ReadJsonError;
    call.secrets = {token};
    try {
      return ReadReply(ParseJsonReply(Ask(call).body, Name()));
    } catch (const AwsError& error) {
      if (error.status() != 401) throw;
      RefuseLogin("the login is not accepted any more");
    }
  }

 private:
  /// Fills keys_ and settings_; false if the profile does not use SSO.
  bool Configure() {
    const AwsProfile* const profile = context_->files.FindProfile(profile_);
    if (ProfileValue(profile, "sso_role_name").empty() &&
        ProfileValue(profile, "sso_account_id").empty()) {
      return false;
    }
    keys_ = *profile;
    const std::string session = keys_["sso_session"];
    if (!session.empty()) AddSession(session);
    std::vector<std::string> missing;
    for (const char* const key :
         {"sso_role_name", "sso_account_id", "sso_start_url", "sso_region"}) {
      if (keys_[key].empty()) missing.emplace_back(key);
    }
    if (!missing.empty()) Refuse("missing: " + Join(missing, ", "));
    settings_ = context_->settings;
    settings_.region = keys_["sso_region"];
    // Others derive the name so, too: the login is theirs.
    token_path_ = context_->environment.home / ".aws/sso/cache" /
                  (Sha1Hex(session.empty() ? keys_["sso_start_url"] : session) + ".json");
    return true;
  }

  void AddSession(const std::string& name) {
    const AwsProfile* const session = context_->files.FindSsoSession(name);
    if (session == nullptr) Refuse(StrCat("there is no [sso-session ", name, "]"));
    for (const auto& [key, value] : *session) {
      if (keys_.try_emplace(key, value).first->second == value) continue;
      Refuse(StrCat(key, " differs between the profile and [sso-session ", name, "]"));
    }
  }

  [[noreturn]] void Refuse(const std::string& what) const {
    throw Error(ErrorKind::kUsage, StrCat(Name(), ": ", what),
                "`aws configure sso` sets up such profiles.");
  }
  [[noreturn]] void RefuseLogin(const std::string& what) const {
    throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": ", what),
                StrCat("Run `aws sso login --profile ", profile_, "`."));
  }

  HttpResponse Ask(const AwsCall& call) const {
    return AskAws(context_->environment, settings_, Name(), call, nullptr);
  }

  Secret CurrentToken() {
    const auto text = context_->environment.file(token_path_);
    if (!text) RefuseLogin("nobody has logged in");
    nlohmann::json login = nlohmann::json::parse(*text, nullptr, false);
    if (!login.is_object()) RefuseLogin("the login's file is damaged");
    const WallTime now = context_->environment.clock->Now();
    if (ParseIso8601(JsonText(login, "expiresAt")).value_or(now) <= now + kRefreshBefore) {
      Renew(login, now);
    }
    Secret token(JsonText(login, "accessToken"));
    if (token.empty()) RefuseLogin("the login's file holds no token");
    if (ParseIso8601(JsonText(login, "expiresAt")).value_or(now) <= now) {
      RefuseLogin("the login has expired");
    }
    return token;
  }

  /// Changes `login` and its file if the service renews it; leaves both if it does not.
  void Renew(nlohmann::json& login, WallTime now) {
    nlohmann::json ask = {{"grantType", "refresh_token"}};
    AwsCall call;
    for (const char* const key : {"clientId", "clientSecret", "refreshToken"}) {
      const std::string value = JsonText(login, key);
      if (value.empty()) return;  // a login of the old kind cannot be renewed
      ask[key] = value;
      call.secrets.emplace_back(value);
    }
    if (ParseIso8601(JsonText(login, "registrationExpiresAt")).value_or(now) <= now) return;
    call.service = "sso-oidc";
    call.action = "CreateToken";
    call.request.method = "POST";
    call.request.url = "/token";
    call.request.headers = {{"Content-Type", "application/json"}};
    call.request.body = ask.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    call.read_error = ReadJsonError;
    nlohmann::json reply;
    try {
      reply = ParseJsonReply(Ask(call).body, Name());
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::kInterrupted) throw;
      LogWarning(StrCat("The login could not be renewed: ", error.what(), "."));
      return;
    }
    const auto lifetime = reply.find("expiresIn");
    if (JsonText(reply, "accessToken").empty() || lifetime == reply.end() ||
        !lifetime->is_number_integer()) {
      throw Error(ErrorKind::kUnavailable,
                  StrCat(Name(), ": sso-oidc CreateToken: the reply holds no token"));
    }
    login["accessToken"] = reply["accessToken"];
    login["expiresAt"] = FormatIso8601(now + std::chrono::seconds(lifetime->get<int64_t>()));
    if (reply.contains("refreshToken")) login["refreshToken"] = reply["refreshToken"];
    Save(login);
  }

  /// The old refresh token may be void now, so whoever comes next needs the new one.
  void Save(const nlohmann::json& login) const {
    try {
      context_->environment.write(
          token_path_, login.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    } catch (const Error& error) {
      LogWarning(StrCat("The renewed login of ", Name(), " cannot be kept: ", error.what(), "."));
    }
  }

  AwsCredentials ReadReply(const nlohmann::json& reply) const {
    const auto found = reply.find("roleCredentials");
    if (found == reply.end() || !found->is_object()) {
      throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": the reply holds no roleCredentials"));
    }
    AwsCredentials credentials =
        ReadJsonCredentials(*found, {"accessKeyId", "secretAccessKey", "sessionToken"}, Name());
    const auto expiration = found->find("expiration");
    if (expiration == found->end() || !expiration->is_number()) {
      throw Error(ErrorKind::kUnavailable, StrCat(Name(), ": the reply holds no expiration"));
    }
    credentials.expiration = WallTime(std::chrono::milliseconds(expiration->get<int64_t>()));
    return credentials;
  }

  CredentialsContextPtr context_;
  std::string profile_;
  AwsProfile keys_;       // the profile's and its sso-session's
  AwsSettings settings_;  // in the region of SSO
  std::filesystem::path token_path_;
};

}  // namespace

CredentialsProviderPtr MakeSsoSource(CredentialsContextPtr context, const std::string& profile) {
  return std::make_unique<SsoSource>(std::move(context), profile);
}

}  // namespace dwh
