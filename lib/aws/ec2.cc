#include "aws/ec2.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <set>

#include "base/text.h"

namespace dwh {
namespace {

std::optional<int> Number(const std::string& text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

bool IsIpv6(std::string_view cidr) { return cidr.find(':') != std::string_view::npos; }

QueryParams& AddFilter(QueryParams& params, int number, const std::string& name,
                       const std::vector<std::string>& values) {
  params.Add(StrCat("Filter.", number, ".Name"), name);
  return params.AddList(StrCat("Filter.", number, ".Value"), values);
}

QueryParams RuleParams(const std::string& group_id, int port, const std::string& cidr,
                       const std::string& description) {
  const std::string block = CanonicalCidr(cidr);
  const std::string range =
      StrCat("IpPermissions.1.", IsIpv6(block) ? "Ipv6Ranges.1." : "IpRanges.1.");
  QueryParams params;
  params.Add("GroupId", group_id).Add("IpPermissions.1.IpProtocol", "tcp");
  params.AddNumber("IpPermissions.1.FromPort", port).AddNumber("IpPermissions.1.ToPort", port);
  params.Add(range + (IsIpv6(block) ? "CidrIpv6" : "CidrIp"), block);
  return params.AddIfAny(range + "Description", description);
}

void ReadRules(const XmlNode& permission, std::vector<IngressRule>& rules) {
  const IngressRule common{.protocol = permission.child("ipProtocol").text(),
                           .from_port = Number(permission.child("fromPort").text()),
                           .to_port = Number(permission.child("toPort").text()),
                           .cidr = "",
                           .description = ""};
  const auto read = [&](const char* list, const char* member) {
    for (const XmlNode& range : permission.child(list).children("item")) {
      IngressRule rule = common;
      rule.cidr = range.child(member).text();
      rule.description = range.child("description").text();
      rules.push_back(rule);
    }
  };
  read("ipRanges", "cidrIp");
  read("ipv6Ranges", "cidrIpv6");
}

SecurityGroup ReadGroup(const XmlNode& node) {
  SecurityGroup group{.id = node.child("groupId").text(),
                      .name = node.child("groupName").text(),
                      .vpc_id = node.child("vpcId").text(),
                      .ingress = {},
                      .tags = ReadTags(node.child("tagSet"), "item", "key", "value")};
  for (const XmlNode& permission : node.child("ipPermissions").children("item")) {
    ReadRules(permission, group.ingress);
  }
  return group;
}

}  // namespace

std::optional<std::string> Ec2Client::DefaultVpc() {
  QueryParams params;
  AddFilter(params, 1, "isDefault", {"true"});
  const XmlNode vpc = client_.Call("DescribeVpcs", params).child("vpcSet/item");
  if (!vpc) return std::nullopt;
  return RequiredText(vpc, "vpcId");
}

std::optional<std::string> Ec2Client::VpcOf(const std::vector<std::string>& subnet_ids) {
  QueryParams params;
  AddFilter(params, 1, "subnet-id", subnet_ids);
  const auto subnets = client_.Call("DescribeSubnets", params).child("subnetSet").children("item");
  std::set<std::string> vpcs;
  for (const XmlNode& subnet : subnets) vpcs.insert(RequiredText(subnet, "vpcId"));
  const std::set<std::string> asked(subnet_ids.begin(), subnet_ids.end());
  if (vpcs.size() != 1 || subnets.size() != asked.size()) return std::nullopt;
  return *vpcs.begin();
}

std::vector<SecurityGroup> Ec2Client::SecurityGroups(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  // A filter leaves out what does not exist; with GroupId.N the whole call would fail.
  QueryParams params;
  return Describe(AddFilter(params, 1, "group-id", ids));
}

std::optional<SecurityGroup> Ec2Client::FindSecurityGroup(const std::string& vpc_id,
                                                          const std::string& name) {
  QueryParams params;
  AddFilter(params, 1, "vpc-id", {vpc_id});
  const auto groups = Describe(AddFilter(params, 2, "group-name", {name}));
  return groups.empty() ? std::nullopt : std::optional(groups.front());
}

std::vector<SecurityGroup> Ec2Client::Describe(const QueryParams& filters) {
  std::vector<SecurityGroup> groups;
  client_.ForEachPage("DescribeSecurityGroups", filters, [&](const XmlNode& result) {
    for (const XmlNode& node : result.child("securityGroupInfo").children("item")) {
      groups.push_back(ReadGroup(node));
    }
  });
  return groups;
}

std::string Ec2Client::CreateSecurityGroup(const NewSecurityGroup& group) {
  QueryParams params;
  params.Add("GroupDescription", group.description).Add("GroupName", group.name);
  params.AddIfAny("VpcId", group.vpc_id);
  if (!group.tags.empty()) params.Add("TagSpecification.1.ResourceType", "security-group");
  params.AddTags("TagSpecification.1.Tag", group.tags);
  return RequiredText(client_.Call("CreateSecurityGroup", params, Repeat::kNo), "groupId");
}

bool Ec2Client::DeleteSecurityGroup(const std::string& id) {
  try {
    client_.Do("DeleteSecurityGroup", QueryParams().Add("GroupId", id));
    return true;
  } catch (const AwsError& error) {
    if (error.code() == "InvalidGroup.NotFound") return false;
    throw;
  }
}

bool Ec2Client::AuthorizeIngress(const std::string& group_id, int port, const std::string& cidr,
                                 const std::string& description) {
  try {
    client_.Do("AuthorizeSecurityGroupIngress", RuleParams(group_id, port, cidr, description));
    return true;
  } catch (const AwsError& error) {
    if (error.code() == "InvalidPermission.Duplicate") return false;
    throw;
  }
}

bool Ec2Client::RevokeIngress(const std::string& group_id, int port, const std::string& cidr) {
  try {
    const XmlNode reply =
        client_.Call("RevokeSecurityGroupIngress", RuleParams(group_id, port, cidr, ""));
    // In the default VPC a rule that is not there is no error.
    return !reply.child("unknownIpPermissionSet/item");
  } catch (const AwsError& error) {
    if (error.code() == "InvalidPermission.NotFound" || error.code() == "InvalidGroup.NotFound") {
      return false;
    }
    throw;
  }
}

std::string CanonicalCidr(std::string_view cidr) {
  const size_t slash = std::min(cidr.find('/'), cidr.size());
  const std::string address(cidr.substr(0, slash));
  const auto bits = Number(std::string(cidr.substr(std::min(slash + 1, cidr.size()))));
  const int family = IsIpv6(address) ? AF_INET6 : AF_INET;
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  const int length = family == AF_INET6 ? 16 : 4;
  if (!bits || *bits < 0 || *bits > 8 * length ||
      inet_pton(family, address.c_str(), bytes.data()) != 1) {
    throw Error(ErrorKind::kUsage, StrCat("'", cidr, "' is no address block"),
                "Write one as ADDRESS/BITS, such as 203.0.113.5/32 or 2001:db8::/64.");
  }
  for (int bit = *bits; bit < 8 * length; ++bit) {
    auto& byte = bytes.at(static_cast<size_t>(bit) / 8);
    byte = static_cast<unsigned char>(byte & ~(0x80U >> (static_cast<unsigned>(bit) % 8)));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(family, bytes.data(), text.data(), text.size());
  return StrCat(text.data(), "/", *bits);
}

const IngressRule* FindIngress(const SecurityGroup& group, int port, const std::string& cidr) {
  const std::string block = CanonicalCidr(cidr);
  const auto found =
      std::find_if(group.ingress.begin(), group.ingress.end(), [&](const IngressRule& rule) {
        return rule.protocol == "tcp" && rule.from_port == port && rule.to_port == port &&
               CanonicalCidr(rule.cidr) == block;
      });
  return found == group.ingress.end() ? nullptr : &*found;
}

}  // namespace dwh
