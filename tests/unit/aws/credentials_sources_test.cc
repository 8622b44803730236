#include <gmock/gmock.h>

#include <array>
#include <nlohmann/json.hpp>

#include "credentials_fixture.h"

namespace dwh {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// The sources one by one, through the whole chain.
class SourcesTest : public CredentialsTest {
 protected:
  SourcesTest() { variables["AWS_EC2_METADATA_DISABLED"] = "true"; }

  std::string Body() const { return transport.requests.back().body; }
  const HttpRequest& Request(size_t i) const { return transport.requests.at(i); }
  std::string Sent(size_t i, const std::string& header) const {
    return FindHeader(Request(i), header).value_or("(none)");
  }

  void UseProcess(const std::string& line) {
    Config("[default]\ncredential_process = " + line + "\n");
    run = [this](const Command&) { return result; };
  }
  void UseSso(const std::string& more = "") {
    Config("[default]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = a b\n" +
           more +
           "[sso-session corp]\nsso_region = eu-west-1\nsso_start_url = https://x.example/s\n");
  }
  void Login(const std::string& expires, const std::string& more = "") {
    files[kLogin] =
        StrCat(R"({"startUrl":"https://x.example/s","accessToken":"login-s3cr3t","expiresAt":")",
               expires, "\"", more, "}");
  }
  std::string SsoReply() {
    return R"({"roleCredentials":{"accessKeyId":"SSO","secretAccessKey":"sso-s3cr3t",)"
           R"("sessionToken":"t-s3cr3t","expiration":1440945360500}})";
  }
  void UseContainer(const std::string& url) {
    variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = url;
  }
  void UseInstance() { variables.erase("AWS_EC2_METADATA_DISABLED"); }

