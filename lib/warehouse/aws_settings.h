#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "aws/settings.h"
#include "config/dwh_config.h"

namespace dwh {

/// What a warehouse on AWS shall be: dwh.cfg with its defaults, checked before any call.
struct AwsWarehouseSpec {
  std::string identifier;  ///< Of the cluster or workgroup; names its group and role too.
  std::string database;
  std::string user;
  Secret password;  ///< May be empty: create makes one.
  int port = 5439;
  bool publicly_accessible = false;
  std::string allowed_cidr;  ///< May be empty: the caller's own address, or nobody.
  std::string role_name;     ///< Empty: role_arn is given and is nobody's to make.
  std::string role_arn;
  std::string managed_policy;  ///< Name or ARN; empty: a policy of our own.

  // A cluster's.
  std::string subnet_group;  ///< Empty: the default VPC's.
  std::string node_type;
  int nodes = 1;
  std::optional<double> node_price;  ///< USD an hour, configured or known.
  bool price_is_configured = false;

  // A serverless workgroup's.
  std::vector<std::string> subnet_ids;  ///< Empty: the default VPC's.
  std::string namespace_name;
  int base_capacity = 128;  ///< RPUs.
};

/// Throws one Error(kUsage) that lists every setting which the service would refuse, with what is
/// right instead (facts/aws-control-plane, sections 4.2 to 4.4). Notes what it changes, such as an
/// identifier in capitals.
AwsWarehouseSpec CheckAwsSettings(const DwhConfig& config);

/// [AWS] of dwh.cfg as the aws layer takes it.
AwsConfig AwsConfigOf(const DwhConfig& config);

/// "2 x ra3.large at about 0.54 USD an hour each: about 1.09 USD an hour, 26 USD a day ..."
std::string DescribeCost(const AwsWarehouseSpec& spec, EngineKind engine);

}  // namespace dwh
