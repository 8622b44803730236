#include "net/uri.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace dwh {
namespace {

std::string ErrorFor(std::string_view text) {
  try {
    ParseUri(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_FALSE(error.hint().empty());
    return error.what();
  }
  return "";
}

TEST(Uri, IsTakenApart) {
  const Uri uri = ParseUri("HTTPS://Example.COM:8443/a%20b/../c//?x=1&y=a%2Fb");
  EXPECT_EQ(uri.scheme, "https");
  EXPECT_EQ(uri.host, "example.com");
  EXPECT_EQ(uri.port, 8443);
  EXPECT_EQ(uri.path, "/a%20b/../c//");
  EXPECT_EQ(uri.query, "x=1&y=a%2Fb");
  EXPECT_EQ(uri.Text(), "https://example.com:8443/a%20b/../c//?x=1&y=a%2Fb");
}

TEST(Uri, WithoutAPathHasTheRoot) {
  EXPECT_EQ(ParseUri("http://h").path, "/");
  const Uri uri = ParseUri("http://h?list-type=2");
  EXPECT_EQ(uri.path, "/");
  EXPECT_EQ(uri.query, "list-type=2");
  EXPECT_EQ(uri.Text(), "http://h/?list-type=2");
}

TEST(Uri, HostHeaderNamesOnlyAnUnusualPort) {
  EXPECT_EQ(ParseUri("https://h/").HostHeader(), "h");
  EXPECT_EQ(ParseUri("https://h:443/").HostHeader(), "h");
  EXPECT_EQ(ParseUri("http://h:80/").HostHeader(), "h");
  EXPECT_EQ(ParseUri("http://h:443/").HostHeader(), "h:443");
  EXPECT_EQ(ParseUri("http://127.0.0.1:5000").HostHeader(), "127.0.0.1:5000");
}

TEST(Uri, Ipv6StandsInBrackets) {
  const Uri uri = ParseUri("http://[FD00:EC2::254]:8080/x");
  EXPECT_EQ(uri.host, "fd00:ec2::254");
  EXPECT_EQ(uri.port, 8080);
  EXPECT_EQ(uri.HostHeader(), "[fd00:ec2::254]:8080");
  EXPECT_EQ(ParseUri("http://[::1]/").HostHeader(), "[::1]");
  EXPECT_EQ(ParseUri("https://[::1]/").HostAndPort(), "[::1]:443");
}

TEST(Uri, RefusesWhatIsNoUrlOfAService) {
  for (const char* bad :
       {"", "redshift.amazonaws.com", "ftp://h/", "https://", "https:///x", "https://h:/",
        "https://h:0/", "https://h:65536/", "https://h:1x/", "https://h:-1/", "https://[::1",
        "https://[::1]x/", "https://a b/", "https://h\xc3\xa9/", "https://h/#part",
        "https://h/\r\nX:", "https://[evil]/"}) {
    EXPECT_NE(ErrorFor(bad), "") << bad;
  }
}

TEST(Uri, ErrorNamesTheTextButNoQuery) {
  const std::string message = ErrorFor("gopher://h/path?X-Amz-Signature=0123");
  EXPECT_NE(message.find("gopher://h/path"), std::string::npos) << message;
  EXPECT_EQ(message.find("0123"), std::string::npos) << message;
}

TEST(Uri, ErrorNamesNoPassword) {
  const std::string message = ErrorFor("https://user:hush@h:1/x");
  EXPECT_NE(message.find("\"h:1\""), std::string::npos) << message;
  EXPECT_EQ(message.find("hush"), std::string::npos) << message;
  EXPECT_EQ(ErrorFor("ftp://user:hush@h/").find("hush"), std::string::npos);
}

TEST(Percent, EncodesAllButTheUnreserved) {
  const std::string unreserved =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
  EXPECT_EQ(PercentEncode(unreserved), unreserved);
  EXPECT_EQ(PercentEncode("a b/+c~(1)=\xc3\xa9.json", true), "a%20b/%2Bc~%281%29%3D%C3%A9.json");
  EXPECT_EQ(PercentEncode("a/b"), "a%2Fb");
  EXPECT_EQ(PercentEncode("%41"), "%2541");
}

TEST(Percent, DecodeUndoesEncode) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode(PercentEncode(all, true)), all);
}

TEST(Percent, DecodeLeavesWhatIsNoEscape) {
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
  EXPECT_EQ(PercentDecode("%"), "%");
  EXPECT_EQ(PercentDecode("%4"), "%4");
  EXPECT_EQ(PercentDecode("%zz%4g%"), "%zz%4g%");
  EXPECT_EQ(PercentDecode("%2f%2F"), "//");
  EXPECT_EQ(PercentDecode("%41"), "A");
}

}  // namespace
}  // namespace dwh
