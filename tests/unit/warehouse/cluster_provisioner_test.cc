#include "warehouse/cluster_provisioner.h"

#include <gmock/gmock.h>

#include "base/interrupt.h"
#include "fake_aws.h"

namespace dwh {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

class ClusterProvisionerTest : public AwsWarehouseTest {
 protected:
  ClusterProvisioner Provisioner() {
    const DwhConfig config = Config(
        "[DWH]\nENGINE=redshift\n[CLUSTER]\nCLUSTER_IDENTIFIER=dwh\nNODE_TYPE=ra3.large\n"
        "NUM_NODES=2\nDB_NAME=dwh\nDB_USER=dwhuser\nDB_PASSWORD=Passw0rdX\n"
        "ALLOWED_CIDR=203.0.113.7/32\n");
    return {config, CheckAwsSettings(config), clock, Session(config)};
  }

  /// A cluster as DescribeClusters shows it; nothing listens on its port.
  static FakeAws::Answer Shows(const std::string& status, const std::string& role = "in-sync",
                               const std::string& node_type = "ra3.large") {
    const bool has_endpoint = status != "creating";
    return Result(
        "DescribeClusters",
        StrCat("<Clusters><Cluster><ClusterIdentifier>dwh</ClusterIdentifier><NodeType>", node_type,
               "</NodeType><NumberOfNodes>2</NumberOfNodes><ClusterStatus>", status,
               "</ClusterStatus><MasterUsername>dwhuser</MasterUsername><DBName>dwh</DBName>",
               has_endpoint ? "<Endpoint><Address>127.0.0.1</Address><Port>5439</Port></Endpoint>"
                            : "",
               "<VpcSecurityGroups><VpcSecurityGroup><VpcSecurityGroupId>sg-1</VpcSecurityGroupId>"
               "<Status>active</Status></VpcSecurityGroup></VpcSecurityGroups><IamRoles>"
               "<ClusterIamRole><IamRoleArn>",
               kArn, "</IamRoleArn><ApplyStatus>", role,
               "</ApplyStatus></ClusterIamRole></IamRoles>"
               "<Tags><Tag><Key>sparkify-dwh</Key><Value>dwh</Value></Tag></Tags>"
               "<PubliclyAccessible>false</PubliclyAccessible></Cluster></Clusters>"));
  }
  static FakeAws::Answer Absent() { return Refuse("ClusterNotFound", "not found", 404); }
  static FakeAws::Answer Created() { return Result("CreateCluster", "<Cluster/>"); }

