#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace dwh {
namespace {

using std::chrono::seconds;

constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const WallTime kAugust2015{seconds(1'440'938'160)};  // 20150830T123600Z
const WallTime kMay2013{seconds(1'369'353'600)};     // 20130524T000000Z

AwsCredentials MakeCredentials(std::string id, std::string secret, std::string token = "") {
  AwsCredentials credentials;
  credentials.access_key_id = std::move(id);
  credentials.secret_access_key = Secret(std::move(secret));
  credentials.session_token = Secret(std::move(token));
  return credentials;
}

const AwsCredentials kSuite =
    MakeCredentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
const AwsCredentials kS3Examples =
    MakeCredentials("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
const SigningScope kS3Scope{"us-east-1", "s3"};

SigningOptions ForS3() {
  SigningOptions options;
  options.s3 = true;
  return options;
}

HttpRequest Get(std::string url, HttpHeaders headers = {}) {
  HttpRequest request;
  request.url = std::move(url);
  request.headers = std::move(headers);
  return request;
}

/// The first value; fails the test if there is none or another one.
std::string OnlyHeader(const HttpRequest& request, std::string_view name) {
  std::vector<std::string> values;
  for (const auto& [header, value] : request.headers) {
    if (ToLower(header) == ToLower(name)) values.push_back(value);
  }
  EXPECT_EQ(values.size(), 1U) << name;
  return values.empty() ? "" : values.front();
}

/// "SignedHeaders=..., Signature=..." of the request signed as the S3 examples are.
std::string SignedForS3(HttpRequest request) {
  Signer().Sign(request, kS3Examples, kS3Scope, kMay2013, ForS3());
  const std::string value = OnlyHeader(request, "Authorization");
  const std::string start =
      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ";
  EXPECT_EQ(value.substr(0, start.size()), start);
  return value.substr(std::min(start.size(), value.size()));
}

std::string CanonicalPath(const std::string& path, bool s3) {
  return Split(CanonicalRequest(Get("https://h" + path), kEmptyHash, s3), '\n').at(1);
}

std::string CanonicalQuery(const std::string& query) {
  return Split(CanonicalRequest(Get("https://h/?" + query), kEmptyHash, false), '\n').at(2);
}

TEST(SigV4Examples, S3GetWithRange) {
  EXPECT_EQ(
      SignedForS3(Get("https://examplebucket.s3.amazonaws.com/test.txt", {{"Range", "bytes=0-9"}})),
      "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
      "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4Examples, S3Put) {
  HttpRequest request = Get(
      "https://examplebucket.s3.amazonaws.com/test%24file.text",
      {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}});
  request.method = "PUT";
  request.body = "Welcome to Amazon S3.";
  EXPECT_EQ(SignedForS3(request),
            "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
            "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4Examples, S3Lifecycle) {
  EXPECT_EQ(SignedForS3(Get("https://examplebucket.s3.amazonaws.com/?lifecycle")),
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST(SigV4Examples, S3List) {
  EXPECT_EQ(SignedForS3(Get("https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J")),
            "SignedHeaders=host;x-amz-content-sha256;x-amz-date, "
            "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4Examples, S3Presigned) {
  EXPECT_EQ(Signer().Presign(Get("https://examplebucket.s3.amazonaws.com/test.txt"), kS3Examples,
                             kS3Scope, kMay2013, seconds(86'400), ForS3()),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Expires=86400"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4Examples, IamListUsers) {
  const SigningScope scope{"us-east-1", "iam"};
  EXPECT_EQ(HexText(SigningKey(kSuite.secret_access_key, "20150830", scope)),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
  HttpRequest request = Get("https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
                            {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}});
  Signer().Sign(request, kSuite, scope, kAugust2015);
  EXPECT_EQ(OnlyHeader(request, "Authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
            "SignedHeaders=content-type;host;x-amz-date, "
            "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7");
}

TEST(SigV4, DateIsUtcAndLosesFractions) {
  EXPECT_EQ(AmzDate(kAugust2015), "20150830T123600Z");
  EXPECT_EQ(AmzDate(kAugust2015 + std::chrono::milliseconds(999)), "20150830T123600Z");
  EXPECT_EQ(AmzDate(WallTime(seconds(951'827'696))), "20000229T123456Z");
  EXPECT_EQ(AmzDate(WallTime(seconds(1'767'225'599))), "20251231T235959Z");
  EXPECT_EQ(AmzDate(WallTime(seconds(1'767'225'600))), "20260101T000000Z");
}

TEST(SigV4, PathsOfMostServicesAreNormalisedAndEncodedOnceMore) {
  EXPECT_EQ(CanonicalPath("/a%20b/c", false), "/a%2520b/c");
  EXPECT_EQ(CanonicalPath("/a%2Fb", false), "/a%252Fb");
  EXPECT_EQ(CanonicalPath("/a/../b//c/./d", false), "/b/c/d");
  EXPECT_EQ(CanonicalPath("/~x+y", false), "/~x%2By");
  EXPECT_EQ(CanonicalPath("", false), "/");
  EXPECT_EQ(CanonicalPath("/../..", false), "/");
  EXPECT_EQ(CanonicalPath("/a/", false), "/a/");
  EXPECT_EQ(CanonicalPath("/a/.", false), "/a");
  EXPECT_EQ(CanonicalPath("/a/b/..", false), "/a");
  EXPECT_EQ(CanonicalPath("/...", false), "/...");
}

TEST(SigV4, PathsOfS3AreSignedAsSent) {
  EXPECT_EQ(CanonicalPath("/a%20b/%2Bc~%281%29%3D%C3%A9.json", true),
            "/a%20b/%2Bc~%281%29%3D%C3%A9.json");
  EXPECT_EQ(CanonicalPath("/a/../b//c/./d", true), "/a/../b//c/./d");
  EXPECT_EQ(CanonicalPath("/a+b=c@d$", true), "/a+b=c@d$");
  EXPECT_EQ(CanonicalPath("", true), "/");
}

TEST(SigV4, QueriesAreSortedByNameThenValue) {
  EXPECT_EQ(CanonicalQuery(""), "");
  EXPECT_EQ(CanonicalQuery("b=2&a=1&B=3"), "B=3&a=1&b=2");
  EXPECT_EQ(CanonicalQuery("a=2&a=1&a=10&a="), "a=&a=1&a=10&a=2");
  EXPECT_EQ(CanonicalQuery("lifecycle"), "lifecycle=");
  EXPECT_EQ(CanonicalQuery("a=b=c"), "a=b=c");
  // By name, not by the text of the pair: "-" sorts before "=".
  EXPECT_EQ(CanonicalQuery("a-b=1&a=2"), "a=2&a-b=1");
  EXPECT_EQ(CanonicalQuery("x=%2F%20&y=a+b"), "x=%2F%20&y=a+b");
}

TEST(SigV4, HeadersAreFoldedAndThoseOfTheTransportLeftOut) {
  const HttpRequest request = Get("https://h:8443/", {{"X-B", " a \t b "},
                                                      {"User-Agent", "u"},
                                                      {"Connection", "keep-alive"},
                                                      {"Expect", "100-continue"},
                                                      {"Transfer-Encoding", "chunked"},
                                                      {"X-Amzn-Trace-Id", "t"},
                                                      {"Authorization", "old"},
                                                      {"x-b", "c"},
                                                      {"X-A", ""}});
  EXPECT_EQ(CanonicalRequest(request, kEmptyHash, false),
            StrCat("GET\n/\n\nhost:h:8443\nx-a:\nx-b:a b,c\n\nhost;x-a;x-b\n", kEmptyHash));
  EXPECT_EQ(SignedHeaders(request), "host;x-a;x-b");
}

TEST(SigV4, AHostHeaderThatIsThereIsSigned) {
  EXPECT_EQ(CanonicalRequest(Get("https://h/", {{"HOST", "other"}}), "x", false),
            "GET\n/\n\nhost:other\n\nhost\nx");
}

TEST(Signer, ContentHashIsSentWhereAskedForOnly) {
  Signer signer;
  HttpRequest request = Get("https://h/");
  signer.Sign(request, kSuite, {"r", "redshift"}, kAugust2015);
  for (const auto& header : request.headers) EXPECT_NE(header.first, "X-Amz-Content-Sha256");
  SigningOptions options;
  options.sign_body = true;
  signer.Sign(request, kSuite, {"r", "redshift"}, kAugust2015, options);
  EXPECT_EQ(OnlyHeader(request, "x-amz-content-sha256"), kEmptyHash);
  options = ForS3();
  options.payload_hash = "UNSIGNED-PAYLOAD";
  signer.Sign(request, kSuite, kS3Scope, kAugust2015, options);
  EXPECT_EQ(OnlyHeader(request, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_NE(OnlyHeader(request, "authorization").find("host;x-amz-content-sha256;x-amz-date"),
            std::string::npos);
}

TEST(Signer, AContentHashThatIsThereIsBelieved) {
  HttpRequest with = Get("https://h/", {{"X-Amz-Content-Sha256", std::string(64, '0')}});
  HttpRequest expected = with;
  Signer().Sign(with, kSuite, {"r", "x"}, kAugust2015);
  const std::string canonical = CanonicalRequest(with, std::string(64, '0'), false);
  const auto key = SigningKey(kSuite.secret_access_key, "20150830", {"r", "x"});
  EXPECT_NE(OnlyHeader(with, "Authorization")
                .find(Signature(key, StringToSign(canonical, "20150830T123600Z", {"r", "x"}))),
            std::string::npos);
}

TEST(Signer, SigningAgainEqualsSigningAnew) {
  const auto temporary = MakeCredentials("AKID2", "another", "token");
  HttpRequest fresh = Get("https://h/a", {{"X-Kept", "1"}});
  HttpRequest again = fresh;
  Signer signer;
  signer.Sign(again, temporary, kS3Scope, kMay2013, ForS3());
  EXPECT_EQ(OnlyHeader(again, "X-Amz-Security-Token"), "token");
  again.body = "changed";
  fresh.body = "changed";
  signer.Sign(again, kSuite, kS3Scope, kAugust2015, ForS3());
  Signer().Sign(fresh, kSuite, kS3Scope, kAugust2015, ForS3());
  const auto sorted = [](HttpHeaders headers) {
    std::sort(headers.begin(), headers.end());
    return headers;
  };
  EXPECT_EQ(sorted(again.headers), sorted(fresh.headers));
}

// One signer, used for all of these in turn, must never take the key of another.
TEST(Signer, KeysOfOtherSecretsDaysRegionsAndServicesAreNotMixedUp) {
  const auto other_secret = MakeCredentials("AKIDEXAMPLE", "different");
  struct Case {
    AwsCredentials credentials;
    SigningScope scope;
    WallTime time;
  };
  const std::vector<Case> cases = {{kSuite, {"us-east-1", "iam"}, kAugust2015},
                                   {kSuite, {"us-west-2", "iam"}, kAugust2015},
                                   {kSuite, {"us-east-1", "sts"}, kAugust2015},
                                   {other_secret, {"us-east-1", "iam"}, kAugust2015},
                                   {kSuite, {"us-east-1", "iam"}, kAugust2015 + seconds(86'400)},
                                   {kSuite, {"us-east-1", "iam"}, kMay2013}};
  Signer signer;
  for (int round = 0; round < 2; ++round) {
    for (const Case& one : cases) {
      HttpRequest mixed = Get("https://h/");
      HttpRequest alone = mixed;
      signer.Sign(mixed, one.credentials, one.scope, one.time);
      Signer().Sign(alone, one.credentials, one.scope, one.time);
      EXPECT_EQ(OnlyHeader(mixed, "Authorization"), OnlyHeader(alone, "Authorization"));
    }
  }
}

TEST(Signer, ABadUrlLeavesTheRequestAsItWas) {
  HttpRequest request = Get("nowhere", {{"X-Amz-Date", "old"}});
  EXPECT_THROW(Signer().Sign(request, kSuite, kS3Scope, kMay2013), Error);
  EXPECT_EQ(request.headers, (HttpHeaders{{"X-Amz-Date", "old"}}));
}

TEST(Signer, PresignIgnoresWhatAnEarlierTrySigned) {
  HttpRequest request = Get("https://h/?a=b");
  Signer signer;
  const std::string url = signer.Presign(request, kSuite, kS3Scope, kMay2013, seconds(1), ForS3());
  EXPECT_EQ(url.rfind("https://h/?a=b&X-Amz-Algorithm=", 0), 0U) << url;
  signer.Sign(request, MakeCredentials("A", "B", "C"), kS3Scope, kAugust2015);
  EXPECT_EQ(signer.Presign(request, kSuite, kS3Scope, kMay2013, seconds(1), ForS3()), url);
}

/// The published vectors, which lie beside the source tree on machines that have them.
const std::filesystem::path kVectors =
    std::filesystem::path(DWH_SOURCE_DIR) / "../shared/data/sigv4-test-suite";

/// An HTTP request as text. The path in it is what goes on the wire, blanks and all.
HttpRequest ReadRequest(const std::filesystem::path& file) {
  const std::string text = ReadFile(file);
  const size_t head_end = std::min(text.find("\n\n"), text.size());
  HttpRequest request;
  if (head_end + 2 < text.size()) request.body = text.substr(head_end + 2);
  for (const std::string& line : Split(text.substr(0, head_end), '\n')) {
    if (request.url.empty()) {
      const size_t path = line.find(' ') + 1;
      request.method = line.substr(0, path - 1);
      request.url = "https://example.amazonaws.com" + line.substr(path, line.rfind(' ') - path);
    } else if (line.starts_with(' ')) {
      request.headers.back().second += "\n" + line;
    } else if (!line.empty()) {
      request.headers.emplace_back(line.substr(0, line.find(':')), line.substr(line.find(':') + 1));
    }
  }
  return request;
}

std::vector<std::filesystem::path> FilesNamed(const std::filesystem::path& folder,
                                              std::string_view ending) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().string().ends_with(ending)) files.push_back(entry.path());
  }
  return files;
}

/// The third stage: the signature of the string to sign.
std::string SuiteSignature(const std::string& string_to_sign, const SigningScope& scope) {
  return Signature(SigningKey(kSuite.secret_access_key, "20150830", scope), string_to_sign);
}

std::string Credential(const SigningScope& scope) {
  return StrCat("AKIDEXAMPLE/20150830/", scope.region, "/", scope.service, "/aws4_request");
}

TEST(SigV4Vectors, OfTheOriginalSuite) {
  const auto folder = kVectors / "botocore";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no test vectors in " << folder;
  const SigningScope scope{"us-east-1", "service"};
  const auto files = FilesNamed(folder, ".req");
  EXPECT_EQ(files.size(), 34U);
  for (const auto& file : files) {
    SCOPED_TRACE(file.stem().string());
    const auto expected = [&](const char* extension) {
      return ReadFile(std::filesystem::path(file).replace_extension(extension));
    };
    // One case has its token in the expected request only.
    const std::string canonical = expected(".creq");
    AwsCredentials credentials = kSuite;
    const std::string_view token_line = "\nx-amz-security-token:";
    if (const size_t at = canonical.find(token_line); at != std::string::npos) {
      const size_t start = at + token_line.size();
      const size_t end = canonical.find('\n', start);
      credentials.session_token = Secret(canonical.substr(start, end - start));
    }
    HttpRequest request = ReadRequest(file);
    Signer().Sign(request, credentials, scope, kAugust2015);
    EXPECT_EQ(CanonicalRequest(request, Sha256Hex(request.body), false), canonical);
    EXPECT_EQ(StringToSign(canonical, "20150830T123600Z", scope), expected(".sts"));
    const std::string authorization = OnlyHeader(request, "Authorization");
    EXPECT_EQ(authorization, expected(".authz"));
    EXPECT_EQ(authorization, StrCat("AWS4-HMAC-SHA256 Credential=", Credential(scope),
                                    ", SignedHeaders=", SignedHeaders(request),
                                    ", Signature=", SuiteSignature(expected(".sts"), scope)));
  }
}

/// One case of the newer suite.
struct VectorCase {
  explicit VectorCase(const std::filesystem::path& context_file)
      : folder(context_file.parent_path()), request(ReadRequest(folder / "request.txt")) {
    const auto context = nlohmann::json::parse(ReadFile(context_file));
    scope = {context.at("region"), context.at("service")};
    lifetime = seconds(context.at("expiration_in_seconds").get<int>());
    options.sign_body = context.at("sign_body");
    // "Not normalised" is the way of S3, which also wants a header that these do not have.
    unnormalised = !context.at("normalize").get<bool>();
    const auto& keys = context.at("credentials");
    const bool omit_token = context.value("omit_session_token", false);
    credentials = MakeCredentials(keys.at("access_key_id"), keys.at("secret_access_key"),
                                  omit_token ? "" : keys.value("token", ""));
    EXPECT_EQ(context.at("timestamp"), "2015-08-30T12:36:00Z");
  }

  std::string Expected(const std::string& name) const { return ReadFile(folder / (name + ".txt")); }

  std::filesystem::path folder;
  HttpRequest request;
  SigningScope scope;
  seconds lifetime{0};
  SigningOptions options;
  bool unnormalised = false;
  AwsCredentials credentials;
};

void CheckHeaderForm(const VectorCase& one) {
  HttpRequest request = one.request;
  Signer().Sign(request, one.credentials, one.scope, kAugust2015, one.options);
  const std::string canonical =
      CanonicalRequest(request, Sha256Hex(request.body), one.unnormalised);
  EXPECT_EQ(canonical, one.Expected("header-canonical-request"));
  const std::string string_to_sign = StringToSign(canonical, "20150830T123600Z", one.scope);
  EXPECT_EQ(string_to_sign, one.Expected("header-string-to-sign"));
  const std::string signature = SuiteSignature(string_to_sign, one.scope);
  EXPECT_EQ(signature, one.Expected("header-signature"));
  const std::string authorization =
      StrCat("AWS4-HMAC-SHA256 Credential=", Credential(one.scope),
             ", SignedHeaders=", SignedHeaders(request), ", Signature=", signature);
  EXPECT_NE(one.Expected("header-signed-request").find("\nAuthorization:" + authorization + "\n"),
            std::string::npos);
  if (!one.unnormalised) {
    EXPECT_EQ(OnlyHeader(request, "Authorization"), authorization);
  }
}

void CheckQueryForm(const VectorCase& one) {
  SigningOptions options = one.options;
  options.s3 = one.unnormalised;
  options.payload_hash = Sha256Hex(one.request.body);
  const std::string url =
      Signer().Presign(one.request, one.credentials, one.scope, kAugust2015, one.lifetime, options);
  const size_t mark = url.find("&X-Amz-Signature=");
  ASSERT_NE(mark, std::string::npos);
  HttpRequest unsigned_yet = one.request;
  unsigned_yet.url = url.substr(0, mark);
  const std::string canonical =
      CanonicalRequest(unsigned_yet, options.payload_hash, one.unnormalised);
  EXPECT_EQ(canonical, one.Expected("query-canonical-request"));
  const std::string string_to_sign = StringToSign(canonical, "20150830T123600Z", one.scope);
  EXPECT_EQ(string_to_sign, one.Expected("query-string-to-sign"));
  const std::string signature = SuiteSignature(string_to_sign, one.scope);
  EXPECT_EQ(signature, one.Expected("query-signature"));
  EXPECT_EQ(url.substr(mark), "&X-Amz-Signature=" + signature);
  // In two parts: one case adds its token to the signed URL before the signature.
  const size_t parameters = url.find("X-Amz-Algorithm=");
  const std::string sent = one.Expected("query-signed-request");
  EXPECT_NE(sent.find(url.substr(parameters, mark - parameters) + "&X-Amz-S"), std::string::npos);
  EXPECT_NE(sent.find(url.substr(mark) + " HTTP/1.1\n"), std::string::npos);
}

TEST(SigV4Vectors, OfTheNewerSuiteInHeaderAndQueryForm) {
  const auto folder = kVectors / "aws-c-auth/v4";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no test vectors in " << folder;
  const auto files = FilesNamed(folder, "context.json");
  EXPECT_EQ(files.size(), 38U);
  for (const auto& file : files) {
    const VectorCase one(file);
    SCOPED_TRACE(one.folder.filename().string());
    CheckHeaderForm(one);
    CheckQueryForm(one);
  }
}

}  // namespace
}  // namespace dwh
