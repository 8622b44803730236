#include "warehouse/aws_settings.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <vector>

#include "aws/ec2.h"
#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/password.h"

namespace dwh {
namespace {

constexpr int kDefaultPort = 5439;

/// Facts, section 4.2. Prices: us-east-1, on demand, a node and hour, as read in October 2026.
struct NodeType {
  std::string_view name;
  int fewest;
  int most;
  double price;
};
constexpr std::array kNodeTypes = {
    NodeType{"ra3.large", 1, 16, 0.543},    NodeType{"ra3.xlplus", 1, 16, 1.086},
    NodeType{"ra3.4xlarge", 2, 32, 3.26},   NodeType{"ra3.16xlarge", 2, 128, 13.04},
    NodeType{"rg.large", 1, 16, 0.3801},    NodeType{"rg.xlarge", 2, 16, 0.7602},
    NodeType{"rg.4xlarge", 2, 32, 3.04267}, NodeType{"rg.12xlarge", 2, 128, 9.128}};

/// Types that can no longer be ordered, and what stands nearest to them today.
struct OldNodeType {
  std::string_view name;
  std::string_view instead;
};
constexpr std::array kOldNodeTypes = {OldNodeType{"dc2.large", "ra3.large or rg.large"},
                                      OldNodeType{"dc2.8xlarge", "ra3.4xlarge or rg.4xlarge"},
                                      OldNodeType{"ds2.xlarge", "ra3.xlplus or rg.xlarge"},
                                      OldNodeType{"ds2.8xlarge", "ra3.4xlarge or rg.4xlarge"},
                                      OldNodeType{"dc1.large", "ra3.large or rg.large"},
                                      OldNodeType{"dc1.8xlarge", "ra3.4xlarge or rg.4xlarge"}};

template <typename Kind>
bool All(std::string_view text, Kind kind) {
  return std::all_of(text.begin(), text.end(), kind);
}

std::string Or(const std::string& value, std::string_view otherwise) {
  return value.empty() ? std::string(otherwise) : value;
}

/// Goes through dwh.cfg and collects everything that is wrong.
class Checker {
 public:
  explicit Checker(const DwhConfig& config) : config_(config) {}

  AwsWarehouseSpec Check() {
    CheckConnection();
    CheckNetwork();
    if (config_.engine == EngineKind::kServerless) {
      CheckServerless();
    } else {
      CheckCluster();
    }
    CheckRole();
    if (mistakes_.empty()) return spec_;
    throw Error(ErrorKind::kUsage, StrCat(config_.path.string(), ": ", Join(mistakes_, "; ")),
                "nothing was created or changed.");
  }

 private:
  void Wrong(std::string_view key, const std::string& what) {
    mistakes_.push_back(StrCat(key, ": ", what));
  }

  /// As the service does with identifiers.
  static std::string Lowered(std::string_view key, const std::string& value) {
    std::string lower = ToLower(value);
    if (lower != value) {
      LogInfo(StrCat(key, " ", value, " becomes ", lower, ": the service knows lower case only."));
    }
    return lower;
  }

  void CheckConnection() {
    const DwhConfig::Cluster& cluster = config_.cluster;
    constexpr size_t kLongestName = 128;
    spec_.database = Or(cluster.db_name, "dev");
    const auto name_letter = [](char c) { return IsLower(c) || IsDigit(c) || c == '_'; };
    if (spec_.database.size() > 64 || !All(spec_.database, name_letter)) {
      Wrong("DB_NAME", "must be 1 to 64 lower-case letters, digits or '_'");
    }
    spec_.user = Or(cluster.db_user, "awsuser");
    const auto user_letter = [&](char c) {
      return name_letter(c) || std::string_view("+.@-").find(c) != std::string_view::npos;
    };
    if (spec_.user.size() > kLongestName || !IsLower(spec_.user.front()) ||
        !All(spec_.user, user_letter) || spec_.user == "public") {
      Wrong("DB_USER",
            "must begin with a letter and hold only lower-case letters, digits and "
            "_ + . @ - (and not be 'public')");
    }
    spec_.password = cluster.db_password;
    const std::string problem = spec_.password.empty() ? "" : ProblemOfPassword(spec_.password);
    if (!problem.empty()) Wrong("DB_PASSWORD", problem);
  }

  void CheckNetwork() {
    spec_.port = config_.cluster.db_port.value_or(kDefaultPort);
    const bool allowed =
        (spec_.port >= 5431 && spec_.port <= 5455) || (spec_.port >= 8191 && spec_.port <= 8215);
    // A warehouse that is there already may have a port of older rules (facts, section 4.1).
    if (!allowed && config_.cluster.host.empty()) {
      Wrong("DB_PORT", StrCat(spec_.port, " is none of 5431 to 5455 and 8191 to 8215"));
    }
    spec_.publicly_accessible = config_.cluster.publicly_accessible.value_or(false);
    if (config_.cluster.allowed_cidr.empty()) return;
    try {
      spec_.allowed_cidr = CanonicalCidr(config_.cluster.allowed_cidr);
    } catch (const Error& error) {
      Wrong("ALLOWED_CIDR", error.what());
    }
  }

  void CheckCluster() {
    const DwhConfig::Cluster& cluster = config_.cluster;
    spec_.identifier = Lowered("CLUSTER_IDENTIFIER", Or(cluster.identifier, "sparkify-dwh"));
    CheckIdentifier();
    spec_.subnet_group = Lowered("SUBNET_GROUP", cluster.subnet_group);
    spec_.node_type = ToLower(Or(cluster.node_type, "ra3.large"));
    const bool multi = cluster.type == "multi-node";
    spec_.nodes = static_cast<int>(cluster.num_nodes.value_or(multi ? 2 : 1));
    CheckNodeType();
  }

