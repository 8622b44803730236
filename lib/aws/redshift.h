#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/query_client.h"
#include "base/secret.h"

namespace dwh {

struct ClusterSpec {
  std::string identifier;
  std::string node_type;  ///< "ra3.large".
  int nodes = 1;          ///< 1 makes a single-node cluster.
  std::string user;
  Secret password;
  std::string database;                         ///< Empty: the service's own default, "dev".
  std::vector<std::string> role_arns;           ///< For COPY.
  std::vector<std::string> security_group_ids;  ///< Empty: the VPC's group "default".
  std::string subnet_group;                     ///< Empty: the default VPC.
  bool publicly_accessible = false;
  AwsTags tags;
  int port = 5439;
};

/// An entry of a list together with how far the service is with it.
struct ClusterSecurityGroup {
  std::string id;
  std::string status;  ///< "active", ...
};
struct ClusterRole {
  std::string arn;
  std::string apply_status;  ///< "in-sync", "adding", "removing"; "" if the service does not say.
};

/// What DescribeClusters says (facts, section 3.4). Text that the service does not give is "".
struct Cluster {
  std::string identifier;
  std::string node_type;
  int nodes = 0;
  std::string status;         ///< "available", "creating", ...; new ones may appear.
  std::string availability;   ///< "Available", "Modifying", ...
  std::string modify_status;  ///< Of a change of the master password.
  std::string user;
  std::string database;
  std::string host;  ///< "" while it is being created.
  int port = 0;      ///< 0 while it is being created.
  std::vector<std::string> vpc_endpoint_ids;
  std::string created;  ///< ISO 8601.
  std::string vpc_id;
  std::string subnet_group;
  std::string availability_zone;
  std::vector<ClusterSecurityGroup> security_groups;
  std::vector<ClusterRole> roles;
  std::string default_role_arn;
  std::vector<std::string> parameter_groups;
  bool publicly_accessible = false;
  bool encrypted = false;
  std::string multi_az;  ///< "Enabled", "Disabled".
  std::string password_secret_arn;
  std::string namespace_arn;
  AwsTags tags;
  /// Changes under way by the service's names ("NumberOfNodes"). Never the password.
  std::map<std::string, std::string> pending;
};

/// A database login for a quarter of an hour; sessions opened with it live on.
struct DbCredentials {
  std::string user;  ///< "IAM:awsuser".
  Secret password;
};

/// Provisioned clusters (facts, section 3.4). Whatever fails throws AwsError or TransportError.
/// What changes a cluster's state is sent once: after FateUnknown(error) look with DescribeCluster.
class RedshiftClient {
 public:
  explicit RedshiftClient(AwsClient& client) : client_(client, "redshift") {}

  void CreateCluster(const ClusterSpec& spec);
  /// nullopt if there is none of that identifier; its case counts.
  std::optional<Cluster> DescribeCluster(const std::string& identifier);
  /// The VPC of a cluster subnet group; nullopt if there is no such group.
  std::optional<std::string> VpcOf(const std::string& subnet_group);
  /// Ends before the cluster is gone. False if there was none. InvalidClusterState while an
  /// operation runs, which the status may not show.
  bool DeleteCluster(const std::string& identifier,
                     const std::optional<std::string>& final_snapshot);
  /// InvalidClusterState if it does not run, or runs already.
  void PauseCluster(const std::string& identifier);
  void ResumeCluster(const std::string& identifier);
  /// InvalidParameterValue for a role that has not got about in IAM yet.
  void ModifyClusterIamRoles(const std::string& identifier, const std::vector<std::string>& add,
                             const std::vector<std::string>& remove);
  /// For a user that exists, the master user too.
  DbCredentials GetClusterCredentials(const std::string& identifier, const std::string& user,
                                      const std::string& database);

 private:
  QueryClient client_;
};

}  // namespace dwh
