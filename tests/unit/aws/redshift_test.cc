#include "aws/redshift.h"

#include <gmock/gmock.h>

#include "fake_service.h"

namespace dwh {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::string Refusal(const std::string& code) {
  return "<ErrorResponse><Error><Code>" + code + "</Code><Message>no</Message></Error>" +
         "<RequestId>r</RequestId></ErrorResponse>";
}

class RedshiftTest : public FakeService {
 protected:
  void Answer(const std::string& action, const std::string& result) {
    transport.Reply(200, "<" + action + "Response><" + action + "Result>" + result + "</" + action +
                             "Result></" + action + "Response>");
  }
  RedshiftClient redshift{client};
};

TEST_F(RedshiftTest, CreatesACluster) {
  transport.Reply(200, "");
  ClusterSpec spec{.identifier = "dwh",
                   .node_type = "ra3.large",
                   .nodes = 2,
                   .user = "awsuser",
                   .password = Secret("Passw0rd!"),
                   .database = "dev",
                   .role_arns = {"arn:aws:iam::123456789012:role/dwhRole"},
                   .security_group_ids = {"sg-1", "sg-2"},
                   .subnet_group = "",
                   .publicly_accessible = true,
                   .tags = {{"a", "b c"}},
                   .port = 5439};
  redshift.CreateCluster(spec);
  EXPECT_EQ(LastBody(),
            "Action=CreateCluster&Version=2012-12-01&ClusterIdentifier=dwh&NodeType=ra3.large"
            "&MasterUsername=awsuser&MasterUserPassword=Passw0rd%21&ClusterType=multi-node"
            "&NumberOfNodes=2&DBName=dev&IamRoles.IamRoleArn.1="
            "arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2FdwhRole"
            "&VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1"
            "&VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-2&PubliclyAccessible=true"
            "&Tags.Tag.1.Key=a&Tags.Tag.1.Value=b+c&Port=5439");

  transport.Reply(200, "");
  spec.nodes = 1;
  spec.role_arns = {};
  spec.security_group_ids = {};
  spec.database = "";
  spec.subnet_group = "g";
  spec.publicly_accessible = false;
  spec.tags = {};
  redshift.CreateCluster(spec);
  EXPECT_EQ(LastBody(),
            "Action=CreateCluster&Version=2012-12-01&ClusterIdentifier=dwh&NodeType=ra3.large"
            "&MasterUsername=awsuser&MasterUserPassword=Passw0rd%21&ClusterType=single-node"
            "&ClusterSubnetGroupName=g&PubliclyAccessible=false&Port=5439");
}

TEST_F(RedshiftTest, SendsOnceWhatChangesACluster) {
  for (int i = 0; i < 5; ++i) transport.Fail(TransportError::Cause::kReset);
  EXPECT_THROW(redshift.CreateCluster({}), TransportError);
  EXPECT_THROW(redshift.DeleteCluster("dwh", std::nullopt), TransportError);
  EXPECT_THROW(redshift.PauseCluster("dwh"), TransportError);
  EXPECT_THROW(redshift.ResumeCluster("dwh"), TransportError);
  EXPECT_THROW(redshift.ModifyClusterIamRoles("dwh", {"a"}, {}), TransportError);
  EXPECT_THAT(transport.requests, SizeIs(5));
}

TEST_F(RedshiftTest, ReadsAllOfACluster) {
  Answer("DescribeClusters",
         "<Clusters><Cluster><New><Thing/></New><ClusterIdentifier>dwh</ClusterIdentifier>"
         "<NodeType>ra3.large</NodeType><NumberOfNodes>2</NumberOfNodes>"
         "<ClusterStatus>available, prep-for-resize</ClusterStatus>"
         "<ClusterAvailabilityStatus>Available</ClusterAvailabilityStatus>"
         "<ModifyStatus>m</ModifyStatus><MasterUsername>awsuser</MasterUsername>"
         "<DBName>dev</DBName><Endpoint><Address>dwh.x.example.org</Address><Port>5439</Port>"
         "<VpcEndpoints><VpcEndpoint><VpcEndpointId>vpce-1</VpcEndpointId></VpcEndpoint>"
         "</VpcEndpoints></Endpoint><ClusterCreateTime>2026-01-02T03:04:05Z</ClusterCreateTime>"
         "<VpcId>vpc-1</VpcId><ClusterSubnetGroupName>default</ClusterSubnetGroupName>"
         "<AvailabilityZone>us-west-2a</AvailabilityZone><VpcSecurityGroups><VpcSecurityGroup>"
         "<VpcSecurityGroupId>sg-1</VpcSecurityGroupId><Status>active</Status></VpcSecurityGroup>"
         "</VpcSecurityGroups><IamRoles><ClusterIamRole><IamRoleArn>arn:a</IamRoleArn>"
         "<ApplyStatus>in-sync</ApplyStatus></ClusterIamRole><ClusterIamRole>"
         "<IamRoleArn>arn:b</IamRoleArn><ApplyStatus>adding</ApplyStatus></ClusterIamRole>"
         "</IamRoles><DefaultIamRoleArn>arn:a</DefaultIamRoleArn>"
         "<PubliclyAccessible>true</PubliclyAccessible><Encrypted>true</Encrypted>"
         "<ClusterParameterGroups><ClusterParameterGroup>"
         "<ParameterGroupName>default.redshift-2.0</ParameterGroupName></ClusterParameterGroup>"
         "</ClusterParameterGroups><MasterPasswordSecretArn>arn:s</MasterPasswordSecretArn>"
         "<ClusterNamespaceArn>arn:n</ClusterNamespaceArn><MultiAZ>Disabled</MultiAZ>"
         "<Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags><PendingModifiedValues>"
         "<MasterUserPassword>hush</MasterUserPassword><NumberOfNodes>4</NumberOfNodes>"
         "</PendingModifiedValues></Cluster></Clusters>");
  const auto cluster = redshift.DescribeCluster("dwh");
  EXPECT_EQ(LastBody(), "Action=DescribeClusters&Version=2012-12-01&ClusterIdentifier=dwh");
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->identifier, "dwh");
  EXPECT_EQ(cluster->node_type, "ra3.large");
  EXPECT_EQ(cluster->nodes, 2);
  EXPECT_EQ(cluster->status, "available, prep-for-resize");
  EXPECT_EQ(cluster->availability, "Available");
  EXPECT_EQ(cluster->modify_status, "m");
  EXPECT_EQ(cluster->user, "awsuser");
  EXPECT_EQ(cluster->database, "dev");
  EXPECT_EQ(cluster->host, "dwh.x.example.org");
  EXPECT_EQ(cluster->port, 5439);
  EXPECT_THAT(cluster->vpc_endpoint_ids, ElementsAre("vpce-1"));
  EXPECT_EQ(cluster->created, "2026-01-02T03:04:05Z");
  EXPECT_EQ(cluster->vpc_id, "vpc-1");
  EXPECT_EQ(cluster->subnet_group, "default");
  EXPECT_EQ(cluster->availability_zone, "us-west-2a");
  ASSERT_THAT(cluster->security_groups, SizeIs(1));
  EXPECT_EQ(cluster->security_groups[0].id, "sg-1");
  EXPECT_EQ(cluster->security_groups[0].status, "active");
  ASSERT_THAT(cluster->roles, SizeIs(2));
  EXPECT_EQ(cluster->roles[1].arn, "arn:b");
  EXPECT_EQ(cluster->roles[1].apply_status, "adding");
  EXPECT_EQ(cluster->default_role_arn, "arn:a");
  EXPECT_THAT(cluster->parameter_groups, ElementsAre("default.redshift-2.0"));
  EXPECT_TRUE(cluster->publicly_accessible);
  EXPECT_TRUE(cluster->encrypted);
  EXPECT_EQ(cluster->multi_az, "Disabled");
  EXPECT_EQ(cluster->password_secret_arn, "arn:s");
  EXPECT_EQ(cluster->namespace_arn, "arn:n");
  EXPECT_EQ(cluster->tags, (AwsTags{{"k", "v"}}));
  EXPECT_THAT(cluster->pending, ElementsAre(testing::Pair("NumberOfNodes", "4")));
}

