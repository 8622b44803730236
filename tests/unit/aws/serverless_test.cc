#include "aws/serverless.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fake_service.h"

namespace dwh {
namespace {

using nlohmann::ordered_json;
using testing::ElementsAre;
using testing::SizeIs;

constexpr const char* kNotFound =
    R"({"__type": "com.amazonaws.redshiftserverless#ResourceNotFoundException", "message": "no"})";

class ServerlessTest : public FakeService {
 protected:
  /// The last request: its target and its body.
  std::string Last() const {
    return FindHeader(transport.requests.back(), "x-amz-target").value_or("") + " " +
           transport.requests.back().body;
  }
  ServerlessClient serverless{client};
};

TEST_F(ServerlessTest, CreatesANamespace) {
  transport.Reply(200, "{}");
  NamespaceSpec spec{.name = "ns1",
                     .user = "admin",
                     .password = Secret("Passw0rd1"),
                     .database = "dev",
                     .role_arns = {"arn:a"},
                     .tags = {{"k", "v"}}};
  serverless.CreateNamespace(spec);
  EXPECT_EQ(Last(),
            "RedshiftServerless.CreateNamespace "
            R"({"namespaceName":"ns1","adminUsername":"admin","adminUserPassword":"Passw0rd1",)"
            R"("dbName":"dev","iamRoles":["arn:a"],"tags":[{"key":"k","value":"v"}]})");

  transport.Reply(400, R"({"__type": "ValidationException", "message": "'Passw0rd1' is bad"})");
  spec.role_arns = {};
  spec.tags = {};
  EXPECT_STREQ(Thrown<AwsError>([&] { serverless.CreateNamespace(spec); }).what(),
               "redshift-serverless CreateNamespace: '***' is bad (ValidationException, HTTP 400)");
  EXPECT_EQ(Last(),
            "RedshiftServerless.CreateNamespace "
            R"({"namespaceName":"ns1","adminUsername":"admin","adminUserPassword":"Passw0rd1",)"
            R"("dbName":"dev"})");
}

TEST_F(ServerlessTest, ReadsANamespaceWithRolesInBothForms) {
  transport.Reply(200,
                  R"json({"new": 1, "namespace": {"namespaceName": "ns1", "status": "AVAILABLE",
      "namespaceArn": "arn:n", "adminUsername": "admin", "dbName": "dev", "kmsKeyId": null,
      "defaultIamRoleArn": "arn:a", "iamRoles": ["arn:a",
        "IamRole(applyStatus=in-sync, iamRoleArn=arn:aws:iam::1:role/b)",
        "IamRole(iamRoleArn=arn:c, applyStatus=adding)"]}})json");
  const auto found = serverless.GetNamespace("ns1");
  EXPECT_EQ(Last(), R"(RedshiftServerless.GetNamespace {"namespaceName":"ns1"})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "ns1");
  EXPECT_EQ(found->status, "AVAILABLE");
  EXPECT_EQ(found->arn, "arn:n");
  EXPECT_EQ(found->user, "admin");
  EXPECT_EQ(found->database, "dev");
  EXPECT_EQ(found->default_role_arn, "arn:a");
  ASSERT_THAT(found->roles, SizeIs(3));
  EXPECT_EQ(found->roles[0].arn, "arn:a");
  EXPECT_EQ(found->roles[0].apply_status, "");
  EXPECT_EQ(found->roles[1].arn, "arn:aws:iam::1:role/b");
  EXPECT_EQ(found->roles[1].apply_status, "in-sync");
  EXPECT_EQ(found->roles[2].arn, "arn:c");
  EXPECT_EQ(found->roles[2].apply_status, "adding");
}

TEST_F(ServerlessTest, CreatesAWorkgroup) {
  transport.Reply(200, "{}");
  serverless.CreateWorkgroup({.name = "wg",
                              .namespace_name = "ns1",
                              .base_capacity = 8,
                              .publicly_accessible = true,
                              .security_group_ids = {"sg-1"},
                              .subnet_ids = {"subnet-1", "subnet-2"},
                              .port = 5440,
                              .tags = {{"k", "v"}}});
  EXPECT_EQ(Last(),
            "RedshiftServerless.CreateWorkgroup "
            R"({"workgroupName":"wg","namespaceName":"ns1","baseCapacity":8,)"
            R"("publiclyAccessible":true,"port":5440,"securityGroupIds":["sg-1"],)"
            R"("subnetIds":["subnet-1","subnet-2"],"tags":[{"key":"k","value":"v"}]})");
}

TEST_F(ServerlessTest, ReadsAWorkgroup) {
  transport.Reply(200, R"({"workgroup": {"workgroupName": "wg", "namespaceName": "ns1",
      "status": "CREATING", "workgroupArn": "arn:w", "baseCapacity": 8,
      "publiclyAccessible": true, "securityGroupIds": ["sg-1"], "subnetIds": ["s"],
      "endpoint": {"address": "wg.example.org", "port": 5439}}})");
  const auto found = serverless.GetWorkgroup("wg");
  EXPECT_EQ(Last(), R"(RedshiftServerless.GetWorkgroup {"workgroupName":"wg"})");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->name, "wg");
  EXPECT_EQ(found->namespace_name, "ns1");
  EXPECT_EQ(found->status, "CREATING");
  EXPECT_EQ(found->arn, "arn:w");
  EXPECT_EQ(found->base_capacity, 8);
  EXPECT_EQ(found->host, "wg.example.org");
  EXPECT_EQ(found->port, 5439);
  EXPECT_TRUE(found->publicly_accessible);
  EXPECT_THAT(found->security_group_ids, ElementsAre("sg-1"));
  EXPECT_THAT(found->subnet_ids, ElementsAre("s"));

  transport.Reply(200, R"({"workgroup": {"status": "CREATING"}})");
  EXPECT_EQ(serverless.GetWorkgroup("wg").value().host, "");
}

