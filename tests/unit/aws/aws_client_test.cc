#include "aws/aws_client.h"

#include <gmock/gmock.h>

#include <csignal>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "fake_service.h"

namespace dwh {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;
using Cause = TransportError::Cause;

/// A protocol of one line: "Code: message".
ServiceError ReadLine(const HttpResponse& response) {
  const size_t colon = response.body.find(": ");
  if (colon == std::string::npos) return {.code = "", .message = response.body, .request_id = ""};
  return {.code = response.body.substr(0, colon),
          .message = response.body.substr(colon + 2),
          .request_id = "r-1"};
}

AwsCall MakeCall() {
  AwsCall call;
  call.service = "redshift";
  call.action = "DescribeClusters";
  call.request.method = "POST";
  call.request.url = "/";
  call.request.body = "Action=DescribeClusters";
  call.read_error = ReadLine;
  return call;
}

class AwsClientTest : public FakeService {
 protected:
  /// One failure, then success: whether a second try was made.
  bool RetriesAfter(int status, const std::string& body, bool repeatable = true) {
    transport.Reply(status, body);
    transport.Reply(200, "fine");
    return Retries(repeatable);
  }
  bool RetriesAfter(Cause cause, bool repeatable = true) {
    transport.Fail(cause);
    transport.Reply(200, "fine");
    return Retries(repeatable);
  }

 private:
  bool Retries(bool repeatable) {
    AwsCall call = MakeCall();
    call.repeatable = repeatable;
    try {
      client.Send(call);
      return true;
    } catch (const Error& error) {
      EXPECT_EQ(transport.left(), 1U);
      fate_unknown = FateUnknown(error);
      transport.Send({});
      return false;
    }
  }

