#include "aws/settings.h"

#include <gmock/gmock.h>

#include <array>

#include "credentials_fixture.h"

namespace dwh {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class SettingsTest : public CredentialsTest {
 protected:
  std::string FilesFailure() {
    return Failure([this] { AwsFiles shared(environment); });
  }
  std::string SettingsFailure() {
    return Failure([this] { Settings(); });
  }
};

TEST_F(SettingsTest, ReadsProfilesOfBothFiles) {
  Config(
      "# a comment\r\n"
      "; another\n"
      "[default]\n"
      "region = us-east-1\n"
      "output=json ; no comment\n"
      "[profile dev]\n"
      "Region: eu-west-1\n"
      "s3 =\n"
      "  addressing_style = path\n"
      "\n"
      "  # inside\n"
      "  max_concurrent_requests=20\n"
      "aws_access_key_id = FROMCONFIG\n"
      "[profile 'two words']\n"
      "  region = sa-east-1\n"
      "  credential_process = one\n"
      "     two = 2\n"
      "[sso-session corp]\n"
      "sso_region = us-east-2\n"
      "[services local]\n"
      "redshift =\n"
      "  endpoint_url = http://localhost:1\n"
      "[preview]\n"
      "region = nowhere\n");
  Credentials(
      "[default]\n"
      "aws_access_key_id = AKIA\n"
      "[dev]\n"
      "aws_access_key_id=FROMCREDENTIALS\n"
      "[profile odd]\n"
      "region = x\n");
  const AwsFiles shared(environment);
  EXPECT_THAT(*shared.FindProfile("default"),
              ElementsAre(Pair("aws_access_key_id", "AKIA"), Pair("output", "json ; no comment"),
                          Pair("region", "us-east-1")));
  EXPECT_THAT(*shared.FindProfile("dev"),
              ElementsAre(Pair("aws_access_key_id", "FROMCREDENTIALS"), Pair("region", "eu-west-1"),
                          Pair("s3", ""), Pair("s3.addressing_style", "path"),
                          Pair("s3.max_concurrent_requests", "20")));
  EXPECT_EQ(ProfileValue(shared.FindInConfigFile("dev"), "aws_access_key_id"), "FROMCONFIG");
  EXPECT_THAT(*shared.FindInCredentialsFile("dev"),
              ElementsAre(Pair("aws_access_key_id", "FROMCREDENTIALS")));
  EXPECT_THAT(*shared.FindProfile("two words"),
              ElementsAre(Pair("credential_process", "one\ntwo = 2"), Pair("region", "sa-east-1")));
  EXPECT_EQ(ProfileValue(shared.FindSsoSession("corp"), "sso_region"), "us-east-2");
  EXPECT_EQ(ProfileValue(shared.FindServices("local"), "redshift.endpoint_url"),
            "http://localhost:1");
  for (const char* const name : {"preview", "odd", "two", "corp", "local"}) {
    EXPECT_EQ(shared.FindProfile(name), nullptr) << name;
  }
  EXPECT_NE(shared.FindProfile("profile odd"), nullptr);
  EXPECT_EQ(shared.FindInConfigFile("preview"), nullptr);
  EXPECT_EQ(shared.FindSsoSession("dev"), nullptr);
}

TEST_F(SettingsTest, FilesMayBeElsewhereOrNowhere) {
  EXPECT_EQ(AwsFiles(environment).FindProfile("default"), nullptr);
  variables["AWS_CONFIG_FILE"] = "~/elsewhere/config";
  variables["AWS_SHARED_CREDENTIALS_FILE"] = "/etc/credentials";
  files["/home/ada/elsewhere/config"] = "[default]\nregion = a\n[profile default]\nregion = b\n";
  files["/etc/credentials"] = "[other]\nregion = c\n";
  Config("[profile hidden]\nregion = d\n");
  const AwsFiles shared(environment);
  EXPECT_EQ(ProfileValue(shared.FindProfile("default"), "region"), "b");
  EXPECT_EQ(ProfileValue(shared.FindProfile("other"), "region"), "c");
  EXPECT_EQ(shared.FindProfile("hidden"), nullptr);
}

TEST_F(SettingsTest, RefusesWhatIsNoIniFile) {
  const std::array<std::pair<const char*, const char*>, 9> table = {{
      {"aws_secret_access_key = s3cr3t\n", ":1: a line before any [section]"},
      {"[default\nx=1\n", ":1: a section without a ']'"},
      {"[default]\nthe s3cr3t alone\n", ":2: expected '[section]' or 'key = value'"},
      {"[default]\n= s3cr3t\n", ":2: a value without a key"},
      {"[default]\nkey = s3cr3t\nKEY = x\n", ":3: key key is there twice"},
      {"[default]\n\n[default]\n", ":3: section [default] is there twice"},
      {"[default]\ns3 =\n  s3cr3t\n", ":3: expected '[section]' or 'key = value'"},
      {"[default]\ns3 =\n  a = s3cr3t\n  a = 2\n", ":4: key s3.a is there twice"},
      {"[default]\na = 1\n [x\n", nullptr},  // goes on with a
  }};
  for (const auto& [text, expected] : table) {
    Credentials(text);
    EXPECT_EQ(FilesFailure(),
              expected == nullptr ? "" : StrCat("usage: ~/.aws/credentials", expected))
        << text;
  }
}

TEST_F(SettingsTest, FindsTheProfile) {
  Config("[profile a]\nregion = a\n[profile b]\nregion = b\n[profile c]\nregion = c\n");
  variables.erase("AWS_REGION");
  config.region = "r";
  EXPECT_EQ(Settings().profile, "default");  // which need not exist
  variables["AWS_PROFILE"] = "a";
  EXPECT_EQ(Settings().profile, "a");
  variables["AWS_DEFAULT_PROFILE"] = "b";
  EXPECT_EQ(Settings().profile, "b");
  config.profile = "c";
  EXPECT_EQ(Settings().profile, "c");

  const std::string missing = "', which the AWS config and credentials files do not have";
  config.profile = "d";
  EXPECT_EQ(SettingsFailure(), "usage: PROFILE of dwh.cfg names the profile 'd" + missing);
  config.profile.clear();
  variables["AWS_DEFAULT_PROFILE"] = "e";
  EXPECT_EQ(SettingsFailure(), "usage: AWS_DEFAULT_PROFILE names the profile 'e" + missing);
  variables.erase("AWS_DEFAULT_PROFILE");
  variables["AWS_PROFILE"] = "default";
  EXPECT_EQ(SettingsFailure(), "usage: AWS_PROFILE names the profile 'default" + missing);
  EXPECT_THAT(hint, HasSubstr("list-profiles"));
}

TEST_F(SettingsTest, FindsTheRegion) {
  variables.clear();
  EXPECT_EQ(SettingsFailure(), "usage: no AWS region is set");
  EXPECT_THAT(hint, HasSubstr("REGION in [AWS] of dwh.cfg, or AWS_REGION, or region in profile"));
  Config("[default]\nregion = by-profile\n");
  EXPECT_EQ(Settings().region, "by-profile");
  variables["AWS_DEFAULT_REGION"] = "by-default";
  EXPECT_EQ(Settings().region, "by-default");
  variables["AWS_REGION"] = "by-variable";
  EXPECT_EQ(Settings().region, "by-variable");
  config.region = "by-config";
  EXPECT_EQ(Settings().region, "by-config");

  config.region = "us-west-2.evil.example";
  EXPECT_EQ(SettingsFailure(),
            "usage: REGION of dwh.cfg is no name of a region: 'us-west-2.evil.example'");
  config.region.clear();
  variables = {{"AWS_REGION", "Oregon"}};
  EXPECT_EQ(SettingsFailure(), "usage: AWS_REGION is no name of a region: 'Oregon'");
  variables.clear();
  Config("[default]\nregion = us-west-2 # here\n");
  EXPECT_EQ(SettingsFailure(),
            "usage: region of profile default is no name of a region: 'us-west-2 # here'");
}

struct HostCase {
  const char* region;
  const char* service;
  const char* host;
  const char* fips_host;
  const char* signing_region;  // nullptr: the region
};

// The answers are those of botocore 1.43.67's endpoint rules.
TEST_F(SettingsTest, KnowsTheHosts) {
  const std::array<HostCase, 17> table = {{
      {"us-west-2", "redshift", "redshift.us-west-2.amazonaws.com",
       "redshift-fips.us-west-2.amazonaws.com", nullptr},
      {"us-west-2", "redshift-serverless", "redshift-serverless.us-west-2.amazonaws.com",
       "redshift-serverless-fips.us-west-2.amazonaws.com", nullptr},
      {"us-west-2", "iam", "iam.amazonaws.com", "iam-fips.amazonaws.com", "us-east-1"},
      {"eu-central-1", "ec2", "ec2.eu-central-1.amazonaws.com",
       "ec2-fips.eu-central-1.amazonaws.com", nullptr},
      {"us-east-1", "sts", "sts.us-east-1.amazonaws.com", "sts-fips.us-east-1.amazonaws.com",
       nullptr},
      {"us-west-2", "s3", "s3.us-west-2.amazonaws.com", "s3-fips.us-west-2.amazonaws.com", nullptr},
      {"us-west-2", "sso", "portal.sso.us-west-2.amazonaws.com",
       "portal.sso-fips.us-west-2.amazonaws.com", nullptr},
      {"us-west-2", "sso-oidc", "oidc.us-west-2.amazonaws.com", "oidc-fips.us-west-2.amazonaws.com",
       nullptr},
      {"cn-northwest-1", "redshift", "redshift.cn-northwest-1.amazonaws.com.cn",
       "redshift-fips.cn-northwest-1.amazonaws.com.cn", nullptr},
      {"cn-northwest-1", "iam", "iam.cn-north-1.amazonaws.com.cn", nullptr, "cn-north-1"},
      {"us-gov-east-1", "redshift", "redshift.us-gov-east-1.amazonaws.com",
       "redshift-fips.us-gov-east-1.amazonaws.com", nullptr},
      {"us-gov-east-1", "iam", "iam.us-gov.amazonaws.com", "iam.us-gov.amazonaws.com",
       "us-gov-west-1"},
      {"us-gov-east-1", "ec2", "ec2.us-gov-east-1.amazonaws.com", "ec2.us-gov-east-1.amazonaws.com",
       nullptr},
      {"us-gov-west-1", "sts", "sts.us-gov-west-1.amazonaws.com", "sts.us-gov-west-1.amazonaws.com",
       nullptr},
      {"us-gov-west-1", "s3", "s3.us-gov-west-1.amazonaws.com",
       "s3-fips.us-gov-west-1.amazonaws.com", nullptr},
      {"eusc-de-east-1", "redshift", "redshift.eusc-de-east-1.amazonaws.eu",
       "redshift-fips.eusc-de-east-1.amazonaws.eu", nullptr},
      {"eusc-de-east-1", "iam", "iam.eusc-de-east-1.amazonaws.eu", nullptr, "eusc-de-east-1"},
  }};
  for (const HostCase& one : table) {
    AwsSettings settings;
    settings.region = one.region;
    const std::string what = StrCat(one.region, " ", one.service);
    EXPECT_EQ(settings.Endpoint(one.service), StrCat("https://", one.host)) << what;
    EXPECT_EQ(settings.SigningRegion(one.service),
              one.signing_region == nullptr ? one.region : one.signing_region)
        << what;
    settings.fips = true;
    if (one.fips_host != nullptr) {
      EXPECT_EQ(settings.Endpoint(one.service), StrCat("https://", one.fips_host)) << what;
    }
  }
}

TEST_F(SettingsTest, KnowsThePartition) {
  AwsSettings settings;
  for (const auto& [region, partition] :
       {std::pair("us-west-2", "aws"), std::pair("cn-north-1", "aws-cn"),
        std::pair("us-gov-west-1", "aws-us-gov"), std::pair("eusc-de-east-1", "aws-eusc")}) {
    settings.region = region;
    EXPECT_EQ(settings.Partition(), partition);
  }
}

TEST_F(SettingsTest, EndpointsKeepTheirOrder) {
  const auto redshift = [this] { return Settings().Endpoint("redshift"); };
  const auto serverless = [this] { return Settings().Endpoint("redshift-serverless"); };
  Config(
      "[default]\nendpoint_url = http://profile\nservices = mine\n"
      "[services mine]\nredshift =\n  endpoint_url = http://services/\n"
      "redshift_serverless =\n  endpoint_url = http://services/serverless\n");
  EXPECT_EQ(redshift(), "http://services");
  EXPECT_EQ(serverless(), "http://services/serverless");
  EXPECT_EQ(Settings().Endpoint("iam"), "http://profile");
  EXPECT_EQ(Settings().SigningRegion("iam"), "us-east-1");
  variables["AWS_ENDPOINT_URL"] = "http://all:5000/moto/";
  EXPECT_EQ(redshift(), "http://all:5000/moto");
  EXPECT_EQ(Settings().Endpoint("iam"), "http://all:5000/moto");
  variables["AWS_ENDPOINT_URL_REDSHIFT_SERVERLESS"] = "http://one";
  EXPECT_EQ(redshift(), "http://all:5000/moto");
  EXPECT_EQ(serverless(), "http://one");
  config.endpoint_url = "http://dwh";
  EXPECT_EQ(redshift(), "http://dwh");
  EXPECT_EQ(serverless(), "http://dwh");
  variables["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "TRUE";
  EXPECT_EQ(redshift(), "http://dwh");
  config.endpoint_url.clear();
  EXPECT_EQ(redshift(), "https://redshift.us-west-2.amazonaws.com");
  EXPECT_EQ(serverless(), "https://redshift-serverless.us-west-2.amazonaws.com");
}

TEST_F(SettingsTest, RefusesEndpointsThatAreNone) {
  config.endpoint_url = "localhost:5000";
  EXPECT_THAT(SettingsFailure(),
              testing::AllOf(testing::StartsWith("usage: ENDPOINT_URL of dwh.cfg: "),
                             HasSubstr("localhost:5000")));
  config.endpoint_url.clear();
  variables["AWS_ENDPOINT_URL_STS"] = "http://somebody:s3cr3t@host";
  EXPECT_THAT(SettingsFailure(), testing::StartsWith("usage: AWS_ENDPOINT_URL_STS: "));
  variables["AWS_ENDPOINT_URL_STS"] = "http://host/?x=1";
  EXPECT_EQ(SettingsFailure(), "usage: AWS_ENDPOINT_URL_STS is no endpoint: it holds a query");
  variables.erase("AWS_ENDPOINT_URL_STS");
  Config("[default]\nservices = mine\n");
  EXPECT_EQ(SettingsFailure(),
            "usage: profile default names services 'mine', but there is no [services mine]");
}

TEST_F(SettingsTest, ReadsTheRest) {
  EXPECT_EQ(Settings().max_attempts, 3);
  EXPECT_EQ(Settings().ca_bundle, "");
  EXPECT_FALSE(Settings().fips);
  Config(
      "[default]\nmax_attempts = 5\nca_bundle = /profile.pem\nuse_fips_endpoint = true\n"
      "retry_mode = adaptive\n");
  EXPECT_EQ(Settings().max_attempts, 5);
  EXPECT_EQ(Settings().ca_bundle, "/profile.pem");
  EXPECT_TRUE(Settings().fips);
  variables["AWS_MAX_ATTEMPTS"] = "7";
  variables["AWS_CA_BUNDLE"] = "/variable.pem";
  variables["AWS_USE_FIPS_ENDPOINT"] = "False";
  EXPECT_EQ(Settings().max_attempts, 7);
  EXPECT_EQ(Settings().ca_bundle, "/variable.pem");
  EXPECT_FALSE(Settings().fips);

  for (const char* const text : {"0", "-1", "three", "3x", "99999999999"}) {
    variables["AWS_MAX_ATTEMPTS"] = text;
    EXPECT_EQ(SettingsFailure(),
              StrCat("usage: AWS_MAX_ATTEMPTS is no whole number from 1 on: '", text, "'"));
  }
  variables.erase("AWS_MAX_ATTEMPTS");
  variables["AWS_RETRY_MODE"] = "eager";
  EXPECT_EQ(SettingsFailure(), "usage: AWS_RETRY_MODE is no retry mode: 'eager'");
  variables.erase("AWS_RETRY_MODE");
  variables["AWS_USE_DUALSTACK_ENDPOINT"] = "true";
  EXPECT_EQ(SettingsFailure(),
            "usage: AWS_USE_DUALSTACK_ENDPOINT is set, but dual-stack endpoints are not supported");
}

}  // namespace
}  // namespace dwh
