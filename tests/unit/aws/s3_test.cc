#include "aws/s3.h"

#include <gmock/gmock.h>

#include <atomic>
#include <deque>

#include "base/digest.h"
#include "base/text.h"
#include "fake_service.h"

namespace dwh {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Cause = TransportError::Cause;

/// What comes back: the response, or as much of it as came before a failure.
struct Answer {
  int status = 200;
  std::string body = "";
  HttpHeaders headers = {};
  std::optional<Cause> failure = std::nullopt;
};

/// Answers every request within the next Poll() with what `answer` says; time passes only in a
/// Poll() that has nothing to tell.
class FakeStreams : public HttpStreams {
 public:
  FakeStreams(FakeClock& clock, const std::function<Answer(const HttpRequest&)>& answer,
              size_t& most)
      : clock_(clock), answer_(answer), most_(most) {}

  void Start(HttpRequest request, HttpStream& stream) override {
    started_.emplace_back(std::move(request), &stream);
    most_ = std::max(most_, started_.size());
  }

  void Poll(milliseconds longest) override {
    if (started_.empty()) clock_.now += longest;
    for (auto& [request, stream] : std::exchange(started_, {})) {
      const Answer answer = answer_(request);
      const HttpResponse head{answer.status, answer.headers, ""};
      if (!answer.failure || !answer.body.empty()) stream->OnHead(head);
      if (!answer.body.empty()) stream->OnBody(answer.body);
      const TransportError error(answer.failure.value_or(Cause::kReset), "no luck");
      stream->OnEnd(answer.failure ? &error : nullptr);
    }
  }

  void Wake() override {}

 private:
  FakeClock& clock_;
  const std::function<Answer(const HttpRequest&)>& answer_;
  size_t& most_;
  std::vector<std::pair<HttpRequest, HttpStream*>> started_;
};

std::string ErrorBody(const std::string& code, const std::string& more = "") {
  return StrCat("<Error><Code>", code, "</Code><Message>No.</Message>", more, "</Error>");
}

class S3Test : public testing::Test {
 protected:
  S3Test() { settings.region = "us-west-2"; }

  std::unique_ptr<S3> MakeS3(size_t max_connections = 8) {
    S3::Options options;
    options.settings = settings;
    std::vector<std::unique_ptr<CredentialsProvider>> chain;
    if (has_credentials) chain.push_back(std::make_unique<CountingProvider>(fetches));
    options.credentials = std::make_shared<CredentialsCache>(std::move(chain), clock);
    options.make_streams = [this](size_t) {
      return std::make_unique<FakeStreams>(clock, recorded, most);
    };
    options.clock = &clock;
    options.random = [] { return 1.0; };
    options.max_connections = max_connections;
    options.read_ahead_bytes = 10'000;
    return std::make_unique<S3>(std::move(options));
  }

  std::vector<std::string> Urls() const {
    std::vector<std::string> urls;
    for (const HttpRequest& request : requests) urls.push_back(request.url);
    return urls;
  }

