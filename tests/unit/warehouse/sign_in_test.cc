#include "warehouse/sign_in.h"

#include <array>
#include <span>

#include "fake_aws.h"

namespace dwh {
namespace {

class SignInTest : public AwsWarehouseTest {
 protected:
  AwsClient& Client() {
    ++asked;
    if (!session_) session_ = Session(config_);
    return session_->client();
  }
  SignIn Make(const std::string& more) {
    config_ = Config(more);
    return {config_, "etl", clock, [this]() -> AwsClient& { return Client(); }};
  }

  int asked = 0;

 private:
  std::unique_ptr<AwsSession> session_;
  DwhConfig config_;
};

FakeAws::Answer Login(const std::string& user) {
  return Result("GetClusterCredentials",
                StrCat("<DbUser>IAM:", user, "</DbUser><DbPassword>hush-", user, "</DbPassword>"));
}

TEST_F(SignInTest, APasswordTakesNoAws) {
  SignIn sign_in = Make("[CLUSTER]\nHOST=h\nDB_PASSWORD=Secret1\nDB_PORT=15439\nDB_USER=me\n");
  const ConnectParams params = sign_in.Params();
  EXPECT_EQ(params.host, "h");
  EXPECT_EQ(params.port, 15439);
  EXPECT_EQ(params.user, "me");
  EXPECT_EQ(params.database, "dev");
  EXPECT_EQ(params.password.Reveal(), "Secret1");
  EXPECT_EQ(params.application_name, "etl");
  EXPECT_EQ(params.sslmode, "verify-full");
  EXPECT_EQ(asked, 0);
}

TEST_F(SignInTest, WithoutAPasswordALoginIsFetchedAndRenewed) {
  aws.On("GetClusterCredentials", Login("one"), Login("two"));
  SignIn sign_in = Make("[CLUSTER]\nHOST=h\nCLUSTER_IDENTIFIER=Dwh\nDB_USER=me\n");
  EXPECT_EQ(sign_in.Params().user, "IAM:one");
  EXPECT_NE(aws.bodies["GetClusterCredentials"].find("DbUser=me&DbName=dev&ClusterIdentifier=dwh"),
            std::string::npos);
  clock.SleepFor(std::chrono::minutes(9));
  EXPECT_EQ(sign_in.Params().user, "IAM:one");
  clock.SleepFor(std::chrono::minutes(2));
  const ConnectParams params = sign_in.Params();
  EXPECT_EQ(params.user, "IAM:two");
  EXPECT_EQ(params.password.Reveal(), "hush-two");
  EXPECT_EQ(aws.Count("GetClusterCredentials"), 2);
}

TEST_F(SignInTest, TheHostNamesTheCluster) {
  aws.On("GetClusterCredentials", Login("one"));
  SignIn sign_in = Make("[CLUSTER]\nHOST=my-dwh.e20957a379d1.us-west-2.redshift.amazonaws.com\n");
  EXPECT_EQ(sign_in.Params().user, "IAM:one");
  EXPECT_NE(aws.bodies["GetClusterCredentials"].find("ClusterIdentifier=my-dwh"),
            std::string::npos);
}

TEST_F(SignInTest, AsksWhereTheClusterIs) {
  aws.On("DescribeClusters",
         Result("DescribeClusters",
                "<Clusters><Cluster><ClusterIdentifier>dwh</ClusterIdentifier><Endpoint><Address>"
                "dwh.example</Address><Port>5440</Port></Endpoint></Cluster></Clusters>"));
  SignIn sign_in = Make("[CLUSTER]\nCLUSTER_IDENTIFIER=dwh\nDB_PASSWORD=Secret1\n");
  const ConnectParams params = sign_in.Params();
  EXPECT_EQ(params.host, "dwh.example");
  EXPECT_EQ(params.port, 5440);
  sign_in.Params();
  EXPECT_EQ(aws.Count("DescribeClusters"), 1);
}

TEST_F(SignInTest, AClusterThatIsNotThere) {
  aws.On("DescribeClusters", Refuse("ClusterNotFound", "none", 404));
  SignIn sign_in = Make("[CLUSTER]\nCLUSTER_IDENTIFIER=dwh\nDB_PASSWORD=Secret1\n");
  try {
    sign_in.Params();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_STREQ(error.what(), "there is no warehouse dwh to load into");
  }
}

TEST_F(SignInTest, Serverless) {
  aws.On("GetWorkgroup", Reply(R"({"workgroup": {"workgroupName": "wgr", "endpoint":)"
                               R"( {"address": "wg.example", "port": 5439}}})"));
  aws.On("GetCredentials", Reply(R"({"dbUser": "IAM:me", "dbPassword": "hush"})"));
  SignIn sign_in = Make("[SERVERLESS]\nWORKGROUP=wgr\n");
  const ConnectParams params = sign_in.Params();
  EXPECT_EQ(params.host, "wg.example");
  EXPECT_EQ(params.user, "IAM:me");
  EXPECT_EQ(params.password.Reveal(), "hush");
}

TEST_F(SignInTest, SaysWhatAWouldBeLoginLacks) {
  aws.On("GetClusterCredentials", Refuse("AccessDenied", "you may not", 403));
  SignIn sign_in = Make("[CLUSTER]\nHOST=h\nCLUSTER_IDENTIFIER=dwh\n");
  try {
    sign_in.Params();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    EXPECT_NE(std::string(error.what()).find("DB_PASSWORD is empty"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("you may not"), std::string::npos);
    EXPECT_FALSE(error.hint().empty());
  }
  SignIn nameless = Make("[CLUSTER]\nHOST=10.0.0.7\n");
  EXPECT_THROW(nameless.Params(), Error);
}

TEST_F(SignInTest, FindsTheFirstBundleThatIsThere) {
  const std::array<std::filesystem::path, 3> files = {
      "/no/such/file", std::filesystem::path(testing::TempDir()), "/proc/self/status"};
  EXPECT_EQ(FindCaBundle(files), "/proc/self/status");
  EXPECT_EQ(FindCaBundle(std::span(files).first(1)), "");
}

TEST_F(SignInTest, AFileOfAuthoritiesThatIsNamedStays) {
  SignIn sign_in = Make("[CLUSTER]\nHOST=h\nDB_PASSWORD=Secret1\nSSLROOTCERT=/own/ca.pem\n");
  EXPECT_EQ(sign_in.Params().sslrootcert, "/own/ca.pem");
}

}  // namespace
}  // namespace dwh