 protected:
  bool fate_unknown = false;  ///< Of the last failure.
};

TEST_F(AwsClientTest, SendsOneSignedRequestToTheServicesEndpoint) {
  transport.Reply(200, "fine");
  EXPECT_EQ(client.Send(MakeCall()).body, "fine");
  ASSERT_THAT(transport.requests, SizeIs(1));
  const HttpRequest& request = transport.requests[0];
  EXPECT_EQ(request.url, "https://redshift.us-west-2.amazonaws.com/");
  EXPECT_EQ(FindHeader(request, "x-amz-date"), "20150830T123600Z");
  EXPECT_THAT(FindHeader(request, "authorization").value_or(""),
              HasSubstr("Credential=KEY1/20150830/us-west-2/redshift/aws4_request"));
  EXPECT_THAT(clock.sleeps, IsEmpty());
}

TEST_F(AwsClientTest, SendsUnsignedCallsWithoutCredentials) {
  transport.Reply(200, "fine");
  AwsCall call = MakeCall();
  call.sign = false;
  client.Send(call);
  EXPECT_EQ(FindHeader(transport.requests[0], "authorization"), std::nullopt);
  EXPECT_EQ(fetches, 0);
}

TEST_F(AwsClientTest, TriesAgainAfterThrottlingEvenWhatMayNotBeRepeated) {
  for (const char* code :
       {"Throttling", "ThrottlingException", "ThrottledException", "RequestThrottledException",
        "RequestThrottled", "TooManyRequestsException", "ProvisionedThroughputExceededException",
        "TransactionInProgressException", "RequestLimitExceeded", "BandwidthLimitExceeded",
        "LimitExceededException", "SlowDown", "EC2ThrottledException",
        "DependentServiceRequestThrottlingFault", "DependentServiceUnavailableFault",
        "ConcurrentModification", "InsufficientCapacityException", "IDPCommunicationError"}) {
    EXPECT_TRUE(RetriesAfter(400, StrCat(code, ": slow"), false)) << code;
  }
  EXPECT_TRUE(RetriesAfter(503, "SlowDown: slow", false));
  EXPECT_TRUE(RetriesAfter(429, "", false));
  EXPECT_TRUE(RetriesAfter(509, "", false));
}

TEST_F(AwsClientTest, RepeatsWhatMayBeRepeatedAfterATryWhoseFateIsUnknown) {
  for (const int status : {500, 502, 503, 504}) {
    EXPECT_TRUE(RetriesAfter(status, "<html>oops")) << status;
    EXPECT_FALSE(RetriesAfter(status, "<html>oops", false)) << status;
    EXPECT_TRUE(std::exchange(fate_unknown, false)) << status;
  }
  for (const char* code :
       {"RequestTimeout", "RequestTimeoutException", "PriorRequestNotComplete", "ServiceFailure"}) {
    EXPECT_TRUE(RetriesAfter(400, StrCat(code, ": x"))) << code;
    EXPECT_FALSE(RetriesAfter(400, StrCat(code, ": x"), false)) << code;
    EXPECT_TRUE(std::exchange(fate_unknown, false)) << code;
  }
  for (const Cause cause : {Cause::kTimeout, Cause::kReset, Cause::kMalformed}) {
    EXPECT_TRUE(RetriesAfter(cause));
    EXPECT_FALSE(RetriesAfter(cause, false));
    EXPECT_TRUE(std::exchange(fate_unknown, false));
  }
}

TEST_F(AwsClientTest, TriesAgainWhenNothingWasSent) {
  for (const Cause cause : {Cause::kResolve, Cause::kConnect}) {
    EXPECT_TRUE(RetriesAfter(cause, false));
  }
}

TEST_F(AwsClientTest, DoesNotTryAgainWhatWillNotChange) {
  EXPECT_FALSE(RetriesAfter(400, "ClusterAlreadyExists: there"));
  EXPECT_FALSE(RetriesAfter(409, "LimitExceeded: IAM's quota"));
  EXPECT_FALSE(RetriesAfter(403, "AccessDenied: no"));
  EXPECT_FALSE(RetriesAfter(301, "moved"));
  EXPECT_FALSE(RetriesAfter(Cause::kTls, false));
  EXPECT_FALSE(fate_unknown);
  EXPECT_FALSE(RetriesAfter(501, "not made"));
  EXPECT_TRUE(std::exchange(fate_unknown, false));
  EXPECT_FALSE(RetriesAfter(Cause::kTooLarge));
  EXPECT_TRUE(fate_unknown);
}

TEST_F(AwsClientTest, SignsEachTryAnewAndWaitsLongerEachTime) {
  client = MakeClient(8);
  for (int i = 0; i < 7; ++i) transport.Reply(503, "");
  transport.Reply(200, "fine");
  client.Send(MakeCall());
  EXPECT_THAT(clock.sleeps, ElementsAre(milliseconds(1000), milliseconds(2000), milliseconds(4000),
                                        milliseconds(8000), milliseconds(16000),
                                        milliseconds(20000), milliseconds(20000)));
  EXPECT_EQ(FindHeader(transport.requests[0], "x-amz-date"), "20150830T123600Z");
  EXPECT_EQ(FindHeader(transport.requests[1], "x-amz-date"), "20150830T123601Z");
  EXPECT_NE(FindHeader(transport.requests[0], "authorization"),
            FindHeader(transport.requests[1], "authorization"));
}

TEST_F(AwsClientTest, WaitsARandomPartOfTheDelay) {
  random = 0.25;
  transport.Reply(503, "");
  transport.Reply(503, "");
  transport.Reply(200, "fine");
  client.Send(MakeCall());
  EXPECT_THAT(clock.sleeps, ElementsAre(milliseconds(250), milliseconds(500)));
}

TEST_F(AwsClientTest, WaitsAsLongAsTheServiceAsksWithinReason) {
  const auto delay_after = [&](const HttpHeaders& headers) {
    clock.sleeps.clear();
    transport.Reply(503, "", headers);
    transport.Reply(200, "fine");
    client.Send(MakeCall());
    return clock.sleeps.at(0);
  };
  EXPECT_EQ(delay_after({{"x-amz-retry-after", "1500"}}), milliseconds(1500));
  EXPECT_EQ(delay_after({{"Retry-After", "3"}}), milliseconds(3000));
  EXPECT_EQ(delay_after({{"Retry-After", "3600"}}), milliseconds(6000));
  EXPECT_EQ(delay_after({{"Retry-After", "0"}}), milliseconds(1000));
  EXPECT_EQ(delay_after({{"Retry-After", "-7"}}), milliseconds(1000));
  EXPECT_EQ(delay_after({{"Retry-After", "Sun, 30 Aug 2015 12:36:00 GMT"}}), milliseconds(1000));
  EXPECT_EQ(delay_after({{"x-amz-retry-after", "99999999999999999999"}}), milliseconds(1000));
}

TEST_F(AwsClientTest, ReportsAllTriesAtTheEnd) {
  client = MakeClient(6);
  for (int i = 0; i < 3; ++i) transport.Reply(503, "");
  transport.Reply(400, "Throttling: Rate exceeded");
  transport.Fail(Cause::kReset);
  transport.Reply(503, "No luck.");
  const auto error = Thrown<AwsError>([&] { client.Send(MakeCall()); });
  EXPECT_STREQ(error.what(),
               "redshift DescribeClusters: No luck (HTTP 503); gave up after 6 tries in 31.0 s: "
               "503 (4 times), 400 Throttling (once), connection reset (once)");
  EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(error.status(), 503);
  EXPECT_EQ(error.code(), "");
  EXPECT_FALSE(error.hint().empty());
}

TEST_F(AwsClientTest, ThrowsTheTransportsErrorIfThatCameLast) {
  for (int i = 0; i < 3; ++i) transport.Fail(Cause::kConnect);
  const auto error = Thrown<TransportError>([&] { client.Send(MakeCall()); });
  EXPECT_STREQ(error.what(),
               "redshift DescribeClusters: no luck; gave up after 3 tries in 3.00 s: "
               "no connection (3 times)");
  EXPECT_EQ(error.cause(), Cause::kConnect);
  EXPECT_EQ(error.hint(), "Look at the cable.");
}

TEST_F(AwsClientTest, ASingleTryNeedsNoReport) {
  client = MakeClient(1);
  transport.Reply(400, "ClusterAlreadyExists: Cluster already exists.");
  const auto error = Thrown<AwsError>([&] { client.Send(MakeCall()); });
  EXPECT_STREQ(error.what(),
               "redshift DescribeClusters: Cluster already exists (ClusterAlreadyExists, HTTP 400, "
               "request id r-1)");
  EXPECT_EQ(error.code(), "ClusterAlreadyExists");
}

TEST_F(AwsClientTest, AnUnfinishedReplyIsAFailedTry) {
  int reads = 0;
  AwsCall call = MakeCall();
  call.read_result = [&](const HttpResponse& response) {
    ++reads;
    if (response.body != "whole") throw MangledReply(response, "thing");
  };
  transport.Reply(200, "who");
  transport.Reply(200, "whole");
  client.Send(call);
  EXPECT_EQ(reads, 2);

  call.repeatable = false;
  transport.Reply(200, "who");
  const auto error = Thrown<TransportError>([&] { client.Send(call); });
  EXPECT_STREQ(error.what(),
               "redshift DescribeClusters: its reply (HTTP 200, 3 bytes) is no thing");
  EXPECT_TRUE(FateUnknown(error));
}

// 500 in all; a timeout costs 10, anything else 5; success gives back.
TEST_F(AwsClientTest, StopsTryingWhenTheQuotaIsSpent) {
  client = MakeClient(1000);
  for (int i = 0; i < 50; ++i) transport.Fail(Cause::kTimeout);
  transport.Fail(Cause::kTimeout);
  const auto error = Thrown<TransportError>([&] { client.Send(MakeCall()); });
  EXPECT_THAT(error.what(), HasSubstr("gave up after 51 tries"));
  EXPECT_THAT(error.what(), EndsWith("timeout (51 times); this run may not try again any more"));

  // Each first success gives one back: five make one retry.
  for (int i = 0; i < 5; ++i) {
    transport.Reply(200, "fine");
    client.Send(MakeCall());
  }
  transport.Reply(503, "");
  transport.Reply(503, "");
  EXPECT_THROW(client.Send(MakeCall()), AwsError);
  EXPECT_EQ(transport.left(), 0U);
  transport.Reply(503, "");
  EXPECT_THROW(client.Send(MakeCall()), AwsError);
}

TEST_F(AwsClientTest, ARetryThatSucceedsGivesItsCostBack) {
  client = MakeClient(1000);
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 90; ++i) transport.Reply(503, "");
    transport.Reply(200, "fine");
    if (round == 0) {
      client.Send(MakeCall());
      continue;
    }
    // 50 + 5 are left: 11 retries; the second time none.
    EXPECT_THROW(client.Send(MakeCall()), AwsError);
    EXPECT_EQ(transport.left(), round == 1 ? 79U : 90U);
    while (transport.left() > 0) transport.Send({});
  }
}

