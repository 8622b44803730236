#include <algorithm>
#include <utility>

#include "aws/credentials_sources.h"
#include "aws/credentials_sts.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

/// A role of web identity needs no other credentials; its own source serves it.
bool AssumesRole(const AwsProfile* profile) {
  return !ProfileValue(profile, "role_arn").empty() &&
         ProfileValue(profile, "web_identity_token_file").empty();
}

bool HasStaticKeys(const AwsProfile* profile) {
  return !ProfileValue(profile, "aws_access_key_id").empty() ||
         !ProfileValue(profile, "aws_secret_access_key").empty();
}

class RoleSource : public CredentialsProvider {
 public:
  /// `path` leads over source_profile to this profile, the last in it.
  RoleSource(CredentialsContextPtr context, std::vector<std::string> path)
      : context_(std::move(context)),
        path_(std::move(path)),
        profile_(context_->files.FindProfile(path_.back())) {}

  std::string Name() const override { return "role of profile " + path_.back(); }

  std::optional<AwsCredentials> Fetch() override {
    if (!AssumesRole(profile_)) return std::nullopt;
    const AwsCredentials caller = FetchCaller();
    std::string session = Value("role_session_name");
    if (session.empty()) session = DefaultSessionName(*context_->environment.clock);
    QueryParams params;
    params.Add("RoleArn", Value("role_arn"))
        .Add("RoleSessionName", session)
        .AddIfAny("DurationSeconds", Duration())
        .AddIfAny("ExternalId", Value("external_id"));
    AddMfaCode(params);
    return AskSts(*context_, Name(), "AssumeRole", params, &caller);
  }

 private:
  std::string Value(const std::string& key) const { return ProfileValue(profile_, key); }

  [[noreturn]] void Refuse(const std::string& what, const std::string& hint) const {
    throw Error(ErrorKind::kUsage, StrCat(Name(), ": ", what), hint);
  }

  std::string Duration() const {
    std::string duration = Value("duration_seconds");
    if (!duration.empty()) {
      PositiveNumber({duration, StrCat(Name(), ": duration_seconds")}, 0);
    }
    return duration;
  }

  AwsCredentials FetchCaller() const {
    const std::string profile = Value("source_profile");
    const std::string source = Value("credential_source");
    if (profile.empty() == source.empty()) {
      Refuse(profile.empty() ? "neither source_profile nor credential_source says who assumes it"
                             : "both source_profile and credential_source say who assumes it",
             "Set one of the two in the AWS config file.");
    }
    return profile.empty() ? FromService(source) : FromProfile(profile);
  }

  AwsCredentials FromService(const std::string& source) const {
    CredentialsProviderPtr provider;
    if (source == "Environment") provider = MakeEnvironmentSource(context_);
    if (source == "EcsContainer") provider = MakeContainerSource(context_);
    if (source == "Ec2InstanceMetadata") provider = MakeInstanceSource(context_);
    if (!provider) {
      Refuse(StrCat("there is no credential_source '", source, "'"),
             "The sources are Environment, EcsContainer and Ec2InstanceMetadata.");
    }
    if (auto found = provider->Fetch()) return *std::move(found);
    throw Error(ErrorKind::kUnavailable,
                StrCat(Name(), ": its credential_source ", source, " has no credentials"));
  }

  AwsCredentials FromProfile(const std::string& name) const {
    const AwsProfile* const source = context_->files.FindProfile(name);
    if (source == nullptr) {
      Refuse(StrCat("its source_profile '", name, "' does not exist"),
             "`aws configure list-profiles` lists those that exist.");
    }
    RefuseCircle(name, source);
    std::vector<CredentialsProviderPtr> providers;
    if (AssumesRole(source) && !HasStaticKeys(source)) {
      std::vector<std::string> path = path_;
      path.push_back(name);
      providers.push_back(std::make_unique<RoleSource>(context_, std::move(path)));
    } else {
      providers = MakeProfileSources(context_, name, false);
    }
    for (const CredentialsProviderPtr& provider : providers) {
      if (auto found = provider->Fetch()) return *std::move(found);
    }
    Refuse(StrCat("its source_profile '", name, "' has no credentials"),
           "Give that profile keys, a credential_process or a login.");
  }

  /// A profile may name itself, if it holds the keys that assume its role.
  void RefuseCircle(const std::string& name, const AwsProfile* source) const {
    if (std::find(path_.begin(), path_.end(), name) == path_.end()) return;
    if (name == path_.back() && HasStaticKeys(source)) return;
    Refuse(StrCat("source_profile leads in a circle: ", Join(path_, " -> "), " -> ", name),
           "The last source_profile must have credentials of its own.");
  }

  void AddMfaCode(QueryParams& params) const {
    const std::string serial = Value("mfa_serial");
    if (serial.empty()) return;
    const auto code = context_->environment.ask(StrCat("MFA code for ", serial, ": "));
    if (!code || Trim(*code).empty()) {
      Refuse(StrCat("it needs a code of ", serial, ", and none was given"),
             "Run on a terminal to be asked for it, or use a profile without mfa_serial.");
    }
    params.Add("SerialNumber", serial).Add("TokenCode", Secret(std::string(Trim(*code))));
  }

  CredentialsContextPtr context_;
  std::vector<std::string> path_;
  const AwsProfile* profile_;
};

}  // namespace

CredentialsProviderPtr MakeRoleSource(CredentialsContextPtr context, const std::string& profile) {
  return std::make_unique<RoleSource>(std::move(context), std::vector<std::string>{profile});
}

}  // namespace dwh
