#include "aws/credentials.h"

#include <gmock/gmock.h>

#include "base/interrupt.h"
#include "credentials_fixture.h"

namespace dwh {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

using ChainTest = CredentialsTest;

TEST_F(ChainTest, TheFirstSourceWins) {
  // From the last to the first: each new one takes precedence over all that are there.
  std::string profile = "[default]\n";
  const auto add = [&](const std::string& lines) { Config(profile += lines); };
  transport.Reply(200, "token-s3cr3t");
  transport.Reply(200, "instance-role");
  transport.Reply(200, AgentReply("INSTANCE"));
  EXPECT_EQ(Get().access_key_id, "INSTANCE");

  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/role";
  transport.Reply(200, AgentReply("CONTAINER"));
  EXPECT_EQ(Get().access_key_id, "CONTAINER");

  add("aws_access_key_id = CONFIGFILE\naws_secret_access_key = s3cr3t\n");
  EXPECT_EQ(Get().access_key_id, "CONFIGFILE");

  add("credential_process = helper\n");
  run = [](const Command&) {
    return ProcessResult{0, R"({"Version":1,"AccessKeyId":"PROCESS","SecretAccessKey":"s3cr3t"})",
                         ""};
  };
  EXPECT_EQ(Get().access_key_id, "PROCESS");

  Credentials("[default]\naws_access_key_id = CREDENTIALSFILE\naws_secret_access_key = s3cr3t\n");
  EXPECT_EQ(Get().access_key_id, "CREDENTIALSFILE");

  add("sso_start_url = https://x.example/start\nsso_region = us-east-1\n"
      "sso_account_id = 123456789012\nsso_role_name = reader\n");
  files["/home/ada/.aws/sso/cache/80c7f57c51e0449101de09ef74138a588ea0d4a6.json"] =
      R"({"accessToken":"login-s3cr3t","expiresAt":"2015-08-30T20:00:00UTC"})";
  const std::string login_reply =
      R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"s3cr3t",)"
      R"("sessionToken":"s3cr3t","expiration":1440950000000}})";
  transport.Reply(200, login_reply);
  EXPECT_EQ(Get().access_key_id, "SSO");

  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/web";
  files["/token"] = "web-s3cr3t";
  transport.Reply(200, StsReply("AssumeRoleWithWebIdentity", "WEB"));
  EXPECT_EQ(Get().access_key_id, "WEB");

  add("role_arn = arn:aws:iam::1:role/r\nsource_profile = default\n");
  transport.Reply(200, login_reply);
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");

