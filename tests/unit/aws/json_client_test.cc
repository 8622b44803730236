#include "aws/json_client.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "fake_service.h"

namespace dwh {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

class JsonClientTest : public FakeService {
 protected:
  json Ask(const nlohmann::ordered_json& body = nlohmann::ordered_json::object(),
           Repeat repeat = Repeat::kYes, std::vector<Secret> secrets = {}) {
    return JsonClient(client, "redshift-serverless", "RedshiftServerless")
        .Call("Ask", body, repeat, std::move(secrets));
  }
};

TEST_F(JsonClientTest, SendsTheBodyInOrderToItsTarget) {
  transport.Reply(200, R"({"new": [1], "name": "n"})");
  const json reply = Ask({{"z", "\xC3\xA9\xFF"}, {"a", 1}, {"list", {"x"}}});
  EXPECT_EQ(reply["name"], "n");
  const HttpRequest& request = transport.requests.back();
  EXPECT_EQ(request.body, "{\"z\":\"\xC3\xA9\xEF\xBF\xBD\",\"a\":1,\"list\":[\"x\"]}");
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://redshift-serverless.us-west-2.amazonaws.com/");
  EXPECT_EQ(FindHeader(request, "content-type"), "application/x-amz-json-1.1");
  EXPECT_EQ(FindHeader(request, "x-amz-target"), "RedshiftServerless.Ask");
  EXPECT_THAT(FindHeader(request, "authorization").value_or(""),
              HasSubstr("SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;"
                        "x-amz-target"));
}

TEST_F(JsonClientTest, AMangledReplyIsAFailedTryAndIsNotShown) {
  for (const char* body : {"", "{\"dbPassword\": \"hush", "<html>hush</html>", "[]", "null"}) {
    for (int i = 0; i < 3; ++i) transport.Reply(200, body);
    const auto error = Thrown<TransportError>([&] { Ask(); });
    EXPECT_THAT(error.what(), HasSubstr("is no JSON object; gave up after 3 tries"));
    EXPECT_THAT(error.what(), Not(HasSubstr("hush")));
  }
}

TEST_F(JsonClientTest, BlotsOutSecretsAndSendsOnceWhatMayNotBeRepeated) {
  transport.Reply(500, R"({"__type": "InternalServerException", "message": "Passw0rd!"})");
  EXPECT_STREQ(Thrown<AwsError>([&] { Ask({}, Repeat::kNo, {Secret("Passw0rd!")}); }).what(),
               "redshift-serverless Ask: *** (InternalServerException, HTTP 500)");
}

TEST(ReadJsonErrorTest, ReadsEveryForm) {
  const auto read = [](std::string body, HttpHeaders headers = {}) {
    return ReadJsonError({400, std::move(headers), std::move(body)});
  };
  for (const char* type : {"C", "ns#C", "C:http://x/", "a.b#C:http://x/#y"}) {
    const ServiceError error =
        read(json{{"__type", type}, {"message", "m"}}.dump(), {{"x-amzn-RequestId", "r"}});
    EXPECT_EQ(error.code, "C") << type;
    EXPECT_EQ(error.message, "m");
    EXPECT_EQ(error.request_id, "r");
  }
  EXPECT_EQ(read(R"({"__type": "C", "Message": "M"})").message, "M");
  EXPECT_EQ(read(R"({"message": null})", {{"x-amzn-ErrorType", "H:x"}}).code, "H");
  EXPECT_EQ(read(R"({"__type": "C"})").message, "it gives no reason");
  EXPECT_EQ(read("<html><b>502</b></html>").message, "502");
  EXPECT_EQ(read("").message, "an empty reply");
  EXPECT_EQ(read("[1]").code, "");
  EXPECT_EQ(read(R"({"__type": 7})").code, "");
}

}  // namespace
}  // namespace dwh