class ClockSkew : public AwsClientTest, public testing::WithParamInterface<const char*> {};

TEST_P(ClockSkew, IsCorrectedAtOnceAndForGood) {
  const std::string body = StrCat(GetParam(), ": Signature expired");
  transport.Reply(403, body, {{"Date", "Sun, 30 Aug 2015 12:56:00 GMT"}});
  transport.Reply(200, "fine");
  AwsCall call = MakeCall();
  call.repeatable = false;
  client.Send(call);
  EXPECT_THAT(clock.sleeps, IsEmpty());
  EXPECT_EQ(FindHeader(transport.requests[1], "x-amz-date"), "20150830T125600Z");
  transport.Reply(200, "fine");
  client.Send(call);
  EXPECT_EQ(FindHeader(transport.requests[2], "x-amz-date"), "20150830T125600Z");
}

INSTANTIATE_TEST_SUITE_P(Codes, ClockSkew,
                         testing::Values("SignatureDoesNotMatch", "InvalidSignatureException",
                                         "AuthFailure", "RequestTimeTooSkewed",
                                         "AccessDeniedException", "RequestExpired"));

TEST_F(AwsClientTest, CorrectsAClockThatIsAhead) {
  transport.Reply(403, "SignatureDoesNotMatch: not yet current",
                  {{"x-amz-date", "20150829T123600Z"}, {"Date", "garbage"}});
  transport.Reply(200, "fine");
  client.Send(MakeCall());
  EXPECT_EQ(FindHeader(transport.requests[1], "x-amz-date"), "20150829T123600Z");
}