  variables["AWS_ACCESS_KEY_ID"] = "VARIABLES";
  variables["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
  EXPECT_EQ(Get().access_key_id, "VARIABLES");

  config.key = "CONFIG";
  config.secret = Secret("s3cr3t");
  EXPECT_EQ(Get().access_key_id, "CONFIG");
  EXPECT_EQ(transport.left(), 0U);
}

TEST_F(ChainTest, AProfileOfDwhCfgBeatsTheVariables) {
  Credentials(
      "[default]\naws_access_key_id = DEFAULT\naws_secret_access_key = s3cr3t\n"
      "[dev]\naws_access_key_id = DEV\naws_secret_access_key = s3cr3t\n");
  variables["AWS_ACCESS_KEY_ID"] = "VARIABLES";
  variables["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  EXPECT_EQ(Get().access_key_id, "VARIABLES");
  variables["AWS_PROFILE"] = "dev";  // which does not drop them, as with botocore
  EXPECT_EQ(Get().access_key_id, "VARIABLES");
  config.profile = "dev";
  EXPECT_EQ(Get().access_key_id, "DEV");
  EXPECT_EQ(Get().source, "profile dev in ~/.aws/credentials");
}

TEST_F(ChainTest, NamesEverySourceIfNoneHasAny) {
  transport.Fail(TransportError::Cause::kConnect);
  EXPECT_EQ(Failure(),
            "usage: found no AWS credentials in: KEY and SECRET in [AWS] of dwh.cfg, the AWS "
            "environment variables, "
            "role of profile default, web identity of profile default, SSO of profile default, "
            "profile default in ~/.aws/credentials, "
            "credential_process of profile default, profile default in ~/.aws/config, "
            "the container's role, the instance's role (IMDS)");
  EXPECT_THAT(hint, testing::HasSubstr("Set KEY and SECRET in [AWS] of dwh.cfg"));
}

/// Gives what the test has set.
class SetProvider : public CredentialsProvider {
 public:
  struct State {
    std::optional<AwsCredentials> next;
    std::optional<Error> failure;
    int fetches = 0;
  };
  explicit SetProvider(State& state) : state_(state) {}
  std::string Name() const override { return "a test"; }
  std::optional<AwsCredentials> Fetch() override {
    ++state_.fetches;
    if (state_.failure) throw Error(*state_.failure);
    return state_.next;
  }

 private:
  State& state_;
};

class CacheTest : public CredentialsTest {
 protected:
  CacheTest() : cache(MakeCache()) { first.next = Until("A", hours(1)); }

  std::unique_ptr<CredentialsCache> MakeCache() {
    std::vector<std::unique_ptr<CredentialsProvider>> chain;
    chain.push_back(std::make_unique<SetProvider>(empty));
    chain.push_back(std::make_unique<SetProvider>(first));
    chain.push_back(std::make_unique<SetProvider>(second));
    return std::make_unique<CredentialsCache>(std::move(chain), clock);
  }

  AwsCredentials Until(const std::string& key, seconds lifetime) {
    return {key, Secret("s3cr3t"), Secret(), clock.now + lifetime, "a test"};
  }
  std::string Key(seconds skew = {}) { return cache->Get(skew).access_key_id; }

  SetProvider::State empty;
  SetProvider::State first;
  SetProvider::State second;
  std::unique_ptr<CredentialsCache> cache;
};

TEST_F(CacheTest, RefreshesInALongWait) {
  // A cluster takes its time; the role's session lasts an hour.
  std::vector<std::string> keys;
  for (int minute = 0; minute < 130; ++minute) {
    const std::string key = Key();
    if (keys.empty() || keys.back() != key) keys.push_back(key);
    clock.SleepFor(minutes(1));
    first.next = Until(StrCat("after ", minute + 1), hours(1));
  }
  EXPECT_THAT(keys, testing::ElementsAre("A", "after 50", "after 100"));
  EXPECT_EQ(first.fetches, 3);
  EXPECT_EQ(empty.fetches, 1);  // the source that had some is asked alone
  EXPECT_EQ(second.fetches, 0);
}

TEST_F(CacheTest, KeepsWhatDoesNotExpire) {
  first.next->expiration = std::nullopt;
  EXPECT_EQ(Key(), "A");
  clock.SleepFor(hours(10'000));
  EXPECT_EQ(Key(), "A");
  EXPECT_EQ(first.fetches, 1);
}

TEST_F(CacheTest, TheOldOnesServeWhileTheyHold) {
  EXPECT_EQ(Key(), "A");
  clock.SleepFor(minutes(51));
  first.failure = Error(ErrorKind::kUnavailable, "no luck");
  EXPECT_EQ(Key(), "A");
  EXPECT_EQ(Key(), "A");
  EXPECT_EQ(first.fetches, 2);  // not for every request
  clock.SleepFor(minutes(1));
  EXPECT_EQ(Key(), "A");
  EXPECT_EQ(first.fetches, 3);
  clock.SleepFor(minutes(8));
  EXPECT_EQ(Failure([this] { Key(); }), "unavailable: no luck");
  first.failure.reset();
  first.next = Until("B", hours(1));
  EXPECT_EQ(Key(), "B");
}

TEST_F(CacheTest, ASourceMayGiveTheSameAgain) {
  first.next = Until("A", minutes(9));
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(Key(), "A");
    clock.SleepFor(seconds(1));
  }
  EXPECT_EQ(first.fetches, 5);
}

TEST_F(CacheTest, GoesByTheServicesClock) {
  EXPECT_EQ(Key(), "A");
  first.next = Until("B", hours(2));
  EXPECT_EQ(Key(minutes(49)), "A");  // we are 49 minutes behind, so 11 are left
  clock.SleepFor(minutes(2));
  EXPECT_EQ(Key(minutes(49)), "B");

  // We are 3 hours ahead: what looks expired holds.
  cache = MakeCache();
  first.next = Until("C", -hours(2));
  EXPECT_EQ(Key(-hours(3)), "C");
  EXPECT_EQ(Key(-hours(3)), "C");
}

TEST_F(CacheTest, ForgetsWhatTheServiceRefuses) {
  EXPECT_EQ(Key(), "A");
  first.next = Until("B", hours(1));
  cache->Forget();
  EXPECT_EQ(Key(), "B");
  cache->Forget();
  first.failure = Error(ErrorKind::kUnavailable, "no luck");
  EXPECT_EQ(Failure([this] { Key(); }), "unavailable: no luck");
}

TEST_F(CacheTest, RefusesExpiredOnes) {
  first.next = Until("A", -minutes(1));
  EXPECT_EQ(Failure([this] { Key(); }),
            "unavailable: a test: the AWS credentials have expired at 2015-08-30T12:35:00Z");
  EXPECT_THAT(hint, testing::HasSubstr("clock"));
}

TEST_F(CacheTest, ASourceMayDryUp) {
  EXPECT_EQ(Key(), "A");
  first.next.reset();
  clock.SleepFor(minutes(55));
  EXPECT_EQ(Key(), "A");
  clock.SleepFor(minutes(5));
  EXPECT_EQ(Failure([this] { Key(); }),
            "unavailable: a test: there are no AWS credentials any more");
}

TEST_F(CacheTest, AnErrorOfASourceEndsTheSearch) {
  first.failure = Error(ErrorKind::kUsage, "half of it is missing");
  EXPECT_EQ(Failure([this] { Key(); }), "usage: half of it is missing");
  EXPECT_EQ(second.fetches, 0);
}

TEST_F(CacheTest, AnInterruptIsNoFailureToBear) {
  EXPECT_EQ(Key(), "A");
  clock.SleepFor(minutes(55));
  first.failure = Error(ErrorKind::kInterrupted, "interrupted");
  EXPECT_EQ(Failure([this] { Key(); }), "other: interrupted");
}

}  // namespace
}  // namespace dwh
