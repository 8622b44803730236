#include "warehouse/aws_policies.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/text.h"

namespace dwh {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kVersion = "2012-10-17";

/// A bucket and what its keys begin with.
struct Place {
  std::string bucket;
  std::string prefix;
};

/// nullopt for a path of this machine.
std::optional<Place> ParsePlace(std::string_view url) {
  constexpr std::string_view kScheme = "s3://";
  if (!url.starts_with(kScheme)) return std::nullopt;
  const std::string rest(url.substr(kScheme.size()));
  const size_t slash = std::min(rest.find('/'), rest.size());
  return Place{rest.substr(0, slash), rest.substr(std::min(slash + 1, rest.size()))};
}

/// Those of [S3] that are on S3, each once.
std::vector<Place> PlacesToRead(const DwhConfig& config) {
  std::vector<Place> places;
  std::set<std::string> seen;
  for (const std::string* url :
       {&config.s3.log_data, &config.s3.song_data, &config.s3.log_jsonpath, &config.s3.staging}) {
    std::optional<Place> place = ParsePlace(*url);
    if (place && seen.insert(*url).second) places.push_back(*std::move(place));
  }
  return places;
}

std::string BucketArn(const std::string& partition, const Place& place) {
  return StrCat("arn:", partition, ":s3:::", place.bucket);
}

Json Statement(const char* name, Json actions, Json resources) {
  return {{"Sid", name},
          {"Effect", "Allow"},
          {"Action", std::move(actions)},
          {"Resource", std::move(resources)}};
}

/// For etl, which puts manifests there for the time of a load.
Json WriteStatement(const Place& staging, const std::string& partition) {
  return Statement("WriteStaging", {"s3:PutObject", "s3:DeleteObject"},
                   StrCat(BucketArn(partition, staging), "/", staging.prefix, "*"));
}

/// Reading and listing the places, as statements.
std::vector<Json> ReadStatements(const std::vector<Place>& places, const std::string& partition) {
  std::set<std::string> buckets;
  std::vector<std::string> objects;
  for (const Place& place : places) {
    buckets.insert(BucketArn(partition, place));
    objects.push_back(StrCat(BucketArn(partition, place), "/", place.prefix, "*"));
  }
  return {Statement("ListBuckets", {"s3:ListBucket", "s3:GetBucketLocation"}, buckets),
          Statement("ReadObjects", {"s3:GetObject"}, objects)};
}

Json ClusterActions() {
  return {"redshift:CreateCluster",         "redshift:DescribeClusters",
          "redshift:DeleteCluster",         "redshift:PauseCluster",
          "redshift:ResumeCluster",         "redshift:ModifyClusterIamRoles",
          "redshift:CreateClusterSnapshot", "redshift:CreateTags",
          "redshift:GetClusterCredentials", "redshift:DescribeClusterSubnetGroups"};
}

Json ServerlessActions() {
  return {"redshift-serverless:CreateNamespace", "redshift-serverless:GetNamespace",
          "redshift-serverless:DeleteNamespace", "redshift-serverless:CreateWorkgroup",
          "redshift-serverless:GetWorkgroup",    "redshift-serverless:DeleteWorkgroup",
          "redshift-serverless:TagResource",     "redshift-serverless:ListTagsForResource",
          "redshift-serverless:GetCredentials"};
}

Json RoleActions() {
  return {"iam:CreateRole",
          "iam:GetRole",
          "iam:TagRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:AttachRolePolicy",
          "iam:DetachRolePolicy",
          "iam:ListAttachedRolePolicies",
          "iam:PutRolePolicy",
          "iam:DeleteRolePolicy",
          "iam:ListRolePolicies",
          "iam:ListInstanceProfilesForRole",
          "iam:RemoveRoleFromInstanceProfile",
          "iam:DeleteRole"};
}

Json NetworkActions() {
  return {"ec2:DescribeVpcs",
          "ec2:DescribeSubnets",
          "ec2:DescribeSecurityGroups",
          "ec2:CreateSecurityGroup",
          "ec2:CreateTags",
          "ec2:DeleteSecurityGroup",
          "ec2:AuthorizeSecurityGroupIngress",
          "ec2:RevokeSecurityGroupIngress",
          "ec2:DescribeAddresses",
          "ec2:DescribeInternetGateways",
          "ec2:DescribeAccountAttributes"};
}

}  // namespace

std::string TrustPolicy() {
  const Json services = {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"};
  return Json{{"Version", kVersion},
              {"Statement",
               {{{"Effect", "Allow"},
                 {"Principal", {{"Service", services}}},
                 {"Action", "sts:AssumeRole"}}}}}
      .dump();
}

bool Trusts(const std::string& trust_policy, const std::string& service) {
  const Json policy = Json::parse(trust_policy, nullptr, /*allow_exceptions=*/false);
  if (!policy.is_object() || !policy.contains("Statement")) return false;
  const auto in_list = [](const Json& one_or_many) {
    return one_or_many.is_array() ? one_or_many : Json::array({one_or_many});
  };
  const Json statements = in_list(policy["Statement"]);
  return std::any_of(statements.begin(), statements.end(), [&](const Json& statement) {
    if (!statement.is_object() || statement.value("Effect", "") != "Allow") return false;
    const Json principal = statement.value("Principal", Json::object());
    if (!principal.is_object() || !principal.contains("Service")) return false;
    const Json services = in_list(principal["Service"]);
    return std::find(services.begin(), services.end(), Json(service)) != services.end();
  });
}

std::string CopyPolicy(const DwhConfig& config, const std::string& partition) {
  const std::vector<Place> places = PlacesToRead(config);
  if (places.empty()) return "";
  return Json{{"Version", kVersion}, {"Statement", ReadStatements(places, partition)}}.dump();
}

std::string OperatorPolicy(const DwhConfig& config, const std::string& role_name,
                           const std::string& partition) {
  const bool serverless = config.engine == EngineKind::kServerless;
  const std::string role = StrCat("arn:", partition, ":iam::*:role/", role_name);
  std::vector<Json> statements = {
      Statement("Warehouse", serverless ? ServerlessActions() : ClusterActions(), "*"),
      Statement("CopyRole", RoleActions(), role), Statement("Network", NetworkActions(), "*")};
  Json pass = Statement("HandTheRoleToRedshift", {"iam:PassRole"}, role);
  pass["Condition"] = {
      {"StringEquals",
       {{"iam:PassedToService", {"redshift.amazonaws.com", "redshift-serverless.amazonaws.com"}}}}};
  statements.push_back(std::move(pass));
  statements.push_back(Statement(
      "FirstUseOfRedshift", {"iam:CreateServiceLinkedRole"},
      StrCat("arn:", partition, ":iam::*:role/aws-service-role/redshift.amazonaws.com/*")));
  const std::vector<Place> places = PlacesToRead(config);
  if (!places.empty()) {
    for (Json& statement : ReadStatements(places, partition)) {
      statements.push_back(std::move(statement));
    }
  }
  if (const std::optional<Place> staging = ParsePlace(config.s3.staging)) {
    statements.push_back(WriteStatement(*staging, partition));
  }
  return Json{{"Version", kVersion}, {"Statement", statements}}.dump();
}

}  // namespace dwh