TEST_F(AwsClientTest, TakesASmallOrUnknownSkewForNoReason) {
  const auto tries_after = [&](const HttpHeaders& headers) {
    transport.requests.clear();
    transport.Reply(403, "SignatureDoesNotMatch: wrong", headers);
    EXPECT_THROW(client.Send(MakeCall()), AwsError);
    return transport.requests.size();
  };
  EXPECT_EQ(tries_after({{"Date", "Sun, 30 Aug 2015 12:39:59 GMT"}}), 1U);
  EXPECT_EQ(tries_after({{"Date", "yesterday"}}), 1U);
  EXPECT_EQ(tries_after({}), 1U);
  transport.Reply(400, "ClusterNotFound: no", {{"Date", "Sun, 30 Aug 2015 22:36:00 GMT"}});
  EXPECT_THROW(client.Send(MakeCall()), AwsError);
}

TEST_F(AwsClientTest, CorrectsTheClockOnlyOnceInACall) {
  const HttpHeaders later = {{"Date", "Sun, 30 Aug 2015 12:56:00 GMT"}};
  const HttpHeaders latest = {{"Date", "Sun, 30 Aug 2015 13:56:00 GMT"}};
  transport.Reply(403, "SignatureDoesNotMatch: wrong", later);
  transport.Reply(403, "SignatureDoesNotMatch: wrong", latest);
  EXPECT_THROW(client.Send(MakeCall()), AwsError);
}

TEST_F(AwsClientTest, FetchesCredentialsAnewOnceWhenTheyHaveExpired) {
  int expected = 1;
  for (const char* code : {"ExpiredToken", "ExpiredTokenException", "RequestExpired"}) {
    transport.Reply(400, StrCat(code, ": expired"));
    transport.Reply(200, "fine");
    client.Send(MakeCall());
    EXPECT_EQ(fetches, ++expected) << code;
    EXPECT_THAT(FindHeader(transport.requests.back(), "authorization").value_or(""),
                HasSubstr(StrCat("Credential=KEY", expected, "/")));
  }
  EXPECT_THAT(clock.sleeps, IsEmpty());
  transport.Reply(400, "ExpiredToken: expired");
  transport.Reply(400, "ExpiredToken: expired");
  const auto error = Thrown<AwsError>([&] { client.Send(MakeCall()); });
  EXPECT_EQ(error.hint(), "The session token of a test has expired: get new credentials.");
}