  /// What `action` throws.
  static Error Thrown(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return {ErrorKind::kFailed, ""};
  }
};

TEST_F(ClusterProvisionerTest, CreateWaitsForClusterAndRole) {
  aws.On("DescribeClusters", Absent(), Shows("creating", "adding"), Shows("creating", "adding"),
         Shows("modifying"), Shows("available", "adding"), Shows("available"));
  aws.On("CreateCluster", Created());
  Provisioner().Create();
  EXPECT_EQ(aws.Count("DescribeClusters"), 6);
  EXPECT_EQ(clock.passed(), std::chrono::seconds(4 * 15));
  EXPECT_EQ(Written().cluster.host, "127.0.0.1");
  EXPECT_EQ(Written().iam_role.arn, kArn);
  const std::string& body = aws.bodies["CreateCluster"];
  EXPECT_THAT(body, HasSubstr("IamRoles.IamRoleArn.1="));
  EXPECT_THAT(body, HasSubstr("VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1"));
  EXPECT_THAT(body, HasSubstr("PubliclyAccessible=false"));
  EXPECT_THAT(aws.bodies["AuthorizeSecurityGroupIngress"], HasSubstr("203.0.113.7%2F32"));
}

TEST_F(ClusterProvisionerTest, CreateWaitsUntilRedshiftKnowsTheRole) {
  const auto unknown = Refuse("InvalidParameterValue", "The IAM role " + kArn + " is not valid.");
  aws.On("DescribeClusters", Absent(), Shows("available"));
  aws.On("CreateCluster", unknown, unknown, Created());
  Provisioner().Create();
  EXPECT_EQ(aws.Count("CreateCluster"), 3);
}

TEST_F(ClusterProvisionerTest, CreateDoesNotRepeatWhatItCannotMend) {
  aws.On("DescribeClusters", Absent());
  aws.On("CreateCluster", Refuse("InvalidParameterValue", "Invalid node type: ra3.large"));
  EXPECT_THAT(Thrown([&] { Provisioner().Create(); }).what(), HasSubstr("Invalid node type"));
  EXPECT_EQ(aws.Count("CreateCluster"), 1);
}

TEST_F(ClusterProvisionerTest, RoleThatStaysUnknownIsToldInTheEnd) {
  aws.On("DescribeClusters", Absent());
  aws.On("CreateCluster", Refuse("InvalidParameterValue", "The IAM role x is not valid."));
  EXPECT_THAT(Thrown([&] { Provisioner().Create(); }).what(), HasSubstr("is not valid"));
  EXPECT_GE(clock.passed(), minutes(2));
}

TEST_F(ClusterProvisionerTest, LostReplyToCreateIsLookedUp) {
  aws.On("DescribeClusters", Absent(), Shows("creating"), Shows("available"));
  aws.On("CreateCluster", LoseConnection());
  Provisioner().Create();
  EXPECT_EQ(aws.Count("CreateCluster"), 1);
}

TEST_F(ClusterProvisionerTest, LostReplyToCreateThatDidNothingIsAnError) {
  aws.On("DescribeClusters", Absent());
  aws.On("CreateCluster", LoseConnection());
  EXPECT_EQ(Thrown([&] { Provisioner().Create(); }).kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(Written().cluster.host, "");
}

TEST_F(ClusterProvisionerTest, BrokenClusterIsNotWaitedFor) {
  aws.On("DescribeClusters", Absent(), Shows("creating"), Shows("incompatible-network"));
  aws.On("CreateCluster", Created());
  const Error error = Thrown([&] { Provisioner().Create(); });
  EXPECT_THAT(error.what(), HasSubstr("incompatible-network"));
  EXPECT_THAT(error.hint(), HasSubstr("subnet"));
  EXPECT_LT(clock.passed(), minutes(1));
}

TEST_F(ClusterProvisionerTest, ClusterThatSomeoneDeletesMeanwhileIsNotWaitedFor) {
  aws.On("DescribeClusters", Absent(), Shows("creating"), Shows("final-snapshot"));
  aws.On("CreateCluster", Created());
  EXPECT_THAT(Thrown([&] { Provisioner().Create(); }).what(), HasSubstr("is being deleted"));
}

TEST_F(ClusterProvisionerTest, PatienceEnds) {
  aws.On("DescribeClusters", Absent(), Shows("creating"));
  aws.On("CreateCluster", Created());
  EXPECT_THAT(Thrown([&] { Provisioner().Create(); }).what(), HasSubstr("gave up"));
  EXPECT_GE(clock.passed(), minutes(75));
  EXPECT_LT(clock.passed(), minutes(77));
}

TEST_F(ClusterProvisionerTest, InterruptEndsTheWait) {
  aws.On("DescribeClusters", Absent(), Shows("creating"));
  aws.On("CreateCluster", Created());
  clock.during_sleep = [] { SetInterruptForTest(2); };
  EXPECT_EQ(Thrown([&] { Provisioner().Create(); }).kind(), ErrorKind::kInterrupted);
  SetInterruptForTest(0);
}

TEST_F(ClusterProvisionerTest, OtherSettingsAreNamedBeforeAnythingChanges) {
  aws.On("DescribeClusters", Shows("available", "in-sync", "ra3.4xlarge"));
  const Error error = Thrown([&] { Provisioner().Create(); });
  EXPECT_EQ(error.kind(), ErrorKind::kUsage);
  EXPECT_THAT(error.what(), HasSubstr("NODE_TYPE is 'ra3.4xlarge', and dwh.cfg says 'ra3.large'"));
  EXPECT_THAT(aws.actions, ElementsAre("GetCallerIdentity", "DescribeClusters"));
}

TEST_F(ClusterProvisionerTest, CreateResumesAPausedClusterAndGivesItTheRole) {
  aws.On("DescribeClusters", Shows("paused", "removing"), Shows("available"));
  aws.On("ResumeCluster", Result("ResumeCluster", "<Cluster/>"));
  Provisioner().Create();
  EXPECT_EQ(aws.Count("ResumeCluster"), 1);
  EXPECT_EQ(aws.Count("CreateCluster"), 0);
}

TEST_F(ClusterProvisionerTest, DeleteWaitsForHiddenOperationsAndForTheGroup) {
  const auto own_group = Reply(
      "<DescribeSecurityGroupsResponse><securityGroupInfo><item><groupId>sg-1</groupId>"
      "<groupName>dwh-clients</groupName><vpcId>vpc-1</vpcId><ipPermissions/><tagSet><item>"
      "<key>sparkify-dwh</key><value>dwh</value></item></tagSet></item></securityGroupInfo>"
      "</DescribeSecurityGroupsResponse>");
  aws.On("DescribeClusters", Shows("available"), Shows("available"), Shows("deleting"), Absent());
  aws.On("DeleteCluster", Refuse("InvalidClusterState", "There is an operation running"),
         Result("DeleteCluster", "<Cluster/>"));
  aws.On("DescribeSecurityGroups", own_group);
  aws.On("DeleteSecurityGroup", RefuseEc2("DependencyViolation"),
         Reply("<DeleteSecurityGroupResponse><return>true</return></DeleteSecurityGroupResponse>"));
  Provisioner().Delete(std::nullopt);
  EXPECT_EQ(aws.Count("DeleteCluster"), 2);
  EXPECT_EQ(aws.Count("DeleteSecurityGroup"), 2);
  EXPECT_THAT(aws.bodies["DeleteCluster"], HasSubstr("SkipFinalClusterSnapshot=true"));
}

TEST_F(ClusterProvisionerTest, LostReplyToDeleteIsLookedUp) {
  aws.On("DescribeClusters", Shows("available"), Shows("deleting"), Absent());
  aws.On("DeleteCluster", LoseConnection());
  Provisioner().Delete("last-one");
  EXPECT_EQ(aws.Count("DeleteCluster"), 1);
  EXPECT_THAT(aws.bodies["DeleteCluster"], HasSubstr("FinalClusterSnapshotIdentifier=last-one"));
}

TEST_F(ClusterProvisionerTest, DeleteOfWhatIsBeingDeletedOnlyWaits) {
  aws.On("DescribeClusters", Shows("final-snapshot"), Shows("deleting"), Absent());
  Provisioner().Delete(std::nullopt);
  EXPECT_EQ(aws.Count("DeleteCluster"), 0);
}

TEST_F(ClusterProvisionerTest, PauseAndResumeHaveTheirConditions) {
  aws.On("DescribeClusters", Shows("creating"));
  EXPECT_THAT(Thrown([&] { Provisioner().Pause(); }).what(), HasSubstr("cannot be paused"));
  aws.On("DescribeClusters", Shows("paused"));
  Provisioner().Pause();
  EXPECT_EQ(aws.Count("PauseCluster"), 0);
  aws.On("DescribeClusters", Shows("available"), Shows("pausing"), Shows("paused"));
  aws.On("PauseCluster", Result("PauseCluster", "<Cluster/>"));
  Provisioner().Pause();
  EXPECT_EQ(aws.Count("PauseCluster"), 1);
  aws.On("DescribeClusters", Absent());
  EXPECT_EQ(Thrown([&] { Provisioner().Resume(); }).kind(), ErrorKind::kUnavailable);
}

TEST_F(ClusterProvisionerTest, StatusSpeaksTheSharedWords) {
  const std::vector<std::pair<std::string, std::string>> words = {
      {"creating", "creating"},
      {"available", "available"},
      {"available, prep-for-resize", "available"},
      {"paused", "paused"},
      {"deleting", "deleting"},
      {"incompatible-network", "broken"},
      {"something-new", "starting"}};
  for (const auto& [status, state] : words) {
    aws.On("DescribeClusters", Shows(status));
    EXPECT_EQ(Provisioner().Status().state, state) << status;
  }
  aws.On("DescribeClusters", Absent());
  EXPECT_EQ(Provisioner().Status().state, "absent");
}

}  // namespace
}  // namespace dwh
