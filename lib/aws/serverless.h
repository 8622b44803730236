#pragma once

#include <optional>
#include <string>
#include <vector>

#include "aws/json_client.h"
#include "aws/redshift.h"

namespace dwh {

struct NamespaceSpec {
  std::string name;
  std::string user;
  Secret password;
  std::string database;
  std::vector<std::string> role_arns;  ///< For COPY.
  AwsTags tags;
};

struct WorkgroupSpec {
  std::string name;
  std::string namespace_name;
  int base_capacity = 128;  ///< RPUs.
  bool publicly_accessible = false;
  std::vector<std::string> security_group_ids;  ///< Empty: the VPC's group "default".
  std::vector<std::string> subnet_ids;          ///< Empty: those of the default VPC.
  int port = 5439;
  AwsTags tags;
};

/// Text that the service does not give is "", numbers 0.
struct ServerlessNamespace {
  std::string name;
  std::string status;  ///< "AVAILABLE", "MODIFYING", "DELETING".
  std::string arn;
  std::string user;
  std::string database;
  std::vector<ClusterRole> roles;
  std::string default_role_arn;
};

struct ServerlessWorkgroup {
  std::string name;
  std::string namespace_name;
  std::string status;  ///< "CREATING", "AVAILABLE", "MODIFYING", "DELETING".
  std::string arn;
  int base_capacity = 0;  ///< RPUs.
  std::string host;       ///< "" while it is being created.
  int port = 0;
  bool publicly_accessible = false;
  std::vector<std::string> security_group_ids;
  std::vector<std::string> subnet_ids;
};

/// Redshift Serverless (facts, section 3.8). Whatever fails throws AwsError or TransportError. What
/// creates or deletes is sent once: after FateUnknown(error) look first.
class ServerlessClient {
 public:
  explicit ServerlessClient(AwsClient& client)
      : client_(client, "redshift-serverless", "RedshiftServerless") {}

  void CreateNamespace(const NamespaceSpec& spec);
  std::optional<ServerlessNamespace> GetNamespace(const std::string& name);
  /// Ends before it is gone. False if there was none. ConflictException while its workgroup still
  /// goes.
  bool DeleteNamespace(const std::string& name, const std::optional<std::string>& final_snapshot);

  void CreateWorkgroup(const WorkgroupSpec& spec);
  std::optional<ServerlessWorkgroup> GetWorkgroup(const std::string& name);
  /// Ends before it is gone. False if there was none.
  bool DeleteWorkgroup(const std::string& name);

  /// The tags of a namespace or workgroup; none if it is not there.
  AwsTags Tags(const std::string& arn);

  /// A login as the caller.
  DbCredentials GetCredentials(const std::string& workgroup, const std::string& database);

 private:
  JsonClient client_;
};

}  // namespace dwh