  void CheckIdentifier() {
    const std::string& name = spec_.identifier;
    const auto letter = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
    if (name.size() > 63 || !IsLower(name.front()) || !All(name, letter) || name.back() == '-' ||
        name.find("--") != std::string::npos) {
      Wrong("CLUSTER_IDENTIFIER",
            "must be 1 to 63 letters, digits and single hyphens, begin with a letter and not end "
            "with a hyphen");
    }
  }

  void CheckNodeType() {
    for (const OldNodeType& old : kOldNodeTypes) {
      if (spec_.node_type == old.name) {
        Wrong("NODE_TYPE", StrCat(old.name, " can no longer be ordered; take ", old.instead));
      }
    }
    spec_.node_price = config_.cluster.node_price;
    spec_.price_is_configured = spec_.node_price.has_value();
    for (const NodeType& type : kNodeTypes) {
      if (spec_.node_type != type.name) continue;
      if (!spec_.node_price) spec_.node_price = type.price;
      if (spec_.nodes < type.fewest || spec_.nodes > type.most) {
        Wrong("NUM_NODES",
              StrCat(type.name, " comes with ", type.fewest, " to ", type.most, " nodes"));
      }
    }
  }

  void CheckServerless() {
    const DwhConfig::Serverless& serverless = config_.serverless;
    const std::string name = Or(serverless.workgroup, Or(serverless.name_space, "sparkify-dwh"));
    spec_.identifier = Lowered("WORKGROUP", name);
    spec_.namespace_name = Lowered("NAMESPACE", Or(serverless.name_space, name));
    CheckServerlessName("WORKGROUP", spec_.identifier);
    CheckServerlessName("NAMESPACE", spec_.namespace_name);
    spec_.subnet_ids = serverless.subnet_ids;
    spec_.base_capacity = static_cast<int>(serverless.base_capacity.value_or(128));
    const int capacity = spec_.base_capacity;
    const bool allowed = capacity == 4 || (capacity >= 8 && capacity <= 512 && capacity % 8 == 0) ||
                         (capacity > 512 && capacity <= 1024 && capacity % 32 == 0);
    if (!allowed) {
      Wrong("BASE_CAPACITY", "must be 4, or 8 to 512 in steps of 8, or up to 1024 in steps of 32");
    }
  }

  void CheckServerlessName(std::string_view key, const std::string& name) {
    const auto letter = [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; };
    if (name.size() < 3 || name.size() > 64 || !All(name, letter)) {
      Wrong(key, "must be 3 to 64 lower-case letters, digits and hyphens");
    }
  }

  void CheckRole() {
    const DwhConfig::IamRole& role = config_.iam_role;
    spec_.managed_policy = role.policy;
    spec_.role_arn = role.arn;
    spec_.role_name = role.name;
    const std::string own_name = spec_.identifier + "-copy";
    // An ARN of that name is what an earlier create wrote; any other was given.
    if (role.name.empty() && (role.arn.empty() || role.arn.ends_with(":role/" + own_name))) {
      spec_.role_name = own_name;
    }
    const auto letter = [](char c) {
      return IsLetter(c) || IsDigit(c) ||
             std::string_view("_+=,.@-").find(c) != std::string_view::npos;
    };
    if (spec_.role_name.size() > 64 || !All(spec_.role_name, letter)) {
      Wrong("NAME in [IAM_ROLE]", "must be 1 to 64 letters, digits and _ + = , . @ -");
    }
    if (!role.arn.empty() && !role.arn.starts_with("arn:")) {
      Wrong("ARN in [IAM_ROLE]", "is no ARN (arn:aws:iam::123456789012:role/name)");
    }
  }

  const DwhConfig& config_;
  AwsWarehouseSpec spec_;
  std::vector<std::string> mistakes_;
};

std::string Dollars(double amount) {
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), "%.2f USD", amount);
  return {text.data(), static_cast<size_t>(length)};
}

}  // namespace

AwsWarehouseSpec CheckAwsSettings(const DwhConfig& config) { return Checker(config).Check(); }

AwsConfig AwsConfigOf(const DwhConfig& config) {
  AwsConfig aws;
  aws.key = config.aws.key;
  aws.secret = config.aws.secret;
  aws.session_token = config.aws.session_token;
  aws.profile = config.aws.profile;
  aws.region = config.aws.region;
  aws.endpoint_url = config.aws.endpoint_url;
  return aws;
}

std::string DescribeCost(const AwsWarehouseSpec& spec, EngineKind engine) {
  if (engine == EngineKind::kServerless) {
    return StrCat("Base capacity ", spec.base_capacity,
                  " RPUs: billed by the second while queries run, at least 60 s each time, and for "
                  "its storage until it is deleted.");
  }
  const std::string what = StrCat(spec.nodes, " x ", spec.node_type);
  constexpr std::string_view kUntil =
      "It costs money until it is deleted; paused it costs its storage.";
  if (!spec.node_price) return StrCat(what, ", whose price is not known here. ", kUntil);
  const double hourly = *spec.node_price * spec.nodes;
  constexpr double kHoursADay = 24;
  return StrCat(what, " at ", spec.price_is_configured ? "" : "about ", Dollars(*spec.node_price),
                " an hour each", spec.price_is_configured ? "" : " (us-east-1, October 2026)", ": ",
                Dollars(hourly), " an hour, ", Dollars(hourly * kHoursADay), " a day. ", kUntil);
}

}  // namespace dwh
