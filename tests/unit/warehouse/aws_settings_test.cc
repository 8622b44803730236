#include "warehouse/aws_settings.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fake_aws.h"
#include "warehouse/aws_policies.h"
#include "warehouse/password.h"

namespace dwh {
namespace {

using testing::HasSubstr;
using testing::Not;

class AwsSettingsTest : public AwsWarehouseTest {
 protected:
  AwsWarehouseSpec Check(const std::string& lines) {
    return CheckAwsSettings(Config("[DWH]\nENGINE=redshift\n" + lines));
  }
  /// The complaint, or "" if there is none.
  std::string Complaint(const std::string& lines) {
    try {
      Check(lines);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      return error.what();
    }
    return "";
  }
};

TEST_F(AwsSettingsTest, DefaultsAreTodaysAndSmall) {
  const AwsWarehouseSpec spec = Check("");
  EXPECT_EQ(spec.node_type, "ra3.large");
  EXPECT_EQ(spec.nodes, 1);
  EXPECT_EQ(spec.port, 5439);
  EXPECT_EQ(spec.database, "dev");
  EXPECT_FALSE(spec.publicly_accessible);
}

TEST_F(AwsSettingsTest, TheOriginalsIdentifierIsLowered) {
  EXPECT_EQ(Check("[CLUSTER]\nCLUSTER_IDENTIFIER=dwhCluster\n").identifier, "dwhcluster");
}

TEST_F(AwsSettingsTest, WhatTheServiceWouldRefuseIsRefusedFirst) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"NODE_TYPE=dc2.large", "dc2.large can no longer be ordered; take ra3.large or rg.large"},
      {"NODE_TYPE=ds2.xlarge", "can no longer be ordered"},
      {"NODE_TYPE=rg.xlarge", "rg.xlarge comes with 2 to 16 nodes"},
      {"NODE_TYPE=ra3.large\nNUM_NODES=17", "comes with 1 to 16 nodes"},
      {"DB_PASSWORD=short1A", "8 to 64"},
      {"DB_PASSWORD=alllower1", "upper-case"},
      {"DB_PASSWORD=ALLUPPER1", "lower-case"},
      {"DB_PASSWORD=NoDigitsHere", "digit"},
      {"DB_PASSWORD=Slash/Inside1", "may not hold"},
      {"DB_NAME=Sparkify", "DB_NAME"},
      {"DB_USER=public", "DB_USER"},
      {"DB_USER=1st", "DB_USER"},
      {"DB_PORT=5432", ""},
      {"DB_PORT=1234", "5431 to 5455"},
      {"DB_PORT=1234\nHOST=made.long.ago.example", ""}};
  for (const auto& [lines, words] : cases) {
    const std::string complaint = Complaint("[CLUSTER]\n" + lines + "\n");
    EXPECT_EQ(complaint.empty(), words.empty()) << lines << ": " << complaint;
    EXPECT_THAT(complaint, HasSubstr(words)) << lines;
  }
}

TEST_F(AwsSettingsTest, AllMistakesComeTogetherAndNoneShowsThePassword) {
  const std::string complaint =
      Complaint("[CLUSTER]\nNODE_TYPE=dc2.large\nDB_PASSWORD=hunter2\nDB_PORT=1\n");
  EXPECT_THAT(complaint, HasSubstr("NODE_TYPE"));
  EXPECT_THAT(complaint, HasSubstr("DB_PASSWORD"));
  EXPECT_THAT(complaint, HasSubstr("DB_PORT"));
  EXPECT_THAT(complaint, Not(HasSubstr("hunter2")));
}

TEST_F(AwsSettingsTest, CostIsToldFromTheConfiguredPriceOrTheKnownOne) {
  EXPECT_THAT(DescribeCost(Check("[CLUSTER]\nNUM_NODES=2\n"), EngineKind::kRedshift),
              HasSubstr("2 x ra3.large at about 0.54 USD"));
  EXPECT_THAT(
      DescribeCost(Check("[CLUSTER]\nNUM_NODES=2\nNODE_PRICE=0.7\n"), EngineKind::kRedshift),
      HasSubstr("0.70 USD an hour each: 1.40 USD an hour, 33.60 USD a day"));
}

TEST_F(AwsSettingsTest, MadePasswordsAreOnesThatRedshiftTakes) {
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(ProblemOfPassword(MakePassword()), "");
}

TEST_F(AwsSettingsTest, CopyPolicyAdmitsToTheConfiguredPlacesOnly) {
  const DwhConfig config =
      Config("[S3]\nLOG_JSONPATH=s3://meta/log_json_path.json\nSTAGING=s3://work/parts\n");
  const auto policy = nlohmann::json::parse(CopyPolicy(config, "aws-cn"));
  EXPECT_EQ(
      policy["Statement"][0]["Resource"],
      (nlohmann::json{"arn:aws-cn:s3:::lake", "arn:aws-cn:s3:::meta", "arn:aws-cn:s3:::work"}));
  EXPECT_EQ(policy["Statement"][1]["Action"], nlohmann::json{"s3:GetObject"});
  EXPECT_EQ(
      policy["Statement"][1]["Resource"],
      (nlohmann::json{"arn:aws-cn:s3:::lake/log_data*", "arn:aws-cn:s3:::lake/song_data*",
                      "arn:aws-cn:s3:::meta/log_json_path.json*", "arn:aws-cn:s3:::work/parts*"}));
}

TEST(TrustPolicyTest, IsRecognisedInAllItsForms) {
  EXPECT_TRUE(Trusts(TrustPolicy(), "redshift.amazonaws.com"));
  EXPECT_TRUE(Trusts(TrustPolicy(), "redshift-serverless.amazonaws.com"));
  EXPECT_TRUE(Trusts(R"({"Statement":{"Effect":"Allow","Principal":{"Service":)"
                     R"("redshift.amazonaws.com"},"Action":"sts:AssumeRole"}})",
                     "redshift.amazonaws.com"));
  EXPECT_FALSE(Trusts(R"({"Statement":[{"Effect":"Deny","Principal":{"Service":)"
                      R"("redshift.amazonaws.com"}}]})",
                      "redshift.amazonaws.com"));
  EXPECT_FALSE(Trusts(R"({"Statement":[{"Effect":"Allow","Principal":"*"}]})", "x"));
  EXPECT_FALSE(Trusts("no JSON", "x"));
}

}  // namespace
}  // namespace dwh
