#include "aws/ec2.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "fake_service.h"

namespace dwh {
namespace {

using testing::SizeIs;

std::string Refusal(const std::string& code) {
  return "<Response><Errors><Error><Code>" + code +
         "</Code><Message>no</Message></Error></Errors><RequestID>r</RequestID></Response>";
}

class Ec2Test : public FakeService {
 protected:
  void Answer(const std::string& action, const std::string& result) {
    transport.Reply(200, "<" + action + "Response>" + result + "</" + action + "Response>");
  }
  Ec2Client ec2{client};
};

TEST_F(Ec2Test, FindsTheDefaultVpc) {
  Answer("DescribeVpcs",
         "<vpcSet><item><isDefault>true</isDefault><vpcId>vpc-1</vpcId></item>"
         "</vpcSet>");
  EXPECT_EQ(ec2.DefaultVpc(), "vpc-1");
  EXPECT_EQ(LastBody(),
            "Action=DescribeVpcs&Version=2016-11-15&Filter.1.Name=isDefault&Filter.1.Value.1=true");
  Answer("DescribeVpcs", "<vpcSet/>");
  EXPECT_EQ(ec2.DefaultVpc(), std::nullopt);
}

TEST_F(Ec2Test, FindsTheVpcOfSubnetsThatAreAllInOne) {
  const auto subnet = [](const std::string& id, const std::string& vpc) {
    return StrCat("<item><subnetId>", id, "</subnetId><vpcId>", vpc, "</vpcId></item>");
  };
  const std::vector<std::pair<std::string, std::optional<std::string>>> cases = {
      {subnet("subnet-a", "vpc-1") + subnet("subnet-b", "vpc-1"), "vpc-1"},
      {subnet("subnet-a", "vpc-1"), std::nullopt},
      {subnet("subnet-a", "vpc-1") + subnet("subnet-b", "vpc-2"), std::nullopt},
      {"", std::nullopt}};
  for (const auto& [items, vpc] : cases) {
    Answer("DescribeSubnets", "<subnetSet>" + items + "</subnetSet>");
    EXPECT_EQ(ec2.VpcOf({"subnet-a", "subnet-b"}), vpc) << items;
  }
  EXPECT_EQ(LastBody(),
            "Action=DescribeSubnets&Version=2016-11-15&Filter.1.Name=subnet-id&"
            "Filter.1.Value.1=subnet-a&Filter.1.Value.2=subnet-b");
}

TEST_F(Ec2Test, ReadsGroupsWithTheirRules) {
  Answer("DescribeSecurityGroups",
         "<securityGroupInfo><item><groupId>sg-1</groupId><groupName>dwh</groupName>"
         "<vpcId>vpc-1</vpcId><ipPermissions><item><ipProtocol>tcp</ipProtocol>"
         "<fromPort>5439</fromPort><toPort>5439</toPort><groups><item><groupId>sg-2</groupId>"
         "</item></groups><ipRanges><item><cidrIp>203.0.113.5/32</cidrIp>"
         "<description>home</description></item><item><cidrIp>10.0.0.0/8</cidrIp></item></ipRanges>"
         "<ipv6Ranges><item><cidrIpv6>2001:db8::/64</cidrIpv6></item></ipv6Ranges></item>"
         "<item><ipProtocol>-1</ipProtocol><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item>"
         "</ipRanges></item></ipPermissions><tagSet><item><key>k</key><value>v</value></item>"
         "</tagSet></item></securityGroupInfo><nextToken>t</nextToken>");
  Answer("DescribeSecurityGroups",
         "<securityGroupInfo><item><groupId>sg-3</groupId></item></securityGroupInfo>");
  const auto groups = ec2.SecurityGroups({"sg-1", "sg-3"});
  EXPECT_EQ(transport.requests[0].body,
            "Action=DescribeSecurityGroups&Version=2016-11-15&Filter.1.Name=group-id"
            "&Filter.1.Value.1=sg-1&Filter.1.Value.2=sg-3");
  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[1].id, "sg-3");
  const SecurityGroup& group = groups[0];
  EXPECT_EQ(group.id, "sg-1");
  EXPECT_EQ(group.name, "dwh");
  EXPECT_EQ(group.vpc_id, "vpc-1");
  EXPECT_EQ(group.tags, (AwsTags{{"k", "v"}}));
  ASSERT_THAT(group.ingress, SizeIs(4));
  EXPECT_EQ(group.ingress[0].cidr, "203.0.113.5/32");
  EXPECT_EQ(group.ingress[0].description, "home");
  EXPECT_EQ(group.ingress[2].cidr, "2001:db8::/64");
  EXPECT_EQ(group.ingress[3].protocol, "-1");
  EXPECT_EQ(group.ingress[3].from_port, std::nullopt);

