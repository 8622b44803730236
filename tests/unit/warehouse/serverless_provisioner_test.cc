#include "warehouse/serverless_provisioner.h"

#include <gmock/gmock.h>

#include "fake_aws.h"

namespace dwh {
namespace {

using testing::HasSubstr;

class ServerlessProvisionerTest : public AwsWarehouseTest {
 protected:
  ServerlessProvisionerTest() {
    aws.On("ListTagsForResource", Reply(R"({"tags":[{"key":"sparkify-dwh","value":"dwh"}]})"));
  }

  ServerlessProvisioner Provisioner() {
    const DwhConfig config = Config(
        "[DWH]\nENGINE=serverless\n[SERVERLESS]\nWORKGROUP=dwh\nBASE_CAPACITY=8\n[CLUSTER]\n"
        "DB_NAME=dwh\nDB_USER=dwhuser\n");
    return {config, CheckAwsSettings(config), clock, Session(config)};
  }

  static FakeAws::Answer Workgroup(const std::string& status) {
    return Reply(StrCat(
        R"({"workgroup":{"workgroupName":"dwh","namespaceName":"dwh","status":")", status,
        R"(","baseCapacity":8,"securityGroupIds":["sg-1"],"subnetIds":[],)"
        R"("publiclyAccessible":false)",
        status == "CREATING" ? "" : R"(,"endpoint":{"address":"127.0.0.1","port":5439})", "}}"));
  }
  static FakeAws::Answer Namespace(const std::string& status, const std::string& db = "dwh") {
    return Reply(StrCat(R"({"namespace":{"namespaceName":"dwh","status":")", status,
                        R"(","adminUsername":"dwhuser","dbName":")", db, R"(","iamRoles":[]}})"));
  }
  static FakeAws::Answer Absent() { return Json("ResourceNotFoundException"); }
  static FakeAws::Answer Json(const std::string& code) {
    return Reply(StrCat(R"({"__type":")", code, R"(","message":"no"})"), 400);
  }
};

TEST_F(ServerlessProvisionerTest, CreateMakesNamespaceThenWorkgroupAndWaits) {
  aws.On("GetNamespace", Absent());
  aws.On("CreateNamespace", Namespace("AVAILABLE"));
  aws.On("GetWorkgroup", Absent(), Workgroup("CREATING"), Workgroup("AVAILABLE"));
  aws.On("CreateWorkgroup", Workgroup("CREATING"));
  Provisioner().Create();
  EXPECT_EQ(Written().cluster.host, "127.0.0.1");
  EXPECT_EQ(Written().iam_role.arn, kArn);
  EXPECT_FALSE(Written().cluster.db_password.empty());
  EXPECT_THAT(aws.bodies["CreateNamespace"], HasSubstr(Written().cluster.db_password.Reveal()));
  EXPECT_THAT(aws.bodies["CreateWorkgroup"], HasSubstr("\"baseCapacity\":8"));
  EXPECT_THAT(aws.bodies["CreateRole"], HasSubstr("redshift-serverless.amazonaws.com"));
}

TEST_F(ServerlessProvisionerTest, CreateGoesOnWhereItStopped) {
  aws.On("GetNamespace", Namespace("AVAILABLE"));
  aws.On("GetWorkgroup", Workgroup("CREATING"), Workgroup("CREATING"), Workgroup("AVAILABLE"));
  Provisioner().Create();
  EXPECT_EQ(aws.Count("CreateNamespace") + aws.Count("CreateWorkgroup"), 0);
}

TEST_F(ServerlessProvisionerTest, LostRepliesAreLookedUp) {
  aws.On("GetNamespace", Absent(), Namespace("AVAILABLE"));
  aws.On("CreateNamespace", LoseConnection());
  aws.On("GetWorkgroup", Absent(), Workgroup("CREATING"), Workgroup("AVAILABLE"));
  aws.On("CreateWorkgroup", Json("ConflictException"));
  Provisioner().Create();
  EXPECT_EQ(aws.Count("CreateNamespace"), 1);
  EXPECT_EQ(aws.Count("CreateWorkgroup"), 1);
}

TEST_F(ServerlessProvisionerTest, NamespaceWithOtherSettingsIsRefused) {
  aws.On("GetWorkgroup", Absent());
  aws.On("GetNamespace", Namespace("AVAILABLE", "other"));
  try {
    Provisioner().Create();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_THAT(error.what(), HasSubstr("database 'other'"));
  }
}

TEST_F(ServerlessProvisionerTest, DeleteTakesTheWorkgroupFirstAndWaitsOutConflicts) {
  aws.On("GetWorkgroup", Workgroup("AVAILABLE"), Workgroup("AVAILABLE"), Workgroup("DELETING"),
         Absent());
  aws.On("DeleteWorkgroup", Workgroup("DELETING"));
  aws.On("GetNamespace", Namespace("AVAILABLE"), Namespace("AVAILABLE"), Namespace("AVAILABLE"),
         Namespace("DELETING"), Absent());
  aws.On("DeleteNamespace", Json("ConflictException"), Namespace("DELETING"));
  Provisioner().Delete("last-one");
  EXPECT_EQ(aws.Count("DeleteWorkgroup"), 1);
  EXPECT_EQ(aws.Count("DeleteNamespace"), 2);
  EXPECT_THAT(aws.bodies["DeleteNamespace"], HasSubstr("\"finalSnapshotName\":\"last-one\""));
}

TEST_F(ServerlessProvisionerTest, LostReplyToDeleteIsLookedUp) {
  aws.On("GetWorkgroup", Workgroup("AVAILABLE"), Workgroup("AVAILABLE"), Workgroup("DELETING"),
         Absent());
  aws.On("DeleteWorkgroup", LoseConnection());
  aws.On("GetNamespace", Absent());
  Provisioner().Delete(std::nullopt);
  EXPECT_EQ(aws.Count("DeleteWorkgroup"), 1);
}

TEST_F(ServerlessProvisionerTest, WhatSomeoneElseMadeStays) {
  aws.On("GetWorkgroup", Workgroup("AVAILABLE"));
  aws.On("ListTagsForResource", Reply(R"({"tags":[{"key":"sparkify-dwh","value":"other"}]})"));
  EXPECT_THROW(Provisioner().Delete(std::nullopt), Error);
  aws.On("GetWorkgroup", Absent());
  aws.On("GetNamespace", Namespace("AVAILABLE"));
  Provisioner().Delete("last-one");
  EXPECT_EQ(aws.Count("DeleteWorkgroup") + aws.Count("DeleteNamespace"), 0);
}

TEST_F(ServerlessProvisionerTest, DeleteOfNothingIsSuccess) {
  aws.On("GetWorkgroup", Absent());
  aws.On("GetNamespace", Absent());
  Provisioner().Delete(std::nullopt);
  EXPECT_EQ(aws.Count("DeleteWorkgroup") + aws.Count("DeleteNamespace"), 0);
}

TEST_F(ServerlessProvisionerTest, StatusAndPause) {
  aws.On("GetWorkgroup", Workgroup("AVAILABLE"));
  aws.On("GetNamespace", Namespace("AVAILABLE"));
  const WarehouseStatus status = Provisioner().Status();
  EXPECT_EQ(status.state, "available");
  EXPECT_EQ(status.host, "127.0.0.1");
  EXPECT_EQ(status.user, "dwhuser");
  EXPECT_THROW(Provisioner().Pause(), Error);
}

}  // namespace
}  // namespace dwh
