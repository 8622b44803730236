#include "aws/redshift.h"

#include <charconv>

namespace dwh {
namespace {

int Number(const XmlNode& node) {
  const std::string text = node.text();
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

bool Flag(const XmlNode& node) { return node.text() == "true"; }

/// One text out of each element of a list.
std::vector<std::string> Texts(const XmlNode& list, const char* element, const char* text) {
  std::vector<std::string> found;
  for (const XmlNode& node : list.children(element)) found.push_back(node.child(text).text());
  return found;
}

void ReadLists(const XmlNode& node, Cluster& cluster) {
  cluster.vpc_endpoint_ids =
      Texts(node.child("Endpoint/VpcEndpoints"), "VpcEndpoint", "VpcEndpointId");
  cluster.parameter_groups =
      Texts(node.child("ClusterParameterGroups"), "ClusterParameterGroup", "ParameterGroupName");
  for (const XmlNode& group : node.child("VpcSecurityGroups").children("VpcSecurityGroup")) {
    cluster.security_groups.push_back(
        {.id = group.child("VpcSecurityGroupId").text(), .status = group.child("Status").text()});
  }
  for (const XmlNode& role : node.child("IamRoles").children("ClusterIamRole")) {
    cluster.roles.push_back(
        {.arn = role.child("IamRoleArn").text(), .apply_status = role.child("ApplyStatus").text()});
  }
  cluster.tags = ReadTags(node.child("Tags"), "Tag");
  for (const XmlNode& change : node.child("PendingModifiedValues").children()) {
    if (change.name() == "MasterUserPassword") continue;
    cluster.pending[std::string(change.name())] = change.text();
  }
}

Cluster ReadCluster(const XmlNode& node) {
  Cluster cluster;
  cluster.identifier = node.child("ClusterIdentifier").text();
  cluster.node_type = node.child("NodeType").text();
  cluster.nodes = Number(node.child("NumberOfNodes"));
  cluster.status = node.child("ClusterStatus").text();
  cluster.availability = node.child("ClusterAvailabilityStatus").text();
  cluster.modify_status = node.child("ModifyStatus").text();
  cluster.user = node.child("MasterUsername").text();
  cluster.database = node.child("DBName").text();
  cluster.host = node.child("Endpoint/Address").text();
  cluster.port = Number(node.child("Endpoint/Port"));
  cluster.created = node.child("ClusterCreateTime").text();
  cluster.vpc_id = node.child("VpcId").text();
  cluster.subnet_group = node.child("ClusterSubnetGroupName").text();
  cluster.availability_zone = node.child("AvailabilityZone").text();
  cluster.default_role_arn = node.child("DefaultIamRoleArn").text();
  cluster.publicly_accessible = Flag(node.child("PubliclyAccessible"));
  cluster.encrypted = Flag(node.child("Encrypted"));
  cluster.multi_az = node.child("MultiAZ").text();
  cluster.password_secret_arn = node.child("MasterPasswordSecretArn").text();
  cluster.namespace_arn = node.child("ClusterNamespaceArn").text();
  ReadLists(node, cluster);
  return cluster;
}

QueryParams ForCluster(const std::string& identifier) {
  QueryParams params;
  params.Add("ClusterIdentifier", identifier);
  return params;
}

}  // namespace

void RedshiftClient::CreateCluster(const ClusterSpec& spec) {
  QueryParams params = ForCluster(spec.identifier);
  params.Add("NodeType", spec.node_type);
  params.Add("MasterUsername", spec.user).Add("MasterUserPassword", spec.password);
  params.Add("ClusterType", spec.nodes == 1 ? "single-node" : "multi-node");
  if (spec.nodes > 1) params.AddNumber("NumberOfNodes", spec.nodes);
  params.AddIfAny("DBName", spec.database).AddList("IamRoles.IamRoleArn", spec.role_arns);
  params.AddList("VpcSecurityGroupIds.VpcSecurityGroupId", spec.security_group_ids);
  params.AddIfAny("ClusterSubnetGroupName", spec.subnet_group);
  params.AddFlag("PubliclyAccessible", spec.publicly_accessible);
  params.AddTags("Tags.Tag", spec.tags).AddNumber("Port", spec.port);
  client_.Do("CreateCluster", params, Repeat::kNo);
}

std::optional<Cluster> RedshiftClient::DescribeCluster(const std::string& identifier) {
  try {
    const XmlNode result = client_.Call("DescribeClusters", ForCluster(identifier));
    const XmlNode cluster = result.child("Clusters/Cluster");
    if (!cluster) return std::nullopt;
    return ReadCluster(cluster);
  } catch (const AwsError& error) {
    if (error.code() == "ClusterNotFound") return std::nullopt;
    throw;
  }
}

std::optional<std::string> RedshiftClient::VpcOf(const std::string& subnet_group) {
  QueryParams params;
  params.Add("ClusterSubnetGroupName", subnet_group);
  try {
    const XmlNode result = client_.Call("DescribeClusterSubnetGroups", params);
    return RequiredText(result, "ClusterSubnetGroups/ClusterSubnetGroup/VpcId");
  } catch (const AwsError& error) {
    if (error.code() == "ClusterSubnetGroupNotFoundFault") return std::nullopt;
    throw;
  }
}

bool RedshiftClient::DeleteCluster(const std::string& identifier,
                                   const std::optional<std::string>& final_snapshot) {
  QueryParams params = ForCluster(identifier);
  params.AddFlag("SkipFinalClusterSnapshot", !final_snapshot);
  if (final_snapshot) params.Add("FinalClusterSnapshotIdentifier", *final_snapshot);
  try {
    client_.Do("DeleteCluster", params, Repeat::kNo);
    return true;
  } catch (const AwsError& error) {
    if (error.code() == "ClusterNotFound") return false;
    throw;
  }
}

void RedshiftClient::PauseCluster(const std::string& identifier) {
  client_.Do("PauseCluster", ForCluster(identifier), Repeat::kNo);
}

void RedshiftClient::ResumeCluster(const std::string& identifier) {
  client_.Do("ResumeCluster", ForCluster(identifier), Repeat::kNo);
}

void RedshiftClient::ModifyClusterIamRoles(const std::string& identifier,
                                           const std::vector<std::string>& add,
                                           const std::vector<std::string>& remove) {
  QueryParams params = ForCluster(identifier);
  params.AddList("AddIamRoles.IamRoleArn", add).AddList("RemoveIamRoles.IamRoleArn", remove);
  client_.Do("ModifyClusterIamRoles", params, Repeat::kNo);
}

DbCredentials RedshiftClient::GetClusterCredentials(const std::string& identifier,
                                                    const std::string& user,
                                                    const std::string& database) {
  QueryParams params;
  params.Add("DbUser", user).Add("DbName", database).Add("ClusterIdentifier", identifier);
  const XmlNode result = client_.Call("GetClusterCredentials", params);
  return {.user = RequiredText(result, "DbUser"),
          .password = Secret(RequiredText(result, "DbPassword"))};
}

}  // namespace dwh