  EXPECT_EQ(FindIngress(group, 5439, "203.0.113.5/32"), &group.ingress[0]);
  EXPECT_EQ(FindIngress(group, 5439, "10.1.2.3/8"), &group.ingress[1]);
  EXPECT_EQ(FindIngress(group, 5439, "2001:DB8:0:0:1::/64"), &group.ingress[2]);
  EXPECT_EQ(FindIngress(group, 5440, "10.0.0.0/8"), nullptr);
  EXPECT_EQ(FindIngress(group, 5439, "10.0.0.0/9"), nullptr);
  EXPECT_EQ(FindIngress(group, 5439, "0.0.0.0/0"), nullptr);
}

TEST_F(Ec2Test, FindsAGroupByVpcAndName) {
  Answer("DescribeSecurityGroups",
         "<securityGroupInfo><item><groupId>sg-1</groupId></item></securityGroupInfo>");
  EXPECT_EQ(ec2.FindSecurityGroup("vpc-1", "default").value().id, "sg-1");
  EXPECT_EQ(LastBody(),
            "Action=DescribeSecurityGroups&Version=2016-11-15&Filter.1.Name=vpc-id"
            "&Filter.1.Value.1=vpc-1&Filter.2.Name=group-name&Filter.2.Value.1=default");
  Answer("DescribeSecurityGroups", "<securityGroupInfo/>");
  EXPECT_FALSE(ec2.FindSecurityGroup("vpc-1", "dwh"));
  EXPECT_THAT(ec2.SecurityGroups({}), SizeIs(0));
}

TEST_F(Ec2Test, CreatesAndDeletesAGroup) {
  Answer("CreateSecurityGroup", "<groupId>sg-9</groupId>");
  EXPECT_EQ(ec2.CreateSecurityGroup(
                {.name = "dwh", .description = "a b", .vpc_id = "vpc-1", .tags = {{"k", "v"}}}),
            "sg-9");
  EXPECT_EQ(LastBody(),
            "Action=CreateSecurityGroup&Version=2016-11-15&GroupDescription=a+b&GroupName=dwh"
            "&VpcId=vpc-1&TagSpecification.1.ResourceType=security-group"
            "&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v");
  transport.Reply(500, "");
  EXPECT_TRUE(FateUnknown(Thrown<AwsError>([&] {
    ec2.CreateSecurityGroup({.name = "dwh", .description = "d", .vpc_id = "", .tags = {}});
  })));

  Answer("DeleteSecurityGroup", "<return>true</return>");
  EXPECT_TRUE(ec2.DeleteSecurityGroup("sg-9"));
  EXPECT_EQ(LastBody(), "Action=DeleteSecurityGroup&Version=2016-11-15&GroupId=sg-9");
  transport.Reply(400, Refusal("InvalidGroup.NotFound"));
  EXPECT_FALSE(ec2.DeleteSecurityGroup("sg-9"));
  transport.Reply(400, Refusal("DependencyViolation"));
  EXPECT_EQ(Thrown<AwsError>([&] { ec2.DeleteSecurityGroup("sg-9"); }).code(),
            "DependencyViolation");
}

TEST_F(Ec2Test, OpensOneRuleACall) {
  Answer("AuthorizeSecurityGroupIngress", "<return>true</return>");
  EXPECT_TRUE(ec2.AuthorizeIngress("sg-1", 5439, "203.0.113.5/32", "x"));
  EXPECT_EQ(LastBody(),
            "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1"
            "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=5439"
            "&IpPermissions.1.ToPort=5439&IpPermissions.1.IpRanges.1.CidrIp=203.0.113.5%2F32"
            "&IpPermissions.1.IpRanges.1.Description=x");
  Answer("AuthorizeSecurityGroupIngress", "<return>true</return>");
  EXPECT_TRUE(ec2.AuthorizeIngress("sg-1", 5439, "2001:db8::1/64", ""));
  EXPECT_EQ(LastBody(),
            "Action=AuthorizeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1"
            "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=5439"
            "&IpPermissions.1.ToPort=5439"
            "&IpPermissions.1.Ipv6Ranges.1.CidrIpv6=2001%3Adb8%3A%3A%2F64");
  transport.Reply(400, Refusal("InvalidPermission.Duplicate"));
  EXPECT_FALSE(ec2.AuthorizeIngress("sg-1", 5439, "203.0.113.5/32", "x"));
  transport.Reply(400, Refusal("RulesPerSecurityGroupLimitExceeded"));
  EXPECT_THROW(ec2.AuthorizeIngress("sg-1", 5439, "203.0.113.5/32", "x"), AwsError);
  EXPECT_EQ(Thrown<Error>([&] { ec2.AuthorizeIngress("sg-1", 5439, "here", ""); }).kind(),
            ErrorKind::kUsage);
}

TEST_F(Ec2Test, ClosesARuleWhetherOrNotItIsThere) {
  Answer("RevokeSecurityGroupIngress", "<return>true</return><unknownIpPermissionSet/>");
  EXPECT_TRUE(ec2.RevokeIngress("sg-1", 5439, "100.68.0.18/18"));
  EXPECT_EQ(LastBody(),
            "Action=RevokeSecurityGroupIngress&Version=2016-11-15&GroupId=sg-1"
            "&IpPermissions.1.IpProtocol=tcp&IpPermissions.1.FromPort=5439"
            "&IpPermissions.1.ToPort=5439&IpPermissions.1.IpRanges.1.CidrIp=100.68.0.0%2F18");
  // The default VPC's way of saying that there is no such rule.
  Answer("RevokeSecurityGroupIngress",
         "<return>true</return><unknownIpPermissionSet><item><ipProtocol>tcp</ipProtocol></item>"
         "</unknownIpPermissionSet>");
  EXPECT_FALSE(ec2.RevokeIngress("sg-1", 5439, "203.0.113.5/32"));
  for (const char* code : {"InvalidPermission.NotFound", "InvalidGroup.NotFound"}) {
    transport.Reply(400, Refusal(code));
    EXPECT_FALSE(ec2.RevokeIngress("sg-1", 5439, "203.0.113.5/32")) << code;
  }
  transport.Reply(403, Refusal("UnauthorizedOperation"));
  EXPECT_THROW(ec2.RevokeIngress("sg-1", 5439, "203.0.113.5/32"), AwsError);
}

TEST(CanonicalCidrTest, ClearsTheBitsBehindTheMask) {
  EXPECT_EQ(CanonicalCidr("100.68.0.18/18"), "100.68.0.0/18");
  EXPECT_EQ(CanonicalCidr("203.0.113.5/32"), "203.0.113.5/32");
  EXPECT_EQ(CanonicalCidr("255.255.255.255/0"), "0.0.0.0/0");
  EXPECT_EQ(CanonicalCidr("10.255.255.255/9"), "10.128.0.0/9");
  EXPECT_EQ(CanonicalCidr("2001:0DB8:0:0:ffff::1/64"), "2001:db8::/64");
  EXPECT_EQ(CanonicalCidr("2001:db8::ff/121"), "2001:db8::80/121");
  EXPECT_EQ(CanonicalCidr("::1/128"), "::1/128");
}

TEST(CanonicalCidrTest, RefusesWhatIsNone) {
  for (const char* text : {"", "/", "1.2.3.4", "1.2.3.4/", "1.2.3.4/33", "1.2.3.4/-1", "1.2.3/8",
                           "1.2.3.4/8x", "1.2.3.4/+8", "::1/129", "::g/64", "host/32", "/24"}) {
    EXPECT_EQ(Thrown<Error>([&] { CanonicalCidr(text); }).kind(), ErrorKind::kUsage) << text;
  }
}

}  // namespace
}  // namespace dwh
