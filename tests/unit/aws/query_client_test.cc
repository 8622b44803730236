#include "aws/query_client.h"

#include <gmock/gmock.h>

#include "base/text.h"
#include "fake_service.h"

namespace dwh {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

using QueryClientTest = FakeService;

HttpResponse Reply(int status, std::string body, HttpHeaders headers = {}) {
  return {status, std::move(headers), std::move(body)};
}

TEST_F(QueryClientTest, EncodesParametersInOrder) {
  QueryParams params;
  params.Add("A", "b c+d&e=~-._\xC3\xA9").Add("S", Secret("p w")).AddIfAny("Empty", "");
  params.AddNumber("N", -5).AddFlag("T", true).AddFlag("F", false);
  params.AddList("L.Item", {"x", "y"}).AddList("None", {});
  params.AddTags("Tags.Tag", {{"k", "v"}, {"j", ""}});
  EXPECT_EQ(params.Encode(),
            "&A=b%20c%2Bd%26e%3D~-._%C3%A9&S=p%20w&N=-5&T=true&F=false&L.Item.1=x&L.Item.2=y"
            "&Tags.Tag.1.Key=j&Tags.Tag.1.Value=&Tags.Tag.2.Key=k&Tags.Tag.2.Value=v");
  ASSERT_EQ(params.secrets().size(), 1U);
  EXPECT_EQ(params.secrets()[0].Reveal(), "p w");
}

TEST_F(QueryClientTest, SendsTheVersionOfEachServiceSignedForIt) {
  const auto sent = [&](const std::string& service, const std::string& result) {
    transport.Reply(200, "<AskResponse>" + result + "</AskResponse>");
    QueryClient(client, service).Call("Ask", {});
    EXPECT_EQ(FindHeader(transport.requests.back(), "content-type"),
              "application/x-www-form-urlencoded; charset=utf-8");
    EXPECT_EQ(transport.requests.back().method, "POST");
    return LastUrl() + " " + LastBody();
  };
  const std::string result = "<AskResult/>";
  EXPECT_EQ(sent("redshift", result),
            "https://redshift.us-west-2.amazonaws.com/ Action=Ask&Version=2012-12-01");
  EXPECT_EQ(sent("iam", result), "https://iam.amazonaws.com/ Action=Ask&Version=2010-05-08");
  EXPECT_THAT(FindHeader(transport.requests.back(), "authorization").value_or(""),
              HasSubstr("/us-east-1/iam/aws4_request"));
  EXPECT_EQ(sent("sts", result),
            "https://sts.us-west-2.amazonaws.com/ Action=Ask&Version=2011-06-15");
  EXPECT_EQ(sent("ec2", ""), "https://ec2.us-west-2.amazonaws.com/ Action=Ask&Version=2016-11-15");
  EXPECT_THROW(QueryClient(client, "s3"), Error);
}

TEST_F(QueryClientTest, GivesTheResultWhateverElseTheReplyHolds) {
  transport.Reply(200,
                  "<?xml version=\"1.0\"?>\n<r:AskResponse xmlns:r=\"http://example.org/doc/\">"
                  "<New/><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
                  "<r:AskResult><Newer><x/></Newer><Name> a&amp;b </Name></r:AskResult>"
                  "</r:AskResponse>");
  EXPECT_EQ(QueryClient(client, "redshift").Call("Ask", {}).child("Name").text(), "a&b");
}

// A reply that is no answer must never read as "there is none".
TEST_F(QueryClientTest, TriesAgainAfterAMangledReplyAndSaysSoAtTheEnd) {
  for (const char* body : {"", "<AskResponse><AskRes", "<html>Log in, please</html>",
                           "<AskResponse></AskResponse>", "{}"}) {
    for (int i = 0; i < 3; ++i) transport.Reply(200, body);
    const auto error = Thrown<TransportError>([&] { QueryClient(client, "sts").Call("Ask", {}); });
    EXPECT_EQ(error.cause(), TransportError::Cause::kMalformed);
    EXPECT_THAT(error.what(), HasSubstr("is no AskRes")) << body;
    EXPECT_THAT(error.what(), HasSubstr("3 tries"));
  }
  transport.Reply(200, "<AskResponse><AskRes");
  transport.Reply(200, "<AskResponse><AskResult/></AskResponse>");
  EXPECT_TRUE(QueryClient(client, "sts").Call("Ask", {}));
}

TEST_F(QueryClientTest, AMangledReplyIsNotShown) {
  for (int i = 0; i < 3; ++i) transport.Reply(200, "<DbPassword>hush");
  EXPECT_THAT(
      Thrown<TransportError>([&] { QueryClient(client, "redshift").Call("Ask", {}); }).what(),
      Not(HasSubstr("hush")));
}

TEST_F(QueryClientTest, WhatOnlyDoesNeedsNoReply) {
  transport.Reply(200, "");
  QueryClient(client, "iam").Do("Act", {});
}

TEST_F(QueryClientTest, SendsOnceWhatMayNotBeRepeated) {
  transport.Reply(500, "");
  EXPECT_THROW(QueryClient(client, "iam").Do("Act", {}, Repeat::kNo), AwsError);
  transport.Reply(200, "");
  EXPECT_THROW(QueryClient(client, "iam").Call("Act", {}, Repeat::kNo), TransportError);
}

TEST_F(QueryClientTest, BlotsOutSecretsThatAServiceRepeats) {
  transport.Reply(400,
                  "<ErrorResponse><Error><Code>InvalidParameterValue</Code>"
                  "<Message>Passw0rd! is bad</Message></Error></ErrorResponse>");
  const auto error = Thrown<AwsError>([&] {
    QueryClient(client, "redshift").Do("Act", QueryParams().Add("P", Secret("Passw0rd!")));
  });
  EXPECT_THAT(error.what(), StartsWith("redshift Act: *** is bad (InvalidParameterValue"));
}

TEST_F(QueryClientTest, TurnsThePagesAsEachServiceDoes) {
  const auto marks = [&](const std::string& service) {
    std::string seen;
    QueryClient(client, service).ForEachPage("Ask", {}, [&](const XmlNode& result) {
      seen += result.child("V").text();
    });
    return seen;
  };
  const auto page = [&](const std::string& text) {
    transport.Reply(200, "<AskResponse><AskResult>" + text + "</AskResult></AskResponse>");
  };
  page("<V>1</V><Marker>a+b</Marker><IsTruncated>true</IsTruncated>");
  page("<V>2</V><Marker>stale</Marker><IsTruncated>false</IsTruncated>");
  EXPECT_EQ(marks("iam"), "12");
  EXPECT_EQ(transport.requests[0].body, "Action=Ask&Version=2010-05-08");
  EXPECT_EQ(transport.requests[1].body, "Action=Ask&Version=2010-05-08&Marker=a%2Bb");

  page("<V>1</V><Marker>m</Marker>");
  page("<V>2</V><Marker/>");
  EXPECT_EQ(marks("redshift"), "12");

  transport.Reply(200, "<AskResponse><V>1</V><nextToken>t</nextToken></AskResponse>");
  transport.Reply(200, "<AskResponse><V>2</V><nextToken></nextToken></AskResponse>");
  EXPECT_EQ(marks("ec2"), "12");
  EXPECT_EQ(LastBody(), "Action=Ask&Version=2016-11-15&NextToken=t");

  page("<Marker>m</Marker>");
  page("<Marker>m</Marker>");
  EXPECT_THROW(marks("redshift"), Error);
}

TEST(ReadXmlErrorTest, ReadsEveryWrapping) {
  const std::string error = "<Error><Type>Sender</Type><Code>C</Code><Message>M</Message></Error>";
  for (const std::string& body : {
           "<ErrorResponse xmlns=\"http://x/\">" + error +
               "<RequestId>id</RequestId></ErrorResponse>",
           "<Response><Errors>" + error + "</Errors><RequestID>id</RequestID></Response>",
           "<ErrorResponse><Errors>" + error + "</Errors><RequestID>id</RequestID></ErrorResponse>",
           std::string("<Error><Code>C</Code><Message>M</Message><Region>r</Region>"
                       "<RequestId>id</RequestId></Error>"),
           std::string("<ErrorResponse><Error><message>M</message><New/><Code>C</Code></Error>"
                       "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
                       "</ErrorResponse>"),
       }) {
    const ServiceError read = ReadXmlError(Reply(400, body));
    EXPECT_EQ(read.code, "C") << body;
    EXPECT_EQ(read.message, "M") << body;
    EXPECT_EQ(read.request_id, "id") << body;
  }
}

TEST(ReadXmlErrorTest, FallsBackToTheFirstWords) {
  const ServiceError page = ReadXmlError(
      Reply(502, "<html><h1>502 Bad Gateway</h1></html>", {{"x-amzn-RequestId", "h"}}));
  EXPECT_EQ(page.code, "");
  EXPECT_EQ(page.message, "502 Bad Gateway");
  EXPECT_EQ(page.request_id, "h");
  EXPECT_EQ(ReadXmlError(Reply(503, "")).message, "an empty reply");
  EXPECT_EQ(ReadXmlError(Reply(503, "<ErrorResponse><Error><Co")).code, "");
  EXPECT_EQ(ReadXmlError(Reply(404, "<Error><Code>NoSuchKey</Code></Error>")).message,
            "it gives no reason");
  EXPECT_EQ(ReadXmlError(Reply(403, "", {{"x-amz-request-id", "s3"}})).request_id, "s3");
}

TEST(RequiredTextTest, NamesWhatIsMissing) {
  const XmlNode node = ParseXml("<R><A><B>x</B><C/></A></R>");
  EXPECT_EQ(RequiredText(node, "A/B"), "x");
  EXPECT_STREQ(Thrown<Error>([&] { RequiredText(node, "A/C"); }).what(),
               "the reply R holds no A/C");
}

}  // namespace
}  // namespace dwh