TEST_F(RedshiftTest, AClusterMayStillBeWithoutAnEndpoint) {
  Answer("DescribeClusters",
         "<Clusters><Cluster><ClusterStatus>creating</ClusterStatus><Endpoint/></Cluster>"
         "</Clusters>");
  const auto cluster = redshift.DescribeCluster("dwh");
  ASSERT_TRUE(cluster);
  EXPECT_EQ(cluster->host, "");
  EXPECT_EQ(cluster->port, 0);
}

TEST_F(RedshiftTest, NoClusterIsAnAnswerAndASimilarCodeIsNot) {
  transport.Reply(404, Refusal("ClusterNotFound"));
  EXPECT_FALSE(redshift.DescribeCluster("dwh"));
  transport.Reply(404, Refusal("ClusterNotFound"));
  EXPECT_FALSE(redshift.DeleteCluster("dwh", std::nullopt));
  transport.Reply(400, Refusal("ClusterSubnetGroupNotFoundFault"));
  EXPECT_THROW(redshift.DescribeCluster("dwh"), AwsError);
}

TEST_F(RedshiftTest, FindsTheVpcOfASubnetGroup) {
  Answer(
      "DescribeClusterSubnetGroups",
      "<ClusterSubnetGroups><ClusterSubnetGroup><ClusterSubnetGroupName>g</ClusterSubnetGroupName>"
      "<VpcId>vpc-1</VpcId></ClusterSubnetGroup></ClusterSubnetGroups>");
  EXPECT_EQ(redshift.VpcOf("g"), "vpc-1");
  EXPECT_EQ(LastBody(),
            "Action=DescribeClusterSubnetGroups&Version=2012-12-01&ClusterSubnetGroupName=g");
  transport.Reply(400, Refusal("ClusterSubnetGroupNotFoundFault"));
  EXPECT_EQ(redshift.VpcOf("g"), std::nullopt);
}

