#include "aws/iam.h"

#include <gmock/gmock.h>

#include "aws/sts.h"
#include "fake_service.h"

namespace dwh {
namespace {

using testing::ElementsAre;

constexpr const char* kNoSuchEntity =
    "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>none</Message></Error>"
    "</ErrorResponse>";

class IamTest : public FakeService {
 protected:
  void Answer(const std::string& action, const std::string& result) {
    transport.Reply(200, "<" + action + "Response xmlns=\"https://iam.amazonaws.com/\"><" + action +
                             "Result>" + result + "</" + action + "Result></" + action +
                             "Response>");
  }
  IamClient iam{client};
};

TEST_F(IamTest, CreatesARole) {
  Answer("CreateRole", "<Role><Arn>arn:aws:iam::1:role/dwhRole</Arn></Role>");
  EXPECT_EQ(iam.CreateRole({.name = "dwhRole",
                            .trust_policy = R"({"Version":"2012-10-17"})",
                            .description = "",
                            .tags = {{"k", "v"}}}),
            "arn:aws:iam::1:role/dwhRole");
  EXPECT_EQ(LastBody(),
            "Action=CreateRole&Version=2010-05-08&RoleName=dwhRole&AssumeRolePolicyDocument="
            "%7B%22Version%22%3A%222012-10-17%22%7D&Tags.member.1.Key=k&Tags.member.1.Value=v");
}

TEST_F(IamTest, SendsCreateRoleOnce) {
  transport.Fail(TransportError::Cause::kTimeout);
  EXPECT_TRUE(FateUnknown(Thrown<TransportError>([&] {
    iam.CreateRole({.name = "r", .trust_policy = "{}", .description = "", .tags = {}});
  })));
}

TEST_F(IamTest, ACreatedRoleHasAnArn) {
  Answer("CreateRole", "<Role/>");
  EXPECT_THROW(
      iam.CreateRole({.name = "r", .trust_policy = "{}", .description = "d e", .tags = {}}), Error);
  EXPECT_EQ(LastBody(),
            "Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%7D"
            "&Description=d+e");
}

TEST_F(IamTest, ReadsARoleAndDecodesItsTrust) {
  Answer("GetRole",
         "<Role><Path>/</Path><RoleName>dwhRole</RoleName><Arn>arn:r</Arn>"
         "<AssumeRolePolicyDocument>%7B%22a%22%3A%22b%20c%22%7D</AssumeRolePolicyDocument>"
         "<Tags><member><Key>made-by</Key><Value>us</Value></member>"
         "<member><Value>w</Value><Key>k</Key></member></Tags></Role>");
  const auto role = iam.GetRole("dwhRole");
  ASSERT_TRUE(role);
  EXPECT_EQ(role->name, "dwhRole");
  EXPECT_EQ(role->arn, "arn:r");
  EXPECT_EQ(role->trust_policy, R"({"a":"b c"})");
  EXPECT_EQ(role->tags, (AwsTags{{"made-by", "us"}, {"k", "w"}}));
  EXPECT_EQ(LastBody(), "Action=GetRole&Version=2010-05-08&RoleName=dwhRole");
}

TEST_F(IamTest, NoRoleIsAnAnswer) {
  transport.Reply(404, kNoSuchEntity);
  EXPECT_EQ(iam.GetRole("r"), std::nullopt);
  transport.Reply(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>");
  EXPECT_THROW(iam.GetRole("r"), AwsError);
}

TEST_F(IamTest, SendsWhatEachActionNeeds) {
  const auto body_of = [&](const std::function<void()>& act) {
    transport.Reply(200, "<R/>");
    act();
    return LastBody();
  };
  const std::string head = "Version=2010-05-08&";
  EXPECT_EQ(body_of([&] { iam.UpdateAssumeRolePolicy("r", "{}"); }),
            "Action=UpdateAssumeRolePolicy&" + head + "RoleName=r&PolicyDocument=%7B%7D");
  EXPECT_EQ(body_of([&] { iam.AttachRolePolicy("r", "arn:p"); }),
            "Action=AttachRolePolicy&" + head + "RoleName=r&PolicyArn=arn%3Ap");
  EXPECT_EQ(body_of([&] { EXPECT_TRUE(iam.DetachRolePolicy("r", "arn:p")); }),
            "Action=DetachRolePolicy&" + head + "RoleName=r&PolicyArn=arn%3Ap");
  EXPECT_EQ(body_of([&] { iam.PutRolePolicy("r", "p", "{ }"); }),
            "Action=PutRolePolicy&" + head + "RoleName=r&PolicyName=p&PolicyDocument=%7B+%7D");
  EXPECT_EQ(body_of([&] { EXPECT_TRUE(iam.DeleteRolePolicy("r", "p")); }),
            "Action=DeleteRolePolicy&" + head + "RoleName=r&PolicyName=p");
  EXPECT_EQ(body_of([&] { EXPECT_TRUE(iam.RemoveRoleFromInstanceProfile("r", "i")); }),
            "Action=RemoveRoleFromInstanceProfile&" + head + "InstanceProfileName=i&RoleName=r");
  EXPECT_EQ(body_of([&] { EXPECT_TRUE(iam.DeleteRole("r")); }),
            "Action=DeleteRole&" + head + "RoleName=r");
}

TEST_F(IamTest, NothingToRemoveIsAnAnswerAndAConflictIsNot) {
  for (int i = 0; i < 4; ++i) transport.Reply(404, kNoSuchEntity);
  EXPECT_FALSE(iam.DetachRolePolicy("r", "arn:p"));
  EXPECT_FALSE(iam.DeleteRolePolicy("r", "p"));
  EXPECT_FALSE(iam.RemoveRoleFromInstanceProfile("r", "i"));
  EXPECT_FALSE(iam.DeleteRole("r"));
  transport.Reply(409, "<ErrorResponse><Error><Code>DeleteConflict</Code></Error></ErrorResponse>");
  EXPECT_EQ(Thrown<AwsError>([&] { iam.DeleteRole("r"); }).code(), "DeleteConflict");
}

TEST_F(IamTest, ListsAllPages) {
  Answer("ListAttachedRolePolicies",
         "<AttachedPolicies><member><PolicyName>a</PolicyName><PolicyArn>arn:a</PolicyArn></member>"
         "</AttachedPolicies><IsTruncated>true</IsTruncated><Marker>m</Marker>");
  Answer("ListAttachedRolePolicies",
         "<AttachedPolicies><member><PolicyName>b</PolicyName><PolicyArn>arn:b</PolicyArn></member>"
         "</AttachedPolicies><IsTruncated>false</IsTruncated>");
  const auto policies = iam.ListAttachedRolePolicies("r");
  EXPECT_EQ(LastBody(), "Action=ListAttachedRolePolicies&Version=2010-05-08&RoleName=r&Marker=m");
  ASSERT_EQ(policies.size(), 2U);
  EXPECT_EQ(policies[0].name, "a");
  EXPECT_EQ(policies[1].arn, "arn:b");

  Answer("ListRolePolicies", "<PolicyNames><member>x</member><member>y</member></PolicyNames>");
  EXPECT_THAT(iam.ListRolePolicies("r"), ElementsAre("x", "y"));
  Answer("ListInstanceProfilesForRole",
         "<InstanceProfiles><member><InstanceProfileName>i</InstanceProfileName></member>"
         "</InstanceProfiles>");
  EXPECT_THAT(iam.ListInstanceProfilesForRole("r"), ElementsAre("i"));
}

TEST_F(IamTest, StsSaysWhoCalls) {
  Answer("GetCallerIdentity",
         "<Arn>arn:aws:iam::123456789012:user/u</Arn><UserId>U</UserId>"
         "<Account>123456789012</Account>");
  const CallerIdentity caller = StsClient(client).GetCallerIdentity();
  EXPECT_EQ(caller.account, "123456789012");
  EXPECT_EQ(caller.arn, "arn:aws:iam::123456789012:user/u");
  EXPECT_EQ(caller.user_id, "U");
  EXPECT_EQ(LastBody(), "Action=GetCallerIdentity&Version=2011-06-15");
}

}  // namespace
}  // namespace dwh
