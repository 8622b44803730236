// aws_request_tool URL
// Sends every action of every typed AWS client once, in a fixed order, to the service at URL, with
// the credentials AKIDEXAMPLE / secret / token in us-west-2. Exit status 2 with a message if the
// service's answers are not to its liking.
#include <iostream>
#include <memory>
#include <optional>
#include <vector>

#include "aws/aws_client.h"
#include "aws/ec2.h"
#include "aws/iam.h"
#include "aws/redshift.h"
#include "aws/serverless.h"
#include "aws/sts.h"
#include "net/curl_transport.h"

namespace {

class ExampleCredentials : public dwh::CredentialsProvider {
 public:
  std::string Name() const override { return "example"; }
  std::optional<dwh::AwsCredentials> Fetch() override {
    return dwh::AwsCredentials{.access_key_id = "AKIDEXAMPLE",
                               .secret_access_key = dwh::Secret("secret"),
                               .session_token = dwh::Secret("token"),
                               .expiration = std::nullopt,
                               .source = Name()};
  }
};

void CallIam(dwh::AwsClient& client) {
  dwh::IamClient iam(client);
  iam.CreateRole({.name = "dwhRole",
                  .trust_policy = R"({"Version": "2012-10-17", "Statement": []})",
                  .description = "Lets Redshift read é & more",
                  .tags = {{"a", "b c"}, {"d", ""}}});
  iam.GetRole("dwhRole");
  iam.UpdateAssumeRolePolicy("dwhRole", "{}");
  iam.AttachRolePolicy("dwhRole", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  iam.PutRolePolicy("dwhRole", "s3", R"({"Statement": [{"Resource": "arn:aws:s3:::b/*"}]})");
  iam.ListAttachedRolePolicies("dwhRole");
  iam.ListRolePolicies("dwhRole");
  iam.ListInstanceProfilesForRole("dwhRole");
  iam.DetachRolePolicy("dwhRole", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  iam.DeleteRolePolicy("dwhRole", "s3");
  iam.RemoveRoleFromInstanceProfile("dwhRole", "profile");
  iam.DeleteRole("dwhRole");
}

void CallEc2(dwh::AwsClient& client) {
  dwh::Ec2Client ec2(client);
  ec2.DefaultVpc();
  ec2.VpcOf({"subnet-1", "subnet-2"});
  ec2.SecurityGroups({"sg-1", "sg-2"});
  ec2.FindSecurityGroup("vpc-1", "default");
  ec2.CreateSecurityGroup(
      {.name = "dwh", .description = "Who may come in", .vpc_id = "vpc-1", .tags = {{"k", "v"}}});
  ec2.AuthorizeIngress("sg-1", 5439, "203.0.113.5/32", "home + work");
  ec2.AuthorizeIngress("sg-1", 5439, "2001:db8::/64", "home");
  ec2.RevokeIngress("sg-1", 5439, "203.0.113.5/32");
  ec2.RevokeIngress("sg-1", 5439, "2001:db8::/64");
  ec2.DeleteSecurityGroup("sg-1");
}

void CallRedshift(dwh::AwsClient& client) {
  dwh::RedshiftClient redshift(client);
  dwh::ClusterSpec spec{.identifier = "dwh",
                        .node_type = "ra3.large",
                        .nodes = 2,
                        .user = "awsuser",
                        .password = dwh::Secret("Passw0rd!%+ &=~"),
                        .database = "dev",
                        .role_arns = {"arn:aws:iam::123456789012:role/dwhRole", "arn:b"},
                        .security_group_ids = {"sg-1", "sg-2"},
                        .subnet_group = "subnets",
                        .publicly_accessible = true,
                        .tags = {{"a", "b c"}},
                        .port = 5440};
  redshift.CreateCluster(spec);
  spec.nodes = 1;
  spec.role_arns.clear();
  spec.security_group_ids.clear();
  spec.subnet_group.clear();
  spec.publicly_accessible = false;
  spec.tags.clear();
  redshift.CreateCluster(spec);
  redshift.DescribeCluster("dwh");
  redshift.VpcOf("subnets");
  redshift.PauseCluster("dwh");
  redshift.ResumeCluster("dwh");
  redshift.ModifyClusterIamRoles("dwh", {"arn:a"}, {"arn:b"});
  redshift.GetClusterCredentials("dwh", "awsuser", "dev");
  redshift.DeleteCluster("dwh", std::nullopt);
  redshift.DeleteCluster("dwh", "last-1");
}

void CallServerless(dwh::AwsClient& client) {
  dwh::ServerlessClient serverless(client);
  serverless.CreateNamespace({.name = "ns1",
                              .user = "admin",
                              .password = dwh::Secret("Passw0rd\"\\é"),
                              .database = "dev",
                              .role_arns = {"arn:a"},
                              .tags = {{"k", "v"}}});
  serverless.CreateWorkgroup({.name = "wg1",
                              .namespace_name = "ns1",
                              .base_capacity = 8,
                              .publicly_accessible = true,
                              .security_group_ids = {"sg-1"},
                              .subnet_ids = {"subnet-1"},
                              .port = 5439,
                              .tags = {{"k", "v"}}});
  serverless.GetNamespace("ns1");
  serverless.GetWorkgroup("wg1");
  serverless.Tags("arn:w");
  serverless.GetCredentials("wg1", "dev");
  serverless.DeleteWorkgroup("wg1");
  serverless.DeleteNamespace("ns1", std::nullopt);
  serverless.DeleteNamespace("ns1", "last-1");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: aws_request_tool URL\n";
    return 2;
  }
  try {
    dwh::AwsSettings settings;
    settings.region = "us-west-2";
    settings.max_attempts = 1;
    settings.endpoints[""] = argv[1];
    std::vector<std::unique_ptr<dwh::CredentialsProvider>> chain;
    chain.push_back(std::make_unique<ExampleCredentials>());
    dwh::CurlTransport transport;
    dwh::Clock& clock = dwh::RealClock();
    dwh::AwsClient client(
        {.settings = settings,
         .credentials = std::make_shared<dwh::CredentialsCache>(std::move(chain), clock),
         .transport = &transport,
         .clock = &clock,
         .random = [] { return 0.5; }});
    dwh::StsClient(client).GetCallerIdentity();
    CallIam(client);
    CallEc2(client);
    CallRedshift(client);
    CallServerless(client);
  } catch (const dwh::Error& error) {
    std::cerr << error.what() << "\nhint: " << error.hint() << '\n';
    return 2;
  }
  return 0;
}