  FakeClock clock;
  AwsSettings settings;
  bool has_credentials = true;
  int fetches = 0;
  size_t most = 0;  ///< Requests under way at once.
  std::function<Answer(const HttpRequest&)> answer = [](const HttpRequest&) { return Answer{}; };
  std::vector<HttpRequest> requests;
  const std::function<Answer(const HttpRequest&)> recorded = [this](const HttpRequest& request) {
    requests.push_back(request);
    return answer(request);
  };
};

TEST_F(S3Test, AddressesBucketsInTheHostWhereTheyFit) {
  const auto url = [&](const std::string& bucket) {
    requests.clear();
    MakeS3()->Get(bucket, "a b/../+é", 100);
    return requests.at(0).url;
  };
  EXPECT_EQ(url("data"), "https://data.s3.us-west-2.amazonaws.com/a%20b/../%2B%C3%A9");
  EXPECT_EQ(url("my.data"), "https://s3.us-west-2.amazonaws.com/my.data/a%20b/../%2B%C3%A9");
  EXPECT_EQ(url("My_Data"), "https://s3.us-west-2.amazonaws.com/My_Data/a%20b/../%2B%C3%A9");
  settings.s3_addressing = S3Addressing::kPath;
  EXPECT_THAT(url("data"), HasSubstr("//s3.us-west-2.amazonaws.com/data/"));
  settings.s3_addressing = S3Addressing::kAuto;
  settings.endpoints[""] = "http://127.0.0.1:9000";
  EXPECT_THAT(url("data"), HasSubstr("http://127.0.0.1:9000/data/a"));
  settings.s3_addressing = S3Addressing::kVirtual;
  settings.endpoints = {{"s3", "http://store.example:9000/base"}};
  EXPECT_THAT(url("data"), HasSubstr("http://data.store.example:9000/base/a"));
}

TEST_F(S3Test, RefusesWhatIsNoBucket) {
  for (const char* name : {"", "a", "a/b", "a?b", "evil.example/x", "arn:aws:s3:::x"}) {
    EXPECT_THROW(MakeS3()->Get(name, "k", 100), Error) << name;
  }
  EXPECT_TRUE(requests.empty());
}

TEST_F(S3Test, FollowsABucketToItsRegionAndRemembers) {
  answer = [](const HttpRequest& request) -> Answer {
    if (request.url.find("eu-west-1") != std::string::npos) return {.body = "here"};
    return {.status = 301,
            .body = ErrorBody("PermanentRedirect"),
            .headers = {{"x-amz-bucket-region", "eu-west-1"}}};
  };
  const auto s3 = MakeS3();
  EXPECT_EQ(s3->Get("data", "a", 100), "here");
  EXPECT_EQ(s3->Get("data", "b", 100), "here");
  EXPECT_THAT(Urls(), ElementsAre("https://data.s3.us-west-2.amazonaws.com/a",
                                  "https://data.s3.eu-west-1.amazonaws.com/a",
                                  "https://data.s3.eu-west-1.amazonaws.com/b"));
  EXPECT_THAT(*FindHeader(requests[1], "Authorization"), HasSubstr("/eu-west-1/s3/"));
}

TEST_F(S3Test, EndsARedirectThatNeverEnds) {
  int number = 0;
  answer = [&](const HttpRequest&) -> Answer {
    return {.status = 400,
            .body = ErrorBody("AuthorizationHeaderMalformed",
                              StrCat("<Region>eu-west-", ++number, "</Region>"))};
  };
  EXPECT_THROW(MakeS3()->Get("data", "a", 100), AwsError);
  EXPECT_LT(number, 6);
}

TEST_F(S3Test, DoesNotFollowToANameThatIsNoRegion) {
  answer = [](const HttpRequest&) -> Answer {
    return {.status = 301, .headers = {{"x-amz-bucket-region", "evil.example/"}}};
  };
  EXPECT_THROW(MakeS3()->Get("data", "a", 100), AwsError);
  EXPECT_EQ(requests.size(), 1U);
}

TEST_F(S3Test, ReadsUnsignedWhereThereAreNoCredentials) {
  has_credentials = false;
  MakeS3()->Get("data", "a", 100);
  EXPECT_EQ(FindHeader(requests.at(0), "Authorization"), std::nullopt);
  answer = [](const HttpRequest&) {
    return Answer{.status = 403, .body = ErrorBody("AccessDenied")};
  };
  const auto s3 = MakeS3();
  try {
    s3->Get("data", "a", 100);
    FAIL();
  } catch (const AwsError& error) {
    EXPECT_THAT(error.hint(), HasSubstr("not signed"));
  }
}

TEST_F(S3Test, AWaitingCallHoldsUpNoOther) {
  std::vector<std::string> done;
  int tries = 0;
  answer = [&](const HttpRequest& request) -> Answer {
    if (request.url.ends_with("/0") && ++tries < 3) return {.status = 500};
    done.push_back(request.url.substr(request.url.rfind('/')));
    return {.body = "x"};
  };
  int next = 0;
  const auto s3 = MakeS3();
  const auto parts = s3->ReadAhead([&]() -> std::optional<S3Part> {
    if (next == 5) return std::nullopt;
    return S3Part{"data", std::to_string(next++), {.length = 1, .etag = ""}};
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(parts->Take(), "x");
  EXPECT_THAT(done, ElementsAre("/1", "/2", "/3", "/4", "/0"));
}

TEST_F(S3Test, ResumesFromTheLastByte) {
  std::vector<std::string> ranges;
  const std::string body = "0123456789";
  answer = [&](const HttpRequest& request) -> Answer {
    const std::string range = FindHeader(request, "Range").value_or("");
    ranges.push_back(range);
    const size_t first = range.empty() ? 0 : std::stoul(range.substr(6));
    Answer result{
        .status = range.empty() ? 200 : 206,
        .body = body.substr(first, 4),
        .headers = {{"ETag", "\"e\""}, {"Content-Range", StrCat("bytes ", first, "-9/10")}}};
    if (first + 4 < body.size()) result.failure = Cause::kReset;
    return result;
  };
  settings.s3_max_attempts = 2;  // progress is no failure
  bool given = false;
  const auto s3 = MakeS3();
  const auto parts = s3->ReadAhead([&]() -> std::optional<S3Part> {
    if (std::exchange(given, true)) return std::nullopt;
    return S3Part{"data", "k", {.length = 10, .etag = "e"}};
  });
  EXPECT_EQ(parts->Take(), body);
  EXPECT_THAT(ranges, ElementsAre("", "bytes=4-9", "bytes=8-9"));
  EXPECT_EQ(FindHeader(requests[2], "If-Match"), "\"e\"");
}

TEST_F(S3Test, ReadAheadKeepsToItsBudget) {
  std::atomic<int> asked = 0;
  answer = [](const HttpRequest&) { return Answer{.body = std::string(1000, 'x')}; };
  const auto s3 = MakeS3();
  const auto parts = s3->ReadAhead([&]() -> std::optional<S3Part> {
    if (asked == 100) return std::nullopt;
    return S3Part{"data", std::to_string(asked++), {.length = 1000, .etag = ""}};
  });
  for (int taken = 0; taken < 100; ++taken) {
    // 10,000 bytes hold fewer than 10 parts; one more waits for room.
    EXPECT_LE(asked, taken + 10);
    EXPECT_EQ(parts->Take().size(), 1000U);
  }
}

TEST_F(S3Test, SlowDownHalvesTheConnectionsAndCountsForNoCall) {
  size_t seen = 0;
  settings.s3_max_attempts = 1;
  answer = [&](const HttpRequest&) -> Answer {
    if (++seen <= 8) return {.status = 503, .body = ErrorBody("SlowDown")};
    return {.body = "x"};
  };
  int next = 0;
  const auto s3 = MakeS3(8);
  {
    const auto parts = s3->ReadAhead([&]() -> std::optional<S3Part> {
      if (next == 8) return std::nullopt;
      return S3Part{"data", std::to_string(next++), {.length = 1, .etag = ""}};
    });
    for (int i = 0; i < 8; ++i) EXPECT_EQ(parts->Take(), "x");
  }
  EXPECT_EQ(most, 8U);
  most = 0;
  next = 0;
  const auto parts = s3->ReadAhead([&]() -> std::optional<S3Part> {
    if (next == 8) return std::nullopt;
    return S3Part{"data", std::to_string(next++), {.length = 1, .etag = ""}};
  });
  for (int i = 0; i < 8; ++i) EXPECT_EQ(parts->Take(), "x");
  EXPECT_GE(most, 4U);
  EXPECT_LE(most, 7U);  // halved once for all eight, and on its way back
}

TEST_F(S3Test, GivesUpWhereOnlySlowDownComes) {
  answer = [](const HttpRequest&) { return Answer{.status = 503, .body = ErrorBody("SlowDown")}; };
  const auto s3 = MakeS3();
  EXPECT_THROW(s3->Get("data", "a", 100), AwsError);
  EXPECT_LT(requests.size(), 20U);
}

TEST_F(S3Test, DeletesAThousandAtATimeWithTheChecksumS3Demands) {
  std::vector<std::string> keys(1001, "a&b<c>");
  answer = [](const HttpRequest&) { return Answer{.body = "<DeleteResult></DeleteResult>"}; };
  MakeS3()->Delete("data", keys);
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(FindHeader(requests[1], "Content-MD5"), Md5Base64(requests[1].body));
  EXPECT_THAT(requests[1].body, HasSubstr("<Key>a&#38;b&#60;c&#62;</Key>"));
  answer = [](const HttpRequest&) {
    return Answer{.body =
                      "<DeleteResult><Error><Key>k</Key><Code>AccessDenied</Code>"
                      "<Message>No.</Message></Error></DeleteResult>"};
  };
  EXPECT_THROW(MakeS3()->Delete("data", {"k"}), AwsError);
}

TEST_F(S3Test, EndsAListingThatNeverEnds) {
  answer = [](const HttpRequest&) {
    return Answer{.body =
                      "<ListBucketResult><IsTruncated>true</IsTruncated>"
                      "<NextContinuationToken>t</NextContinuationToken></ListBucketResult>"};
  };
  EXPECT_THROW(MakeS3()->List("data", "", [](S3Object) {}), Error);
  EXPECT_LT(requests.size(), 100U);
}

TEST_F(S3Test, TakesNoPageForAListingThatIsNone) {
  settings.s3_max_attempts = 2;
  for (const char* body : {"<html/>", "", "<ListBucketResult>",
                           "<ListBucketResult><IsTruncated>"
                           "true</IsTruncated></ListBucketResult>"}) {
    answer = [&](const HttpRequest&) { return Answer{.body = body}; };
    EXPECT_THROW(MakeS3()->List("data", "", [](S3Object) {}), TransportError) << body;
  }
}

TEST_F(S3Test, DecodesKeysAsFormsAreEncoded) {
  answer = [](const HttpRequest&) {
    return Answer{.body =
                      "<ListBucketResult><EncodingType>url</EncodingType><Contents>"
                      "<Key>a+b%2Bc%C3%A9%20</Key><Size>3</Size><ETag>&quot;e&quot;</ETag>"
                      "</Contents></ListBucketResult>"};
  };
  std::vector<S3Object> found;
  MakeS3()->List("data", "", [&](S3Object object) { found.push_back(std::move(object)); });
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0].key, "a b+cé ");
  EXPECT_EQ(found[0].etag, "e");
}

}  // namespace
}  // namespace dwh
