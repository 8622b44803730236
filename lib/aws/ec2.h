#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/query_client.h"

namespace dwh {

/// Who may come in, by address. Rules that name other groups or prefix lists are left out.
struct IngressRule {
  std::string protocol;  ///< "tcp", ...; "-1" for all, and then without ports.
  std::optional<int> from_port;
  std::optional<int> to_port;
  std::string cidr;  ///< IPv4 or IPv6.
  std::string description;
};

struct SecurityGroup {
  std::string id;
  std::string name;
  std::string vpc_id;
  std::vector<IngressRule> ingress;
  AwsTags tags;
};

struct NewSecurityGroup {
  std::string name;         ///< At most 255 bytes, not beginning with "sg-".
  std::string description;  ///< EC2 insists on one.
  std::string vpc_id;
  AwsTags tags;
};

/// The network around a cluster (facts, section 3.7). Whatever fails throws AwsError or
/// TransportError.
class Ec2Client {
 public:
  explicit Ec2Client(AwsClient& client) : client_(client, "ec2") {}

  /// The region's default VPC; nullopt if it has none.
  std::optional<std::string> DefaultVpc();

  /// The VPC that all of these subnets are in; nullopt if one of them does not exist, or if they
  /// are in several.
  std::optional<std::string> VpcOf(const std::vector<std::string>& subnet_ids);

  /// Those of the groups that exist.
  std::vector<SecurityGroup> SecurityGroups(const std::vector<std::string>& ids);
  std::optional<SecurityGroup> FindSecurityGroup(const std::string& vpc_id,
                                                 const std::string& name);
  /// The group's id. Sent once: after FateUnknown(error) look with FindSecurityGroup.
  std::string CreateSecurityGroup(const NewSecurityGroup& group);
  /// False if there was none. DependencyViolation while something still uses it, for minutes after
  /// a cluster is gone.
  bool DeleteSecurityGroup(const std::string& id);

  /// Lets `cidr` reach TCP port `port`. False if that rule is there already. Throws Error(kUsage)
  /// if `cidr` is none.
  bool AuthorizeIngress(const std::string& group_id, int port, const std::string& cidr,
                        const std::string& description);
  /// False if there was no such rule, or no such group.
  bool RevokeIngress(const std::string& group_id, int port, const std::string& cidr);

 private:
  std::vector<SecurityGroup> Describe(const QueryParams& filters);

  QueryClient client_;
};

/// An address block as EC2 keeps it, bits behind the mask cleared: "100.68.0.18/18" is
/// "100.68.0.0/18". IPv6 in its shortest form. Throws Error(kUsage) for anything else than
/// ADDRESS/BITS.
std::string CanonicalCidr(std::string_view cidr);

/// The group's rule for exactly this TCP port and block; nullptr if there is none.
const IngressRule* FindIngress(const SecurityGroup& group, int port, const std::string& cidr);

}  // namespace dwh
