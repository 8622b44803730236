#include "net/curl_transport.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/interrupt.h"
#include "base/text.h"
#include "http_server.h"

namespace dwh {
namespace {

using Cause = TransportError::Cause;
using std::chrono::milliseconds;

HttpRequest Request(const std::string& method, const std::string& url, std::string body = "") {
  HttpRequest request;
  request.method = method;
  request.url = url;
  request.body = std::move(body);
  request.timeout = milliseconds(20'000);
  request.use_proxy = false;
  return request;
}

std::string Ok(const std::string& body) {
  return StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

/// Sends and expects it to fail for this cause; the message.
std::string FailureOf(const HttpRequest& request, Cause cause) {
  CurlTransport transport;
  try {
    const HttpResponse response = transport.Send(request);
    ADD_FAILURE() << "status " << response.status << ", " << response.body.size() << " bytes";
  } catch (const TransportError& error) {
    EXPECT_EQ(error.cause(), cause) << error.what();
    EXPECT_EQ(error.kind(), ErrorKind::kUnavailable);
    return error.what();
  }
  return "";
}

TEST(CurlTransport, SendsTheTargetAndTheHeadersAsTheyAre) {
  Server server({Ok("done")});
  HttpRequest request = Request("POST", server.Url("/a/./b/../c//%2e%2E/+~?x=%20y&&z=a+b"), "body");
  request.headers = {{"Host", "redshift.us-west-2.amazonaws.com"},
                     {"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                     {"X-Twice", "1"},
                     {"x-Empty", ""},
                     {"X-Twice", "2  3"}};
  CurlTransport transport;
  const HttpResponse response = transport.Send(request);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body, "done");
  ASSERT_EQ(server.Requests().size(), 1U);
  EXPECT_EQ(server.Requests()[0],
            "POST /a/./b/../c//%2e%2E/+~?x=%20y&&z=a+b HTTP/1.1\r\n"
            "Host: redshift.us-west-2.amazonaws.com\r\n"
            "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n"
            "X-Twice: 1\r\nx-Empty:\r\nX-Twice: 2  3\r\nContent-Length: 4\r\n\r\nbody");
}

TEST(CurlTransport, AddsNothingToABareRequest) {
  Server server({Ok(""), Ok(""), Ok(""), Ok(""), "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n"});
  const std::string host = StrCat(" HTTP/1.1\r\nHost: 127.0.0.1:", server.port(), "\r\n");
  CurlTransport transport;
  for (const char* method : {"GET", "DELETE", "PUT", "POST", "HEAD"}) {
    EXPECT_EQ(transport.Send(Request(method, server.Url())).status, 200);
  }
  const auto& requests = server.Requests();
  ASSERT_EQ(requests.size(), 5U);
  EXPECT_EQ(requests[0], "GET /" + host + "\r\n");
  EXPECT_EQ(requests[1], "DELETE /" + host + "\r\n");
  EXPECT_EQ(requests[2], "PUT /" + host + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(requests[3], "POST /" + host + "Content-Length: 0\r\n\r\n");
  EXPECT_EQ(requests[4], "HEAD /" + host + "\r\n");
}

TEST(CurlTransport, SendsALargeBodyWithoutWaitingForLeave) {
  Server server({Ok("")});
  std::string body(3'000'000, 'x');
  body[1000] = '\0';
  CurlTransport transport;
  transport.Send(Request("POST", server.Url(), body));
  ASSERT_EQ(server.Requests().size(), 1U);
  EXPECT_TRUE(server.Requests()[0].ends_with("\r\n\r\n" + body));
  EXPECT_EQ(server.Requests()[0].find("Expect"), std::string::npos);
}

TEST(CurlTransport, GivesTheResponseOfAnyStatus) {
  Server server(
      {"HTTP/1.1 100 Continue\r\nX-Interim: 1\r\n\r\n"
       "HTTP/1.1 503\r\nServer:  x  \r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nbusy",
       "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
       "3\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n",
       "HTTP/1.0 200 OK\r\n\r\nuntil the end"});
  CurlTransport transport;
  HttpResponse response = transport.Send(Request("GET", server.Url()));
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "busy");
  EXPECT_EQ(response.headers,
            (HttpHeaders{{"Server", "x"}, {"X-A", "1"}, {"x-a", "2"}, {"Content-Length", "4"}}));
  EXPECT_EQ(response.Header("X-a"), "1");
  EXPECT_EQ(response.Header("X-Interim"), std::nullopt);
  response = transport.Send(Request("GET", server.Url()));
  EXPECT_EQ(response.status, 302);
  EXPECT_EQ(response.Header("location"), "http://127.0.0.1:1/");
  response = transport.Send(Request("GET", server.Url()));
  EXPECT_EQ(response.body, "abcde");
  EXPECT_EQ(response.Header("X-Trailer"), std::nullopt);
  EXPECT_EQ(transport.Send(Request("GET", server.Url())).body, "until the end");
}

TEST(CurlTransport, KeepsTheConnection) {
  Server server({Ok("1") + Server::kKeep, Ok("2") + Server::kKeep, Ok("3")});
  CurlTransport transport;
  for (const char* body : {"1", "2", "3"}) {
    EXPECT_EQ(transport.Send(Request("POST", server.Url(), "b")).body, body);
  }
  EXPECT_EQ(server.connections(), 1);
}

// The server may have acted on it, so libcurl's own second try would not do.
TEST(CurlTransport, ARequestWithABodyIsNotSentTwiceWhenAKeptConnectionDies) {
  Server server({Ok("1") + Server::kKeep, ""});
  CurlTransport transport;
  transport.Send(Request("POST", server.Url(), "first"));
  try {
    transport.Send(Request("POST", server.Url(), "second"));
    ADD_FAILURE();
  } catch (const TransportError& error) {
    EXPECT_EQ(error.cause(), Cause::kReset) << error.what();
  }
  EXPECT_EQ(server.Requests().size(), 2U);
}

TEST(CurlTransport, AResponseThatEndsEarlyIsNone) {
  // Of the chunked one only the very last byte is missing already, which nobody waits for.
  const std::string chunked =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r";
  for (const std::string& whole : {Ok("some body"), chunked}) {
    std::vector<std::string> replies;
    for (size_t length = 0; length < whole.size(); ++length) {
      replies.push_back(whole.substr(0, length));
    }
    Server server(replies);
    for (const std::string& reply : replies) {
      SCOPED_TRACE(JsonQuote(reply));
      const std::string message = FailureOf(Request("GET", server.Url()), Cause::kReset);
      EXPECT_NE(message.find(StrCat("127.0.0.1:", server.port())), std::string::npos) << message;
    }
  }
}

TEST(CurlTransport, MessagesHoldNoHeaderAndNoBody) {
  Server server({"HTTP/1.1 200 OK\r\nX-Key: hush-header\r\nContent-Length: 99\r\n\r\nhush-body"});
  HttpRequest request = Request("POST", server.Url("/hush-path?hush=1"), "hush-request");
  request.headers = {{"Authorization", "hush-sent"}};
  const std::string message = FailureOf(request, Cause::kReset);
  EXPECT_EQ(message.find("hush"), std::string::npos) << message;
}

TEST(CurlTransport, LimitsTheSizeOfTheResponse) {
  const std::string reply = Ok(std::string(1000, 'x'));
  Server server({reply, reply, "HTTP/1.1 200 OK\r\nX: " + std::string(5000, 'y') + "\r\n\r\n"});
  HttpRequest request = Request("GET", server.Url());
  request.max_response_bytes = reply.size();
  CurlTransport transport;
  EXPECT_EQ(transport.Send(request).body.size(), 1000U);
  request.max_response_bytes = reply.size() - 1;
  EXPECT_NE(FailureOf(request, Cause::kTooLarge).find(StrCat(reply.size() - 1, " bytes")),
            std::string::npos);
  FailureOf(request, Cause::kTooLarge);  // headers count too
}

TEST(CurlTransport, WhatIsNotHttpIsMalformed) {
  Server server({"SSH-2.0-OpenSSH_9.2\r\n"});
  FailureOf(Request("GET", server.Url()), Cause::kMalformed);
}

TEST(CurlTransport, ARefusedPortIsAConnectFailure) {
  const int port = Listener().port();  // free again
  const std::string message =
      FailureOf(Request("GET", StrCat("http://127.0.0.1:", port, "/")), Cause::kConnect);
  EXPECT_NE(message.find(StrCat("127.0.0.1:", port)), std::string::npos) << message;
}

TEST(CurlTransport, AnUnknownNameIsAResolveFailure) {
  const std::string message =
      FailureOf(Request("GET", "http://no-such-host.invalid/"), Cause::kResolve);
  EXPECT_NE(message.find("no-such-host.invalid:80"), std::string::npos) << message;
}

TEST(CurlTransport, AServerThatSaysNothingTimesOut) {
  const Listener silent;
  HttpRequest request = Request("GET", silent.Url());
  request.timeout = milliseconds(50);
  FailureOf(request, Cause::kTimeout);
}

TEST(CurlTransport, AServerThatStopsSpeakingTimesOut) {
  const std::string whole = Ok("some body");
  for (const size_t said : {size_t{1}, whole.find("\r\n\r\n"), whole.size() - 1}) {
    Server server({whole.substr(0, said) + Server::kKeep});
    HttpRequest request = Request("GET", server.Url());
    request.timeout = milliseconds(50);
    FailureOf(request, Cause::kTimeout);
  }
}

TEST(CurlTransport, PlainTextWhereTlsIsExpectedIsATlsFailure) {
  const Listener silent;
  std::thread plain([&] {
    const UniqueFd connection(accept(silent.fd(), nullptr, nullptr));
    const std::string_view reply = "HTTP/1.1 400 Bad Request\r\n\r\n";
    send(connection.get(), reply.data(), reply.size(), MSG_NOSIGNAL);
    char byte = 0;
    while (recv(connection.get(), &byte, 1, 0) == 1) {
    }
  });
  FailureOf(Request("GET", StrCat("https://127.0.0.1:", silent.port(), "/")), Cause::kTls);
  plain.join();
}

TEST(CurlTransport, AConnectionLostInTheHandshakeIsAReset) {
  const Listener rude;
  std::thread closer([&] {
    const UniqueFd connection(accept(rude.fd(), nullptr, nullptr));
    std::array<char, 4096> hello{};
    recv(connection.get(), hello.data(), hello.size(), 0);
  });
  FailureOf(Request("GET", StrCat("https://127.0.0.1:", rude.port(), "/")), Cause::kReset);
  closer.join();
}

TEST(CurlTransport, AHeaderCannotSmuggleALine) {
  HttpRequest request = Request("GET", "http://127.0.0.1:1/");
  request.headers = {{"X-Token", "hush\r\nX-Other: 1"}};
  try {
    CurlTransport().Send(request);
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "the value of header \"X-Token\" holds a line break or NUL");
  }
}

TEST(CurlTransport, AUrlThatIsNotEncodedIsRefused) {
  try {
    CurlTransport().Send(Request("GET", "http://127.0.0.1:1/a b?hush=1"));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kUsage);
    EXPECT_EQ(std::string(error.what()).rfind("libcurl refuses the URL for 127.0.0.1:1: ", 0), 0U)
        << error.what();
    EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos);
  }
}

TEST(CurlTransport, AnInterruptEndsTheWait) {
  const Listener silent;
  std::thread interrupter([&] {
    // Once the request has arrived the client is waiting.
    const UniqueFd connection(accept(silent.fd(), nullptr, nullptr));
    ReadRequest(connection.get());
    SetInterruptForTest(SIGINT);
    ReadRequest(connection.get());  // until the client has closed
  });
  const auto start = std::chrono::steady_clock::now();
  try {
    CurlTransport().Send(Request("GET", silent.Url()));
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kInterrupted);
  }
  interrupter.join();
  SetInterruptForTest(0);
  // Far above the 200 ms promised, far below the request's own limit.
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST(CurlTransport, AfterAFailureTheNextRequestIsServed) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nshort", Ok("whole")});
  CurlTransport transport;
  EXPECT_THROW(transport.Send(Request("GET", server.Url())), TransportError);
  EXPECT_EQ(transport.Send(Request("GET", server.Url())).body, "whole");
}

}  // namespace
}  // namespace dwh