  // The SHA-1 of "corp".
  static constexpr const char* kLogin =
      "/home/ada/.aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  ProcessResult result;
};

TEST_F(SourcesTest, DwhCfg) {
  config.key = "AKID";
  config.secret = Secret("s3cr3t");
  config.session_token = Secret("t-s3cr3t");
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "AKID");
  EXPECT_EQ(found.secret_access_key, Secret("s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("t-s3cr3t"));
  EXPECT_EQ(found.expiration, std::nullopt);
  EXPECT_EQ(found.source, "KEY and SECRET in [AWS] of dwh.cfg");
}

TEST_F(SourcesTest, DwhCfgInPart) {
  const auto failure = [this](std::string key, std::string secret, std::string token) {
    config.key = std::move(key);
    config.secret = Secret(std::move(secret));
    config.session_token = Secret(std::move(token));
    return Failure();
  };
  EXPECT_EQ(failure("AKID", "", ""), "usage: [AWS] of dwh.cfg: KEY is set, but SECRET is not");
  EXPECT_EQ(failure("", "s3cr3t", ""), "usage: [AWS] of dwh.cfg: SECRET is set, but KEY is not");
  EXPECT_EQ(failure("", "", "s3cr3t"),
            "usage: [AWS] of dwh.cfg: SESSION_TOKEN is set, but KEY and SECRET are not");
  EXPECT_EQ(failure("AKID", "s3cr3t x", ""),
            "usage: KEY and SECRET in [AWS] of dwh.cfg: the secret access key holds white space or "
            "characters that "
            "no key has");
}

TEST_F(SourcesTest, Variables) {
  variables["AWS_ACCESS_KEY_ID"] = "AKID";
  EXPECT_EQ(Failure(),
            "usage: the AWS environment variables: AWS_ACCESS_KEY_ID is set, but "
            "AWS_SECRET_ACCESS_KEY is "
            "not");
  variables["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
  EXPECT_EQ(Get().session_token, Secret());
  EXPECT_EQ(Get().expiration, std::nullopt);
  EXPECT_EQ(Get().source, "the AWS environment variables");
  variables["AWS_SESSION_TOKEN"] = "new-s3cr3t";
  EXPECT_EQ(Get().session_token, Secret("new-s3cr3t"));
  variables["AWS_SECURITY_TOKEN"] = "old-s3cr3t";
  EXPECT_EQ(Get().session_token, Secret("old-s3cr3t"));
  variables["AWS_CREDENTIAL_EXPIRATION"] = "2015-08-30T13:36:00Z";
  EXPECT_EQ(Get().expiration, clock.now + hours(1));
  variables["AWS_CREDENTIAL_EXPIRATION"] = "soon";
  EXPECT_EQ(Failure(),
            "usage: the AWS environment variables: AWS_CREDENTIAL_EXPIRATION is no ISO 8601 time: "
            "'soon'");
  variables["AWS_ACCESS_KEY_ID"] = "";  // as if it were not there
  EXPECT_THAT(Failure(), StartsWith("usage: found no AWS credentials in: "));
}

TEST_F(SourcesTest, ProfileKeys) {
  for (const bool in_config : {true, false}) {
    const auto put = [&](const std::string& lines) {
      files.clear();
      in_config ? Config("[default]\n" + lines) : Credentials("[default]\n" + lines);
    };
    const std::string name =
        StrCat("profile default in ~/.aws/", in_config ? "config" : "credentials");
    put("aws_access_key_id = AKID\naws_secret_access_key = a=b/s3cr3t\n");
    EXPECT_EQ(Get().secret_access_key, Secret("a=b/s3cr3t"));
    EXPECT_EQ(Get().session_token, Secret());
    EXPECT_EQ(Get().source, name);
    put("aws_access_key_id = A\naws_secret_access_key = s3cr3t\naws_session_token = t-s3cr3t\n");
    EXPECT_EQ(Get().session_token, Secret("t-s3cr3t"));
    put("aws_access_key_id = A\naws_secret_access_key = s3cr3t\naws_security_token = t-s3cr3t\n");
    EXPECT_EQ(Get().session_token, Secret("t-s3cr3t"));
    put("aws_access_key_id = AKID\n");
    EXPECT_EQ(Failure(), StrCat("usage: ", name, ": aws_access_key_id is set, but ",
                                "aws_secret_access_key is not"));
    put("aws_access_key_id = AKID\naws_secret_access_key = s3cr3t\n  aws_session_token = s3cr3t\n");
    EXPECT_EQ(Failure(), StrCat("usage: ", name, ": the secret access key holds white space or ",
                                "characters that no key has"));
    EXPECT_EQ(hint, "An indented line goes on with the line above it.");
  }
}

constexpr const char* kBase = "[base]\naws_access_key_id = BASE\naws_secret_access_key = s3cr3t\n";

TEST_F(SourcesTest, RoleOfASourceProfile) {
  Credentials(kBase);
  Config(
      "[profile ops]\nrole_arn = arn:aws:iam::1:role/ops\nsource_profile = base\n"
      "role_session_name = nightly\nexternal_id = a+b\nduration_seconds = 900\n");
  variables["AWS_PROFILE"] = "ops";
  transport.Reply(200, StsReply("AssumeRole", "OPS"));
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "OPS");
  EXPECT_EQ(found.secret_access_key, Secret("role-s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("token-s3cr3t"));
  EXPECT_EQ(found.expiration, clock.now + hours(1));
  EXPECT_EQ(found.source, "role of profile ops");
  EXPECT_EQ(Request(0).method, "POST");
  EXPECT_EQ(Request(0).url, "https://sts.us-west-2.amazonaws.com/");
  EXPECT_EQ(Body(),
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fops&"
            "RoleSessionName=nightly&DurationSeconds=900&ExternalId=a%2Bb");
  EXPECT_THAT(Sent(0, "Authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=BASE/20150830/us-west-2/sts/aws4_request"));
}

TEST_F(SourcesTest, RoleUsesTheOverriddenEndpoint) {
  Credentials(kBase);
  Config("[default]\nrole_arn = r\nsource_profile = base\n");
  variables["AWS_ENDPOINT_URL_STS"] = "http://localhost:5000/";
  transport.Reply(200, StsReply("AssumeRole", "OPS"));
  EXPECT_EQ(Get().access_key_id, "OPS");
  EXPECT_EQ(Request(0).url, "http://localhost:5000/");
  EXPECT_THAT(Body(), HasSubstr("&RoleSessionName=sparkify-dwh-1440938160"));
}

TEST_F(SourcesTest, RolesInAChain) {
  Credentials(kBase);
  Config(
      "[default]\nrole_arn = arn:1\nsource_profile = middle\n"
      "[profile middle]\nrole_arn = arn:2\nsource_profile = base\n");
  transport.Reply(200, StsReply("AssumeRole", "MIDDLE"));
  transport.Reply(200, StsReply("AssumeRole", "LAST"));
  EXPECT_EQ(Get().access_key_id, "LAST");
  EXPECT_THAT(Sent(0, "Authorization"), HasSubstr("Credential=BASE/"));
  EXPECT_THAT(Request(0).body, HasSubstr("RoleArn=arn%3A2"));
  EXPECT_THAT(Sent(1, "Authorization"), HasSubstr("Credential=MIDDLE/"));
  EXPECT_EQ(Sent(1, "X-Amz-Security-Token"), "token-s3cr3t");
  EXPECT_THAT(Request(1).body, HasSubstr("RoleArn=arn%3A1"));
}

TEST_F(SourcesTest, RoleOfAProcess) {
  Config(
      "[default]\nrole_arn = arn:1\nsource_profile = vault\n"
      "[profile vault]\ncredential_process = vault get\n");
  run = [](const Command&) {
    return ProcessResult{0, R"({"Version":1,"AccessKeyId":"VAULT","SecretAccessKey":"s3cr3t"})",
                         ""};
  };
  transport.Reply(200, StsReply("AssumeRole", "LAST"));
  EXPECT_EQ(Get().access_key_id, "LAST");
  EXPECT_THAT(Sent(0, "Authorization"), HasSubstr("Credential=VAULT/"));
}

TEST_F(SourcesTest, RoleOfACredentialSource) {
  const auto role = [this](const std::string& source) {
    Config("[default]\nrole_arn = arn:1\ncredential_source = " + source + "\n");
  };
  role("Environment");
  EXPECT_EQ(Failure(),
            "unavailable: role of profile default: its credential_source Environment has no "
            "credentials");
  role("EcsContainer");
  UseContainer("http://localhost/get");
  transport.Reply(200, AgentReply("CONTAINER"));
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  EXPECT_THAT(Sent(1, "Authorization"), HasSubstr("Credential=CONTAINER/"));
  role("Ec2InstanceMetadata");
  UseInstance();
  transport.Reply(200, "s3cr3t");
  transport.Reply(200, "some-role");
  transport.Reply(200, AgentReply("INSTANCE"));
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  EXPECT_THAT(Sent(5, "Authorization"), HasSubstr("Credential=INSTANCE/"));
  // Variables win before the role is looked at, unless dwh.cfg names the profile.
  role("Environment");
  variables["AWS_ACCESS_KEY_ID"] = "VARIABLES";
  variables["AWS_SECRET_ACCESS_KEY"] = "s3cr3t";
  config.profile = "default";
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  EXPECT_THAT(Sent(6, "Authorization"), HasSubstr("Credential=VARIABLES/"));
}

TEST_F(SourcesTest, RoleWithMfa) {
  Credentials(kBase);
  Config("[default]\nrole_arn = arn:1\nsource_profile = base\nmfa_serial = arn:mfa/ada\n");
  EXPECT_EQ(Failure(),
            "usage: role of profile default: it needs a code of arn:mfa/ada, and none was given");
  EXPECT_THAT(hint, HasSubstr("terminal"));
  answer = " 123456\n";
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  EXPECT_THAT(Body(), HasSubstr("&SerialNumber=arn%3Amfa%2Fada&TokenCode=123456"));
  EXPECT_THAT(questions, Each("MFA code for arn:mfa/ada: "));
}

TEST_F(SourcesTest, RoleIsRenewedBeforeItsSessionEnds) {
  Credentials(kBase);
  Config("[default]\nrole_arn = arn:1\nsource_profile = base\n");
  transport.Reply(200, StsReply("AssumeRole", "FIRST"));
  const auto cache = Cache();
  EXPECT_EQ(cache->Get().access_key_id, "FIRST");
  clock.SleepFor(minutes(49));
  EXPECT_EQ(cache->Get().access_key_id, "FIRST");
  clock.SleepFor(minutes(2));
  transport.Reply(200, StsReply("AssumeRole", "SECOND"));
  EXPECT_EQ(cache->Get().access_key_id, "SECOND");
  EXPECT_EQ(transport.requests.size(), 2U);
}

TEST_F(SourcesTest, RoleDespiteTroubles) {
  Credentials(kBase);
  Config("[default]\nrole_arn = arn:1\nsource_profile = base\n");
  transport.Reply(503, "<html>busy</html>");
  transport.Fail(TransportError::Cause::kReset);
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  // A wrong clock of ours: signed anew with the service's time.
  const std::string refusal =
      "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code>"
      "<Message>Signature expired</Message></Error></ErrorResponse>";
  transport.Reply(403, refusal, {{"Date", "Sun, 30 Aug 2015 20:00:00 GMT"}});
  transport.Reply(200, StsReply("AssumeRole", "ROLE"));
  EXPECT_EQ(Get().access_key_id, "ROLE");
  EXPECT_EQ(Sent(4, "X-Amz-Date"), "20150830T200000Z");
}

TEST_F(SourcesTest, RolesThatCannotBe) {
  Credentials(kBase);
  const std::string who = "usage: role of profile default: ";
  const auto failure = [this](const std::string& lines) {
    Config("[default]\nrole_arn = arn:1\n" + lines);
    return Failure();
  };
  EXPECT_EQ(failure(""), who + "neither source_profile nor credential_source says who assumes it");
  EXPECT_EQ(failure("source_profile = base\ncredential_source = Environment\n"),
            who + "both source_profile and credential_source say who assumes it");
  EXPECT_EQ(failure("source_profile = nobody\n"),
            who + "its source_profile 'nobody' does not exist");
  EXPECT_EQ(failure("credential_source = environment\n"),
            who + "there is no credential_source 'environment'");
  EXPECT_THAT(hint, HasSubstr("Environment, EcsContainer and Ec2InstanceMetadata"));
  EXPECT_EQ(failure("source_profile = base\nduration_seconds = 1h\n"),
            "usage: role of profile default: duration_seconds is no whole number from 1 on: '1h'");
  EXPECT_EQ(failure("source_profile = empty\n[profile empty]\nregion = x\n"),
            who + "its source_profile 'empty' has no credentials");
  EXPECT_EQ(failure("source_profile = default\n"),
            who + "source_profile leads in a circle: default -> default");
  EXPECT_EQ(failure("source_profile = a\n"
                    "[profile a]\nrole_arn = arn:2\nsource_profile = b\n"
                    "[profile b]\nrole_arn = arn:3\nsource_profile = a\n"),
            "usage: role of profile b: source_profile leads in a circle: default -> a -> b -> a");
  EXPECT_EQ(transport.requests.size(), 0U);
}

TEST_F(SourcesTest, RolesThatAreRefused) {
  Credentials(kBase);
  Config("[default]\nrole_arn = arn:1\nsource_profile = base\n");
  variables["AWS_MAX_ATTEMPTS"] = "1";
  transport.Reply(403,
                  "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User ada is not allowed"
                  "</Message></Error><RequestId>r1</RequestId></ErrorResponse>");
  EXPECT_THAT(Failure(), AllOf(StartsWith("unavailable: role of profile default: sts AssumeRole: "),
                               HasSubstr("User ada is not allowed"), HasSubstr("AccessDenied"),
                               HasSubstr("403")));
  transport.Fail(TransportError::Cause::kResolve);
  EXPECT_THAT(Failure(),
              AllOf(StartsWith("unavailable: role of profile default: "), HasSubstr("no luck")));
  // Replies that are not whole: the secret in them stays there.
  const std::string whole = StsReply("AssumeRole", "ROLE");
  for (const std::string& body :
       {whole.substr(0, whole.find("</SecretAccessKey>")), std::string("s3cr3t"), std::string(),
        std::string("<html><body>s3cr3t</body></html>"),
        std::string("<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>A"
                    "</AccessKeyId><SecretAccessKey>s3cr3t</SecretAccessKey></Credentials>"
                    "</AssumeRoleResult></AssumeRoleResponse>")}) {
    transport.Reply(200, body);
    EXPECT_THAT(Failure(), AllOf(StartsWith("unavailable: role of profile default: "),
                                 HasSubstr("is no AssumeRoleResponse")))
        << body;
  }
}

TEST_F(SourcesTest, WebIdentity) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/token";
  variables["AWS_ROLE_ARN"] = "arn:1";
  variables["AWS_ROLE_SESSION_NAME"] = "pod";
  files["/var/token"] = "web-s3cr3t\n";
  transport.Reply(200, StsReply("AssumeRoleWithWebIdentity", "WEB"));
  const auto cache = Cache();
  EXPECT_EQ(cache->Get().access_key_id, "WEB");
  EXPECT_EQ(cache->Get().source, "web identity (AWS_WEB_IDENTITY_TOKEN_FILE)");
  EXPECT_EQ(Body(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3A1&"
            "RoleSessionName=pod&WebIdentityToken=web-s3cr3t");
  EXPECT_EQ(Sent(0, "Authorization"), "(none)");
  // The token is read anew.
  clock.SleepFor(minutes(55));
  files["/var/token"] = "next-s3cr3t";
  transport.Reply(200, StsReply("AssumeRoleWithWebIdentity", "NEXT"));
  EXPECT_EQ(cache->Get().access_key_id, "NEXT");
  EXPECT_THAT(Body(), HasSubstr("WebIdentityToken=next-s3cr3t"));
}

TEST_F(SourcesTest, WebIdentityOfAProfile) {
  Config("[default]\nweb_identity_token_file = /token\nrole_arn = arn:1\n");
  files["/token"] = "web-s3cr3t";
  transport.Reply(400,
                  "<ErrorResponse><Error><Code>IDPCommunicationError</Code><Message>slow</Message>"
                  "</Error></ErrorResponse>");
  transport.Reply(200, StsReply("AssumeRoleWithWebIdentity", "WEB"));
  EXPECT_EQ(Get().access_key_id, "WEB");
  EXPECT_THAT(Body(), HasSubstr("RoleSessionName=sparkify-dwh-14409381"));
}

TEST_F(SourcesTest, WebIdentitiesThatCannotBe) {
  variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token";
  const std::string who = "web identity (AWS_WEB_IDENTITY_TOKEN_FILE): ";
  EXPECT_EQ(Failure(), "usage: " + who + "there is no role for the token");
  variables["AWS_ROLE_ARN"] = "arn:1";
  EXPECT_EQ(Failure(), "usage: " + who + "no such token file: /token");
  files["/token"] = "\n";
  EXPECT_EQ(Failure(), "usage: " + who + "empty token file /token");
  files["/token"] = "web-s3cr3t";
  transport.Reply(400,
                  "<ErrorResponse><Error><Code>InvalidIdentityToken</Code>"
                  "<Message>bad token web-s3cr3t</Message></Error></ErrorResponse>");
  EXPECT_THAT(Failure(),
              AllOf(StartsWith("unavailable: " + who + "sts AssumeRoleWithWebIdentity: "),
                    HasSubstr("bad token ***")));
}

TEST_F(SourcesTest, Process) {
  UseProcess(R"("/opt/my helper" get  'a b' c\ d "e\"f\g" '' --x=$HOME)");
  variables["PATH"] = "/bin";
  result.output =
      R"({"Version":1,"AccessKeyId":"P","SecretAccessKey":"s3cr3t","SessionToken":"t-s3cr3t",)"
      R"("Expiration":"2015-08-30T13:36:00+00:00"})";
  result.errors = "a warning";
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "P");
  EXPECT_EQ(found.secret_access_key, Secret("s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("t-s3cr3t"));
  EXPECT_EQ(found.expiration, clock.now + hours(1));
  EXPECT_EQ(found.source, "credential_process of profile default");
  ASSERT_EQ(commands.size(), 1U);
  EXPECT_THAT(commands[0].argv,
              ElementsAre("/opt/my helper", "get", "a b", "c d", "e\"f\\g", "", "--x=$HOME"));
  EXPECT_EQ(commands[0].environment, variables);
  EXPECT_TRUE(commands[0].errors_apart);
  EXPECT_EQ(commands[0].input, "");
}

TEST_F(SourcesTest, ProcessesThatFail) {
  const std::string who = "credential_process of profile default: ";
  for (const char* const line : {"helper 'open", "helper \"open", "helper \\"}) {
    UseProcess(line);
    EXPECT_EQ(Failure(),
              "usage: " + who + "its command line ends within a quote or after a backslash");
  }
  UseProcess("helper --get");
  run = [](const Command&) -> ProcessResult {
    throw Error(ErrorKind::kFailed, "cannot start helper: no such program in PATH");
  };
  EXPECT_EQ(Failure(), "usage: " + who + "cannot start helper: no such program in PATH");
  EXPECT_THAT(hint, HasSubstr("No shell"));
  run = [](const Command&) -> ProcessResult {
    throw Error(ErrorKind::kInterrupted, "interrupted");
  };
  EXPECT_EQ(Failure(), "other: interrupted");
  UseProcess("helper --get");
  result = {3, "s3cr3t", "please log in\nfirst\n"};
  EXPECT_EQ(Failure(), "unavailable: " + who + "helper ended with status 3: please log in first");
  result = {130, "s3cr3t", ""};
  EXPECT_EQ(Failure(), "unavailable: " + who + "helper ended with status 130");

  const std::array<std::pair<const char*, const char*>, 8> table = {{
      {"", "the reply is not a JSON object"},
      {"s3cr3t", "the reply is not a JSON object"},
      {"{\"SecretAccessKey\":\"s3cr3t", "the reply is not a JSON object"},
      {R"({"AccessKeyId":"P","SecretAccessKey":"s3cr3t"})", "the reply is not of Version 1"},
      {R"({"Version":2,"AccessKeyId":"P","SecretAccessKey":"s3cr3t"})",
       "the reply is not of Version 1"},
      {R"({"Version":1,"SecretAccessKey":"s3cr3t"})", "the reply holds no AccessKeyId"},
      {R"({"Version":1,"AccessKeyId":"P","SecretAccessKey":["s3cr3t"]})",
       "the reply holds no SecretAccessKey"},
      {R"({"Version":1,"AccessKeyId":"P","SecretAccessKey":"s3cr3t","Expiration":"s3cr3t"})",
       "Expiration is no ISO 8601 time"},
  }};
  for (const auto& [output, expected] : table) {
    result = {0, output, ""};
    EXPECT_EQ(Failure(), StrCat("unavailable: ", who, expected)) << output;
  }
  result.output = R"({"Version":1,"AccessKeyId":"P","SecretAccessKey":"s3cr3t",)"
                  R"("Expiration":"2015-08-30T12:00:00Z"})";
  EXPECT_EQ(Failure(),
            "unavailable: " + who + "the AWS credentials have expired at 2015-08-30T12:00:00Z");
}

TEST_F(SourcesTest, Sso) {
  UseSso();
  Login("2015-08-30T20:00:00Z");
  transport.Reply(200, SsoReply());
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "SSO");
  EXPECT_EQ(found.secret_access_key, Secret("sso-s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("t-s3cr3t"));
  EXPECT_EQ(found.expiration, clock.now + hours(2) + std::chrono::milliseconds(500));
  EXPECT_EQ(found.source, "SSO of profile default");
  EXPECT_EQ(Request(0).url,
            "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials"
            "?role_name=a%20b&account_id=123456789012");
  EXPECT_EQ(Request(0).method, "GET");
  EXPECT_EQ(Sent(0, "x-amz-sso_bearer_token"), "login-s3cr3t");
  EXPECT_EQ(Sent(0, "Authorization"), "(none)");
}

constexpr const char* kRenewable =
    R"(,"clientId":"c1","clientSecret":"client-s3cr3t","refreshToken":"refresh-s3cr3t",)"
    R"("registrationExpiresAt":"2015-11-01T00:00:00Z","region":"eu-west-1")";

TEST_F(SourcesTest, SsoRenewsTheLogin) {
  UseSso();
  Login("2015-08-30T12:50:00Z", kRenewable);
  transport.Reply(200,
                  R"({"accessToken":"second-s3cr3t","expiresIn":3600,"refreshToken":"r2-s3cr3t"})");
  transport.Reply(200, SsoReply());
  EXPECT_EQ(Get().access_key_id, "SSO");
  EXPECT_EQ(Request(0).url, "https://oidc.eu-west-1.amazonaws.com/token");
  EXPECT_EQ(Sent(0, "Content-Type"), "application/json");
  EXPECT_EQ(nlohmann::json::parse(Request(0).body),
            nlohmann::json::parse(R"({"grantType":"refresh_token","clientId":"c1",
                "clientSecret":"client-s3cr3t","refreshToken":"refresh-s3cr3t"})"));
  EXPECT_EQ(Sent(1, "x-amz-sso_bearer_token"), "second-s3cr3t");
  // Kept for whoever comes next.
  const auto kept = nlohmann::json::parse(files[kLogin]);
  EXPECT_EQ(kept["accessToken"], "second-s3cr3t");
  EXPECT_EQ(kept["expiresAt"], "2015-08-30T13:36:00Z");
  EXPECT_EQ(kept["refreshToken"], "r2-s3cr3t");
  EXPECT_EQ(kept["clientSecret"], "client-s3cr3t");
  EXPECT_EQ(kept["startUrl"], "https://x.example/s");
}

TEST_F(SourcesTest, SsoGoesOnWithALoginThatIsNotRenewed) {
  UseSso();
  variables["AWS_MAX_ATTEMPTS"] = "1";
  Login("2015-08-30T12:50:00Z", kRenewable);
  transport.Reply(400, R"({"error":"invalid_grant","message":"no refresh-s3cr3t"})");
  transport.Reply(200, SsoReply());
  EXPECT_EQ(Get().access_key_id, "SSO");
  EXPECT_EQ(Sent(1, "x-amz-sso_bearer_token"), "login-s3cr3t");
  // A file that cannot be written is no reason to fail either.
  environment.write = [](const std::filesystem::path&, std::string_view) {
    throw Error(ErrorKind::kFailed, "cannot write: read-only file system");
  };
  transport.Reply(200, R"({"accessToken":"second-s3cr3t","expiresIn":3600})");
  transport.Reply(200, SsoReply());
  EXPECT_EQ(Get().access_key_id, "SSO");
}

TEST_F(SourcesTest, SsoThatFails) {
  const std::string who = "SSO of profile default: ";
  UseSso();
  EXPECT_EQ(Failure(), "unavailable: " + who + "nobody has logged in");
  EXPECT_EQ(hint, "Run `aws sso login --profile default`.");
  files[kLogin] = "{\"accessToken\":\"s3cr3t";
  EXPECT_EQ(Failure(), "unavailable: " + who + "the login's file is damaged");
  files[kLogin] = R"({"expiresAt":"2015-08-30T20:00:00Z"})";
  EXPECT_EQ(Failure(), "unavailable: " + who + "the login's file holds no token");
  Login("2015-08-30T12:36:00Z");
  EXPECT_EQ(Failure(), "unavailable: " + who + "the login has expired");
  Login("2015-08-30T20:00:00Z");
  transport.Reply(401, R"({"message":"Session token not found or invalid"})");
  EXPECT_EQ(Failure(), "unavailable: " + who + "the login is not accepted any more");
  transport.Reply(403, R"({"message":"No access for login-s3cr3t"})");
  EXPECT_THAT(Failure(), AllOf(StartsWith("unavailable: " + who + "sso GetRoleCredentials: "),
                               HasSubstr("No access for ***")));
  for (const char* const body :
       {"s3cr3t", "{}", R"({"roleCredentials":{"accessKeyId":"A","expiration":1}})",
        R"({"roleCredentials":{"accessKeyId":"A","secretAccessKey":"s3cr3t"}})"}) {
    transport.Reply(200, body);
    EXPECT_THAT(Failure(), StartsWith("unavailable: " + who + "the reply ")) << body;
  }
  UseSso("sso_region = us-east-1\n");
  EXPECT_EQ(Failure(),
            "usage: " + who + "sso_region differs between the profile and [sso-session corp]");
  Config("[default]\nsso_session = corp\nsso_role_name = r\n");
  EXPECT_EQ(Failure(), "usage: " + who + "there is no [sso-session corp]");
  Config("[default]\nsso_role_name = r\nsso_region = us-east-1\n");
  EXPECT_EQ(Failure(), "usage: " + who + "missing: sso_account_id, sso_start_url");
}

TEST_F(SourcesTest, Container) {
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/x?y=1";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Basic t-s3cr3t";
  transport.Fail(TransportError::Cause::kTimeout);
  transport.Reply(500, "");
  transport.Reply(200, AgentReply("CONTAINER"));
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "CONTAINER");
  EXPECT_EQ(found.secret_access_key, Secret("agent-s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("token-s3cr3t"));
  EXPECT_EQ(found.expiration, clock.now - seconds(2) + hours(6));
  EXPECT_EQ(found.source, "the container's role");
  EXPECT_THAT(clock.sleeps, ElementsAre(seconds(1), seconds(1)));
  EXPECT_EQ(Request(2).url, "http://169.254.170.2/v2/credentials/x?y=1");
  EXPECT_EQ(Sent(2, "Authorization"), "Basic t-s3cr3t");
  EXPECT_EQ(Request(2).timeout, seconds(2));
  EXPECT_FALSE(Request(2).use_proxy);
}

TEST_F(SourcesTest, ContainerWithATokenFile) {
  UseContainer("http://169.254.170.23/v1/credentials");
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "old-s3cr3t";
  variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/var/token";
  EXPECT_EQ(Failure(),
            "usage: the container's role: AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: no such file: "
            "/var/token");
  files["/var/token"] = "one-s3cr3t";
  const auto cache = Cache();
  transport.Reply(200, AgentReply("ONE"));
  EXPECT_EQ(cache->Get().access_key_id, "ONE");
  EXPECT_EQ(Sent(0, "Authorization"), "one-s3cr3t");
  files["/var/token"] = "two-s3cr3t";
  cache->Forget();
  transport.Reply(200, AgentReply("TWO"));
  EXPECT_EQ(cache->Get().access_key_id, "TWO");
  EXPECT_EQ(Sent(1, "Authorization"), "two-s3cr3t");
  files["/var/token"] = "x-s3cr3t\r\nHost: evil";
  EXPECT_EQ(Failure(), "usage: the container's role: the authorization token holds a line break");
}

TEST_F(SourcesTest, ContainerAsksOnlyWhomItMay) {
  for (const char* const url :
       {"https://example.com/x", "http://localhost:8080/x", "http://127.0.0.1/x",
        "http://127.255.255.254/x", "http://[::1]:99/x", "http://[0:0:0:0:0:0:0:1]/x",
        "http://169.254.170.2/x", "http://169.254.170.23/x", "http://[fd00:ec2::23]/x"}) {
    UseContainer(url);
    transport.Reply(200, AgentReply("CONTAINER"));
    EXPECT_EQ(Get().access_key_id, "CONTAINER") << url;
    EXPECT_EQ(transport.requests.back().url, url);
  }
  const size_t asked = transport.requests.size();
  for (const char* const url :
       {"http://example.com/x", "http://169.254.169.254/x", "http://128.0.0.1/x",
        "http://localhost.example.com/x", "http://127.0.0.1.example.com/x", "http://[::2]/x",
        "http://169.254.170.2@example.com/x", "ftp://localhost/x", "localhost"}) {
    UseContainer(url);
    EXPECT_THAT(Failure(),
                StartsWith("usage: the container's role: AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        << url;
  }
  variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@example.com/x";
  EXPECT_EQ(Failure(),
            "usage: the container's role: AWS_CONTAINER_CREDENTIALS_RELATIVE_URI does not begin "
            "with '/'");
  EXPECT_EQ(transport.requests.size(), asked);
}

TEST_F(SourcesTest, ContainersThatFail) {
  UseContainer("http://localhost/x");
  for (int i = 0; i < 3; ++i) transport.Reply(403, R"({"code":"Denied","message":"not yours"})");
  EXPECT_EQ(Failure(), "unavailable: the container's role: not yours (HTTP 403)");
  for (int i = 0; i < 3; ++i) transport.Fail(TransportError::Cause::kConnect);
  EXPECT_EQ(Failure(), "unavailable: the container's role: no luck");
  transport.Reply(200, "<html>s3cr3t");
  EXPECT_EQ(Failure(), "unavailable: the container's role: the reply is not a JSON object");
  transport.Reply(200, R"({"AccessKeyId":"A","SecretAccessKey":""})");
  EXPECT_EQ(Failure(), "unavailable: the container's role: the reply holds no SecretAccessKey");
}

TEST_F(SourcesTest, Instance) {
  UseInstance();
  transport.Reply(200, "session-s3cr3t");
  transport.Reply(200, "etl=role+x\n");
  transport.Reply(200, AgentReply("INSTANCE"));
  const AwsCredentials found = Get();
  EXPECT_EQ(found.access_key_id, "INSTANCE");
  EXPECT_EQ(found.secret_access_key, Secret("agent-s3cr3t"));
  EXPECT_EQ(found.session_token, Secret("token-s3cr3t"));
  EXPECT_EQ(found.expiration, clock.now + hours(6));
  EXPECT_EQ(found.source, "the instance's role (IMDS)");
  EXPECT_EQ(Request(0).method, "PUT");
  EXPECT_EQ(Request(0).url, "http://169.254.169.254/latest/api/token");
  EXPECT_EQ(Sent(0, "x-aws-ec2-metadata-token-ttl-seconds"), "21600");
  EXPECT_EQ(Request(0).connect_timeout, seconds(1));
  const std::string roles = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";
  EXPECT_EQ(Request(1).url, roles);
  EXPECT_EQ(Request(2).url, roles + "etl=role+x");
  for (const size_t i : {1U, 2U}) {
    EXPECT_EQ(Request(i).method, "GET");
    EXPECT_EQ(Sent(i, "x-aws-ec2-metadata-token"), "session-s3cr3t");
    EXPECT_FALSE(Request(i).use_proxy);
  }
}

TEST_F(SourcesTest, InstanceElsewhere) {
  UseInstance();
  const auto first_url = [this] {
    transport.requests.clear();
    transport.Fail(TransportError::Cause::kConnect);
    Failure();
    return Request(0).url;
  };
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv6";
  EXPECT_EQ(first_url(), "http://[fd00:ec2::254]/latest/api/token");
  Config("[default]\nec2_metadata_service_endpoint = http://localhost:1/x\n");
  EXPECT_EQ(first_url(), "http://localhost:1/x/latest/api/token");
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://localhost:2/";
  EXPECT_EQ(first_url(), "http://localhost:2/latest/api/token");
  variables["AWS_METADATA_SERVICE_TIMEOUT"] = "5";
  variables["AWS_METADATA_SERVICE_NUM_ATTEMPTS"] = "2";
  transport.Reply(500, "");
  transport.Fail(TransportError::Cause::kConnect);
  EXPECT_THAT(Failure(), StartsWith("usage: found no AWS credentials"));
  EXPECT_EQ(transport.requests.back().connect_timeout, seconds(5));
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"] = "IPv5";
  EXPECT_EQ(Failure(),
            "usage: the instance's role (IMDS): AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE is 'IPv5', "
            "not IPv4 or IPv6");
  variables.erase("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE");
  variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "localhost";
  EXPECT_THAT(Failure(),
              StartsWith("usage: the instance's role (IMDS): AWS_EC2_METADATA_SERVICE_ENDPOINT: "));
}

TEST_F(SourcesTest, InstanceOfVersion1) {
  UseInstance();
  for (const int status : {403, 404, 405, 0}) {
    transport.requests.clear();
    if (status == 0) {
      transport.Fail(TransportError::Cause::kTimeout);  // one hop too far for the token
    } else {
      transport.Reply(status, "");
    }
    transport.Reply(200, "role");
    transport.Reply(200, AgentReply("INSTANCE"));
    EXPECT_EQ(Get().access_key_id, "INSTANCE") << status;
    EXPECT_EQ(Sent(2, "x-aws-ec2-metadata-token"), "(none)");
  }
  variables["AWS_EC2_METADATA_V1_DISABLED"] = "true";
  transport.Reply(403, "");
  EXPECT_EQ(Failure(),
            "unavailable: the instance's role (IMDS): it gives no token, and its version 1 is "
            "disabled here");
  EXPECT_THAT(hint, HasSubstr("hop limit"));
}

TEST_F(SourcesTest, NoInstance) {
  UseInstance();
  const auto none = StartsWith("usage: found no AWS credentials in: ");
  transport.Fail(TransportError::Cause::kConnect);
  EXPECT_THAT(Failure(), none);
  transport.Fail(TransportError::Cause::kTimeout);
  transport.Fail(TransportError::Cause::kTimeout);
  EXPECT_THAT(Failure(), none);
  transport.Reply(200, "s3cr3t");
  transport.Reply(404, "");  // it has no role
  EXPECT_THAT(Failure(), none);
  EXPECT_EQ(transport.requests.size(), 5U);
  variables["AWS_EC2_METADATA_DISABLED"] = "True";
  EXPECT_THAT(Failure(), none);
  EXPECT_EQ(transport.requests.size(), 5U);
}

TEST_F(SourcesTest, InstancesThatFail) {
  UseInstance();
  const std::string who = "unavailable: the instance's role (IMDS): ";
  transport.Reply(400, "");
  EXPECT_EQ(Failure(), who + "asking for a token failed: HTTP 400");
  const auto after_token = [&](int status, const std::string& body) {
    transport.Reply(200, "session-s3cr3t");
    transport.Reply(status, body);
  };
  after_token(500, "");
  EXPECT_EQ(Failure(), who + "asking for the role failed: HTTP 500");
  after_token(200, "../../user-data?");
  EXPECT_EQ(Failure(), who + "what it names is no role");
  const auto after_role = [&](int status, const std::string& body) {
    after_token(200, "etl");
    transport.Reply(status, body);
  };
  after_role(500, "s3cr3t");
  EXPECT_EQ(Failure(), who + "reading the role etl failed: HTTP 500");
  after_role(200, R"({"Code":"AssumeRoleUnauthorizedAccess","Message":"EC2 cannot assume it"})");
  EXPECT_EQ(Failure(), who + "role etl: EC2 cannot assume it (AssumeRoleUnauthorizedAccess)");
  after_role(200, "s3cr3t");
  EXPECT_EQ(Failure(), who + "the reply is not a JSON object");
  after_token(200, "etl");
  transport.Fail(TransportError::Cause::kReset);
  EXPECT_EQ(Failure(), who + "no luck");
}

TEST_F(SourcesTest, InstanceCredentialsServeAfterTheyExpire) {
  // The service that renews them is down; they go on working.
  UseInstance();
  const auto reply = [this](const std::string& key, seconds lifetime) {
    transport.Reply(200, "session-s3cr3t");
    transport.Reply(200, "etl");
    transport.Reply(200, AgentReply(key, lifetime));
  };
  reply("OLD", -hours(1));
  const auto cache = Cache();
  EXPECT_EQ(cache->Get().access_key_id, "OLD");
  EXPECT_EQ(cache->Get().access_key_id, "OLD");
  clock.SleepFor(minutes(11));
  reply("NEW", hours(6));
  EXPECT_EQ(cache->Get().access_key_id, "NEW");
  EXPECT_EQ(transport.left(), 0U);
}

}  // namespace
}  // namespace dwh