TEST_F(AwsClientTest, HintsSayWhatToDo) {
  const auto hint_for = [&](const std::string& code) {
    transport.Reply(403, code + ": no");
    const auto error = Thrown<AwsError>([&] { client.Send(MakeCall()); });
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable) << code;
    return error.hint();
  };
  for (const char* code : {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}) {
    EXPECT_THAT(hint_for(code), StartsWith("`manage_dwh policy` prints what the caller needs."));
    EXPECT_THAT(hint_for(code), EndsWith("those of a test."));
  }
  for (const char* code : {"InvalidClientTokenId", "UnrecognizedClientException",
                           "InvalidAccessKeyId", "AuthFailure", "SignatureDoesNotMatch"}) {
    EXPECT_THAT(hint_for(code), StartsWith("Check a test, "));
  }
  EXPECT_THAT(hint_for("OptInRequired"), HasSubstr("Enable the region"));
}

TEST_F(AwsClientTest, WrongParametersAreAFailureAndNoOutage) {
  for (const char* code : {"ValidationError", "ValidationException", "InvalidParameterValue",
                           "InvalidParameterCombination", "MissingParameter", "InvalidInput",
                           "MalformedPolicyDocument"}) {
    transport.Reply(400, StrCat(code, ": no"));
    EXPECT_EQ(Thrown<AwsError>([&] { client.Send(MakeCall()); }).kind(), ErrorKind::kFailed);
  }
}

TEST_F(AwsClientTest, ErrorsAndLogsHoldNoSecrets) {
  std::string log;
  SetLogSink([&](LogLevel, std::string_view message) { (log += message) += '\n'; },
             LogLevel::kDebug);
  AwsCall call = MakeCall();
  call.secrets = {Secret("Pass/w0rd")};
  transport.Reply(403,
                  "SignatureDoesNotMatch: wrong Pass/w0rd, Pass%2Fw0rd, topsecrettoken\x01"
                  "topsecretkey\nThe Canonical String should have been x-amz-security-token:"
                  "topsecrettoken");
  const auto error = Thrown<AwsError>([&] { client.Send(call); });
  SetLogSink({}, LogLevel::kError);
  EXPECT_THAT(error.what(), StartsWith("redshift DescribeClusters: wrong ***, ***, *** *** ("));
  EXPECT_THAT(log, EndsWith("POST redshift DescribeClusters: 403 SignatureDoesNotMatch in 0 ms, "
                            "try 1\n"));
  EXPECT_THAT(log, Not(HasSubstr("topsecret")));
}

// Callers compare codes, and a word that happens to be a bad password is still a word.
TEST_F(AwsClientTest, LeavesCodesAndShortWordsAlone) {
  AwsCall call = MakeCall();
  call.secrets = {Secret("ClusterNotFound"), Secret("s"), Secret("")};
  transport.Reply(404, "ClusterNotFound: no such cluster: ClusterNotFound");
  const auto error = Thrown<AwsError>([&] { client.Send(call); });
  EXPECT_EQ(error.code(), "ClusterNotFound");
  EXPECT_THAT(error.what(), HasSubstr("no such cluster: *** (ClusterNotFound, "));
  for (const std::string& code : {std::string("A B\x01"), std::string(200, 'x')}) {
    transport.Reply(404, code + ": m");
    EXPECT_EQ(Thrown<AwsError>([&] { client.Send(call); }).code(), "") << code;
  }
}

TEST_F(AwsClientTest, CutsEndlessMessages) {
  transport.Reply(400, "Oops: " + std::string(100'000, 'x'));
  EXPECT_THAT(std::string(Thrown<AwsError>([&] { client.Send(MakeCall()); }).what()),
              SizeIs(testing::Lt(800)));
}

TEST_F(AwsClientTest, AnInterruptEndsTheWaiting) {
  clock.during_sleep = [] { SetInterruptForTest(SIGINT); };
  transport.Reply(503, "");
  const auto error = Thrown<Error>([&] { client.Send(MakeCall()); });
  SetInterruptForTest(0);
  EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  EXPECT_THAT(transport.requests, SizeIs(1));
}

TEST(FirstWords, ReadsWhatAPersonWouldSee) {
  EXPECT_EQ(FirstWords("<html><head><title>503 Service\n Unavailable</title></head><body>x"),
            "503 Service Unavailable x");
  EXPECT_EQ(FirstWords("plain text"), "plain text");
  EXPECT_EQ(FirstWords(""), "an empty reply");
  EXPECT_EQ(FirstWords("<html></html>"), "an empty reply");
  EXPECT_EQ(FirstWords(std::string(10'000, 'x')).size(), 120U);
}

}  // namespace
}  // namespace dwh
