#include "warehouse/aws_ingress.h"

#include <chrono>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/aws_role.h"
#include "warehouse/wait.h"

namespace dwh {

Ingress::Ingress(AwsClient& client, Clock& clock, const AwsWarehouseSpec& spec)
    : ec2_(client), redshift_(client), clock_(clock), spec_(spec) {}

std::string Ingress::GroupName() const { return spec_.identifier + "-clients"; }

std::string Ingress::RuleMark() const { return StrCat(kOwnerTag, " ", spec_.identifier); }

const std::optional<std::string>& Ingress::FindVpc() {
  if (!vpc_) {
    if (!spec_.subnet_group.empty()) {
      vpc_ = redshift_.VpcOf(spec_.subnet_group);
    } else if (!spec_.subnet_ids.empty()) {
      vpc_ = ec2_.VpcOf(spec_.subnet_ids);
    } else {
      vpc_ = ec2_.DefaultVpc();
    }
  }
  return *vpc_;
}

void Ingress::CheckNetwork() {
  if (FindVpc()) return;
  if (!spec_.subnet_group.empty()) {
    throw Error(ErrorKind::kFailed,
                StrCat("the region has no cluster subnet group ", spec_.subnet_group),
                "correct SUBNET_GROUP in [CLUSTER] of dwh.cfg; `aws redshift "
                "describe-cluster-subnet-groups` lists what there is.");
  }
  if (!spec_.subnet_ids.empty()) {
    throw Error(
        ErrorKind::kFailed,
        StrCat("subnets ", Join(spec_.subnet_ids, ", "), " are not all there, or not in one VPC"),
        "correct SUBNET_IDS in [SERVERLESS] of dwh.cfg; `aws ec2 describe-subnets` lists "
        "what there is.");
  }
  throw Error(ErrorKind::kFailed, "the region has no default VPC to put the warehouse into",
              "name subnets of another VPC in dwh.cfg, in [CLUSTER] SUBNET_GROUP or [SERVERLESS] "
              "SUBNET_IDS; or make one with `aws ec2 create-default-vpc`.");
}

std::optional<SecurityGroup> Ingress::FindOwn() {
  const std::optional<std::string>& vpc = FindVpc();
  if (!vpc) return std::nullopt;
  std::optional<SecurityGroup> group = ec2_.FindSecurityGroup(*vpc, GroupName());
  if (group && !BearsOwnerTag(group->tags, spec_.identifier)) {
    throw Error(ErrorKind::kFailed,
                StrCat("security group ", GroupName(), " (", group->id,
                       ") is there, but manage_dwh did not make it"),
                "rename or delete that group, or give another identifier in dwh.cfg.");
  }
  return group;
}

std::string Ingress::EnsureGroup() {
  CheckNetwork();
  if (const std::optional<SecurityGroup> group = FindOwn()) return group->id;
  LogInfo(StrCat("Creating security group ", GroupName(), "."));
  NewSecurityGroup group;
  group.name = GroupName();
  group.description = StrCat("Who may reach Redshift warehouse ", spec_.identifier);
  group.vpc_id = *FindVpc();
  group.tags = {{kOwnerTag, spec_.identifier}};
  try {
    return ec2_.CreateSecurityGroup(group);
  } catch (const Error& error) {
    if (!FateUnknown(error)) throw;
    const std::optional<SecurityGroup> made = FindOwn();
    if (!made) throw;
    return made->id;
  }
}

void Ingress::Open(const std::string& group_id, const std::string& cidr) {
  if (cidr.empty()) {
    LogInfo("Nobody outside its own network may connect; ALLOWED_CIDR in dwh.cfg would say who.");
    return;
  }
  if (cidr == "0.0.0.0/0") {
    LogWarning("ALLOWED_CIDR is 0.0.0.0/0: everybody on the internet may try passwords.");
  }
  LogInfo(
      StrCat("Opening TCP port ", spec_.port, " of security group ", group_id, " for ", cidr, "."));
  if (!ec2_.AuthorizeIngress(group_id, spec_.port, cidr, RuleMark())) {
    LogInfo(StrCat("TCP port ", spec_.port, " is already open for ", cidr, "."));
  }
}

std::vector<Ingress::OwnRule> Ingress::OwnRules(const std::vector<std::string>& groups) {
  std::vector<OwnRule> rules;
  for (const SecurityGroup& group : ec2_.SecurityGroups(groups)) {
    if (BearsOwnerTag(group.tags, spec_.identifier)) continue;  // goes as a whole
    for (const IngressRule& rule : group.ingress) {
      if (rule.description != RuleMark() || !rule.from_port) continue;
      rules.push_back({.group_id = group.id, .port = *rule.from_port, .cidr = rule.cidr});
    }
  }
  return rules;
}

void Ingress::Close(const std::vector<std::string>& groups) {
  for (const OwnRule& rule : OwnRules(groups)) {
    LogInfo(StrCat("Closing TCP port ", rule.port, " of security group ", rule.group_id, " for ",
                   rule.cidr, "."));
    ec2_.RevokeIngress(rule.group_id, rule.port, rule.cidr);
  }
}

void Ingress::RemoveGroup() {
  if (const std::optional<SecurityGroup> own = FindOwn()) DeleteGroup(*own);
}

/// For minutes after the cluster is gone its network interfaces hold on to the group.
void Ingress::DeleteGroup(const SecurityGroup& group) {
  constexpr Rhythm kRhythm{.pause = std::chrono::seconds(10), .patience = std::chrono::minutes(10)};
  LogInfo(StrCat("Deleting security group ", group.name, "."));
  KeepTrying(clock_, kRhythm, [&](const Try& now) {
    try {
      ec2_.DeleteSecurityGroup(group.id);
      return true;
    } catch (const AwsError& error) {
      if (error.code() != "DependencyViolation" || now.last) throw;
    }
    LogInfo(StrCat("Security group ", group.name, " is still in use; trying again in ",
                   kRhythm.pause.count(), " s."));
    return false;
  });
}

std::vector<std::string> Ingress::AllowedCidrs(const std::vector<std::string>& groups) {
  std::vector<std::string> cidrs;
  for (const SecurityGroup& group : ec2_.SecurityGroups(groups)) {
    for (const IngressRule& rule : group.ingress) {
      const bool all = rule.protocol == "-1";
      const bool covers = rule.protocol == "tcp" && rule.from_port && rule.to_port &&
                          *rule.from_port <= spec_.port && spec_.port <= *rule.to_port;
      if (all || covers) cidrs.push_back(rule.cidr);
    }
  }
  return cidrs;
}

std::vector<std::string> Ingress::PlanEnsure(const std::string& cidr) {
  CheckNetwork();
  const std::optional<SecurityGroup> group = FindOwn();
  std::vector<std::string> plan;
  if (!group) plan.push_back(StrCat("create security group ", GroupName()));
  if (!cidr.empty() && (!group || FindIngress(*group, spec_.port, cidr) == nullptr)) {
    plan.push_back(StrCat("open TCP port ", spec_.port, " for ", cidr));
  }
  return plan;
}

std::vector<std::string> Ingress::PlanOpen(const std::string& group_id, const std::string& cidr) {
  if (cidr.empty()) return {};
  for (const SecurityGroup& group : ec2_.SecurityGroups({group_id})) {
    if (FindIngress(group, spec_.port, cidr) != nullptr) return {};
  }
  return {StrCat("open TCP port ", spec_.port, " of security group ", group_id, " for ", cidr)};
}

std::vector<std::string> Ingress::PlanClose(const std::vector<std::string>& groups) {
  std::vector<std::string> plan;
  for (const OwnRule& rule : OwnRules(groups)) {
    plan.push_back(StrCat("close TCP port ", rule.port, " of security group ", rule.group_id,
                          " for ", rule.cidr));
  }
  return plan;
}

std::vector<std::string> Ingress::PlanRemove() {
  const std::optional<SecurityGroup> group = FindOwn();
  if (!group) return {};
  return {StrCat("delete security group ", group->name, " (", group->id, ")")};
}

}  // namespace dwh
