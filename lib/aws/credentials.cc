#include "aws/credentials.h"

#include <utility>

#include "aws/credentials_sources.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

using std::chrono::minutes;

/// As botocore's mandatory refresh (facts, section 2.2).
constexpr minutes kRefreshBefore{10};
/// A source that hands out the same credentials again (instance metadata does, until 5 minutes
/// before they expire), or that fails, is not asked for every request.
constexpr minutes kFetchPause{1};

}  // namespace

std::vector<std::unique_ptr<CredentialsProvider>> MakeCredentialsChain(
    const AwsConfig& config, const AwsSettings& settings, const AwsFiles& files,
    const AwsEnvironment& environment) {
  const auto context =
      std::make_shared<const CredentialsContext>(CredentialsContext{environment, files, settings});
  const bool use_variables = config.profile.empty();
  std::vector<std::unique_ptr<CredentialsProvider>> chain;
  chain.push_back(MakeConfigSource(config));
  if (use_variables) chain.push_back(MakeEnvironmentSource(context));
  chain.push_back(MakeRoleSource(context, settings.profile));
  for (auto& source : MakeProfileSources(context, settings.profile, use_variables)) {
    chain.push_back(std::move(source));
  }
  chain.push_back(MakeContainerSource(context));
  chain.push_back(MakeInstanceSource(context));
  return chain;
}

std::vector<std::unique_ptr<CredentialsProvider>> MakeProfileSources(
    const CredentialsContextPtr& context, const std::string& profile, bool use_variables) {
  std::vector<std::unique_ptr<CredentialsProvider>> sources;
  sources.push_back(MakeWebIdentitySource(context, profile, use_variables));
  sources.push_back(MakeSsoSource(context, profile));
  sources.push_back(MakeCredentialsFileSource(context, profile));
  sources.push_back(MakeProcessSource(context, profile));
  sources.push_back(MakeConfigFileSource(context, profile));
  return sources;
}

CredentialsCache::CredentialsCache(std::vector<std::unique_ptr<CredentialsProvider>> chain,
                                   Clock& clock)
    : chain_(std::move(chain)), clock_(clock) {}

AwsCredentials CredentialsCache::Get(std::chrono::seconds skew) {
  if (std::optional<AwsCredentials> found = Find(skew)) return *std::move(found);
  std::vector<std::string> names;
  for (const auto& source : chain_) names.push_back(source->Name());
  throw Error(ErrorKind::kUsage, StrCat("found no AWS credentials in: ", Join(names, ", ")),
              "Set KEY and SECRET in [AWS] of dwh.cfg, or run `aws configure` or `aws sso login`, "
              "or give this machine a role.");
}

std::optional<AwsCredentials> CredentialsCache::Find(std::chrono::seconds skew) {
  const std::lock_guard lock(mutex_);
  const WallTime now = clock_.Now() + skew;
  if (HoldsUntil(now + kRefreshBefore)) return known_;
  if (!HoldsUntil(now)) return Fetch(now) ? known_ : std::nullopt;
  if (clock_.Steady() < next_fetch_) return known_;
  try {
    Fetch(now);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw;
    LogWarning(StrCat("The AWS credentials from ", known_->source, " hold until ",
                      FormatIso8601(*known_->expiration),
                      " and could not be renewed yet: ", error.what(), "."));
  }
  return known_;
}

void CredentialsCache::Forget() {
  const std::lock_guard lock(mutex_);
  known_.reset();
}

bool CredentialsCache::HoldsUntil(WallTime time) const {
  return known_ && (!known_->expiration || *known_->expiration > time);
}

/// False, and nothing has changed, if no source has any.
bool CredentialsCache::Fetch(WallTime now) {
  next_fetch_ = clock_.Steady() + kFetchPause;
  std::optional<AwsCredentials> fetched;
  if (source_ == nullptr) {
    fetched = FetchFromChain();
    if (!fetched) return false;
  } else {
    fetched = source_->Fetch();
  }
  if (!fetched) {
    throw Error(ErrorKind::kUnavailable,
                StrCat(source_->Name(), ": there are no AWS credentials any more"));
  }
  if (fetched->expiration && *fetched->expiration <= now) {
    throw Error(ErrorKind::kUnavailable,
                StrCat(fetched->source, ": the AWS credentials have expired at ",
                       FormatIso8601(*fetched->expiration)),
                "Renew them with the program that made them, and check this machine's clock.");
  }
  LogDebug(StrCat("Took AWS credentials from ", fetched->source,
                  fetched->expiration ? ", valid until " + FormatIso8601(*fetched->expiration) : "",
                  "."));
  known_ = std::move(fetched);
  return true;
}

std::optional<AwsCredentials> CredentialsCache::FetchFromChain() {
  for (const auto& source : chain_) {
    if (std::optional<AwsCredentials> found = source->Fetch()) {
      source_ = source.get();
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace dwh