TEST_F(ServerlessTest, WhatIsNotThereIsAnAnswerAndAnEmptyReplyIsNot) {
  for (int i = 0; i < 4; ++i) transport.Reply(400, kNotFound);
  EXPECT_FALSE(serverless.GetNamespace("ns1"));
  EXPECT_FALSE(serverless.GetWorkgroup("wg"));
  EXPECT_FALSE(serverless.DeleteNamespace("ns1", std::nullopt));
  EXPECT_FALSE(serverless.DeleteWorkgroup("wg"));
  transport.Reply(200, "{}");
  EXPECT_THROW(serverless.GetNamespace("ns1"), Error);
  transport.Reply(200, R"({"workgroup": []})");
  EXPECT_THROW(serverless.GetWorkgroup("wg"), Error);
}

TEST_F(ServerlessTest, Deletes) {
  for (int i = 0; i < 3; ++i) transport.Reply(200, "{}");
  EXPECT_TRUE(serverless.DeleteWorkgroup("wg"));
  EXPECT_EQ(Last(), R"(RedshiftServerless.DeleteWorkgroup {"workgroupName":"wg"})");
  EXPECT_TRUE(serverless.DeleteNamespace("ns1", std::nullopt));
  EXPECT_EQ(Last(), R"(RedshiftServerless.DeleteNamespace {"namespaceName":"ns1"})");
  EXPECT_TRUE(serverless.DeleteNamespace("ns1", "last"));
  EXPECT_EQ(
      Last(),
      R"(RedshiftServerless.DeleteNamespace {"namespaceName":"ns1","finalSnapshotName":"last"})");
  transport.Reply(400, R"({"__type": "ConflictException", "message": "operation running"})");
  EXPECT_EQ(Thrown<AwsError>([&] { serverless.DeleteNamespace("ns1", std::nullopt); }).code(),
            "ConflictException");
}

TEST_F(ServerlessTest, SendsOnceWhatCreatesOrDeletes) {
  for (int i = 0; i < 4; ++i) transport.Fail(TransportError::Cause::kTimeout);
  EXPECT_THROW(serverless.CreateNamespace({}), TransportError);
  EXPECT_THROW(serverless.CreateWorkgroup({}), TransportError);
  EXPECT_THROW(serverless.DeleteNamespace("n", std::nullopt), TransportError);
  EXPECT_THROW(serverless.DeleteWorkgroup("w"), TransportError);
}

TEST_F(ServerlessTest, ReadsTags) {
  transport.Reply(200, R"({"tags": [{"key": "a", "value": "b c"}, {"key": "d", "value": ""}]})");
  EXPECT_EQ(serverless.Tags("arn:w"), (AwsTags{{"a", "b c"}, {"d", ""}}));
  EXPECT_EQ(Last(), R"(RedshiftServerless.ListTagsForResource {"resourceArn":"arn:w"})");
  transport.Reply(400, kNotFound);
  EXPECT_EQ(serverless.Tags("arn:w"), AwsTags());
}

TEST_F(ServerlessTest, GetsALogin) {
  transport.Reply(200, R"({"dbUser": "IAM:me", "dbPassword": "hush", "expiration": 1.7e9})");
  const DbCredentials login = serverless.GetCredentials("wg", "dev");
  EXPECT_EQ(login.user, "IAM:me");
  EXPECT_EQ(login.password.Reveal(), "hush");
  EXPECT_EQ(Last(), R"(RedshiftServerless.GetCredentials {"workgroupName":"wg","dbName":"dev"})");
  transport.Reply(200, R"({"dbUser": "IAM:me"})");
  EXPECT_THROW(serverless.GetCredentials("wg", "dev"), Error);
}

}  // namespace
}  // namespace dwh