TEST_F(RedshiftTest, DeletesWithOrWithoutASnapshot) {
  transport.Reply(200, "");
  EXPECT_TRUE(redshift.DeleteCluster("dwh", std::nullopt));
  EXPECT_EQ(LastBody(),
            "Action=DeleteCluster&Version=2012-12-01&ClusterIdentifier=dwh"
            "&SkipFinalClusterSnapshot=true");
  transport.Reply(200, "");
  EXPECT_TRUE(redshift.DeleteCluster("dwh", "last-1"));
  EXPECT_EQ(LastBody(),
            "Action=DeleteCluster&Version=2012-12-01&ClusterIdentifier=dwh"
            "&SkipFinalClusterSnapshot=false&FinalClusterSnapshotIdentifier=last-1");
  transport.Reply(400, Refusal("InvalidClusterState"));
  EXPECT_EQ(Thrown<AwsError>([&] { redshift.DeleteCluster("dwh", "last-1"); }).code(),
            "InvalidClusterState");
}

TEST_F(RedshiftTest, PausesResumesAndChangesRoles) {
  for (int i = 0; i < 3; ++i) transport.Reply(200, "");
  redshift.PauseCluster("dwh");
  EXPECT_EQ(LastBody(), "Action=PauseCluster&Version=2012-12-01&ClusterIdentifier=dwh");
  redshift.ResumeCluster("dwh");
  EXPECT_EQ(LastBody(), "Action=ResumeCluster&Version=2012-12-01&ClusterIdentifier=dwh");
  redshift.ModifyClusterIamRoles("dwh", {"arn:a"}, {"arn:b"});
  EXPECT_EQ(LastBody(),
            "Action=ModifyClusterIamRoles&Version=2012-12-01&ClusterIdentifier=dwh"
            "&AddIamRoles.IamRoleArn.1=arn%3Aa&RemoveIamRoles.IamRoleArn.1=arn%3Ab");
}

TEST_F(RedshiftTest, GetsALogin) {
  Answer("GetClusterCredentials",
         "<DbUser>IAM:awsuser</DbUser><DbPassword>hush</DbPassword>"
         "<Expiration>2026-01-02T03:04:05Z</Expiration>");
  const DbCredentials login = redshift.GetClusterCredentials("dwh", "awsuser", "dev");
  EXPECT_EQ(login.user, "IAM:awsuser");
  EXPECT_EQ(login.password.Reveal(), "hush");
  EXPECT_EQ(LastBody(),
            "Action=GetClusterCredentials&Version=2012-12-01&DbUser=awsuser&DbName=dev"
            "&ClusterIdentifier=dwh");
}

}  // namespace
}  // namespace dwh
