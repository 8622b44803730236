#include "warehouse/aws_ingress.h"

#include <chrono>

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/aws_role.h"

namespace dwh {
using std::chrono::minutes;
using std::chrono::seconds;

Ingress::Ingress(AwsClient& client, Clock& clock, const AwsWarehouseSpec& spec)
    : ec2_(client), clock_(clock), spec_(spec) {}

std::string Ingress::GroupName() const { return spec_.identifier + "-clients"; }

std::string Ingress::RuleMark() const { return StrCat(kOwnerTag, " ", spec_.identifier); }

std::optional<SecurityGroup> Ingress::FindOwn() {
  const std::optional<std::string> vpc = ec2_.DefaultVpc();
  return vpc ? FindOwnIn(*vpc) : std::nullopt;
}

std::optional<SecurityGroup> Ingress::FindOwnIn(const std::string& vpc) {
  std::optional<SecurityGroup> group = ec2_.FindSecurityGroup(vpc, GroupName());
  if (group && !BearsOwnerTag(group->tags, spec_.identifier)) {
    throw Error(ErrorKind::kFailed,
                StrCat("security group ", GroupName(), " (", group->id,
                       ") is there, but manage_dwh did not make it"),
                "rename or delete that group, or give another identifier in dwh.cfg.");
  }
  return group;
}

std::string Ingress::EnsureGroup() {
  const std::optional<std::string> vpc = ec2_.DefaultVpc();
  if (!vpc) {
    throw Error(ErrorKind::kFailed, "the region has no default VPC to put the warehouse into",
                "make one with `aws ec2 create-default-vpc`, or choose another REGION.");
  }
  if (const std::optional<SecurityGroup> group = FindOwnIn(*vpc)) return group->id;
  LogInfo(StrCat("Creating security group ", GroupName(), "."));
  NewSecurityGroup group;
  group.name = GroupName();
  group.description = StrCat("Who may reach Redshift warehouse ", spec_.identifier);
  group.vpc_id = *vpc;
  group.tags = {{kOwnerTag, spec_.identifier}};
  try {
    return ec2_.CreateSecurityGroup(group);
  } catch (const Error& error) {
    if (!FateUnknown(error)) throw;
    const std::optional<SecurityGroup> made = FindOwnIn(*vpc);
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

void Ingress::Close(const std::vector<std::string>& groups) {
  if (groups.empty()) return;
  for (const SecurityGroup& group : ec2_.SecurityGroups(groups)) {
    if (BearsOwnerTag(group.tags, spec_.identifier)) continue;  // goes as a whole
    for (const IngressRule& rule : group.ingress) {
      if (rule.description != RuleMark() || !rule.from_port) continue;
      LogInfo(StrCat("Closing TCP port ", *rule.from_port, " of security group ", group.id, " for ",
                     rule.cidr, "."));
      ec2_.RevokeIngress(group.id, *rule.from_port, rule.cidr);
    }
  }
}

void Ingress::RemoveGroup() {
  if (const std::optional<SecurityGroup> own = FindOwn()) DeleteGroup(*own);
}

/// For minutes after the cluster is gone its network interfaces hold on to the group.
void Ingress::DeleteGroup(const SecurityGroup& group) {
  constexpr minutes kPatience{10};
  constexpr seconds kPause{10};
  LogInfo(StrCat("Deleting security group ", group.name, "."));
  const SteadyTime start = clock_.Steady();
  while (true) {
    try {
      ec2_.DeleteSecurityGroup(group.id);
      return;
    } catch (const AwsError& error) {
      if (error.code() != "DependencyViolation" || clock_.Steady() - start > kPatience) throw;
      LogInfo(StrCat("Security group ", group.name, " is still in use; trying again in ",
                     kPause.count(), " s."));
    }
    clock_.SleepFor(kPause);
    ThrowIfInterrupted();
  }
}

std::vector<std::string> Ingress::AllowedCidrs(const std::vector<std::string>& groups) {
  std::vector<std::string> cidrs;
  if (groups.empty()) return cidrs;
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
  const std::optional<SecurityGroup> group = FindOwn();
  std::vector<std::string> plan;
  if (!group) plan.push_back(StrCat("create security group ", GroupName()));
  if (!cidr.empty() && (!group || FindIngress(*group, spec_.port, cidr) == nullptr)) {
    plan.push_back(StrCat("open TCP port ", spec_.port, " for ", cidr));
  }
  return plan;
}

std::vector<std::string> Ingress::PlanRemove() {
  const std::optional<SecurityGroup> group = FindOwn();
  if (!group) return {};
  return {StrCat("delete security group ", group->name, " (", group->id, ")")};
}

}  // namespace dwh
