#include "net/curl_streams.h"

#include <gtest/gtest.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/interrupt.h"
#include "http_server.h"

namespace dwh {
namespace {

using Cause = TransportError::Cause;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// Keeps what it is told.
struct Kept : HttpStream {
  void OnHead(const HttpResponse& response) override {
    EXPECT_TRUE(body.empty());
    head = response;
  }
  void OnBody(std::string_view bytes) override {
    EXPECT_TRUE(head) << "a body before its head";
    body.append(bytes);
  }
  void OnEnd(const TransportError* error) override {
    EXPECT_FALSE(ended);
    ended = true;
    if (error != nullptr) failure = *error;
  }

  std::optional<HttpResponse> head;
  std::string body;
  std::optional<TransportError> failure;
  bool ended = false;
};

HttpRequest Get(const std::string& url) {
  HttpRequest request;
  request.url = url;
  request.timeout = milliseconds(20'000);
  request.use_proxy = false;
  return request;
}

std::string Reply(const std::string& body) {
  return StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n\r\n", body);
}

TEST(CurlStreams, TellsEachStreamItsOwn) {
  Server server({Reply("one"), Reply("two"), Reply("three")});
  CurlStreams streams(8);
  std::vector<Kept> kept(3);
  for (Kept& one : kept) streams.Start(Get(server.Url()), one);
  while (!kept[0].ended || !kept[1].ended || !kept[2].ended) streams.Poll(milliseconds(1000));
  std::vector<std::string> bodies;
  for (const Kept& one : kept) {
    EXPECT_FALSE(one.failure);
    EXPECT_EQ(one.head->status, 200);
    bodies.push_back(one.body);
  }
  std::sort(bodies.begin(), bodies.end());
  EXPECT_EQ(bodies, (std::vector<std::string>{"one", "three", "two"}));
}

TEST(CurlStreams, UsesAConnectionAgain) {
  Server server({Reply("one") + Server::kKeep, Reply("") + Server::kKeep, Reply("three")});
  CurlStreams streams(1);
  std::vector<Kept> kept(3);
  for (Kept& one : kept) streams.Start(Get(server.Url()), one);
  while (!kept[0].ended || !kept[1].ended || !kept[2].ended) streams.Poll(milliseconds(1000));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(kept[1].head->status, 200) << "the head is told also where no body follows";
}

TEST(CurlStreams, GivesWhatCameBeforeTheConnectionEnded) {
  Server server({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nfirst words"});
  CurlStreams streams(1);
  Kept kept;
  streams.Start(Get(server.Url()), kept);
  while (!kept.ended) streams.Poll(milliseconds(1000));
  EXPECT_EQ(kept.body, "first words");
  ASSERT_TRUE(kept.failure);
  EXPECT_EQ(kept.failure->cause(), Cause::kReset);
}

TEST(CurlStreams, GivesUpAStalledConnection) {
  const Listener silent;  // takes the connection and says nothing
  CurlStreams streams(1);
  Kept kept;
  HttpRequest request = Get(silent.Url());
  request.timeout = milliseconds(0);
  request.stall_timeout = milliseconds(1000);
  streams.Start(std::move(request), kept);
  while (!kept.ended) streams.Poll(milliseconds(1000));
  ASSERT_TRUE(kept.failure);
  EXPECT_EQ(kept.failure->cause(), Cause::kTimeout);
}

TEST(CurlStreams, NoticesAnInterrupt) {
  const Listener silent;
  Kept kept;
  CurlStreams streams(1);
  streams.Start(Get(silent.Url()), kept);
  streams.Poll(milliseconds(0));
  SetInterruptForTest(SIGTERM);
  EXPECT_THROW(streams.Poll(milliseconds(10'000)), Error);
  SetInterruptForTest(0);
  EXPECT_FALSE(kept.ended);
}

TEST(CurlStreams, WakeEndsThePollThatFollows) {
  CurlStreams streams(1);
  streams.Wake();
  const auto start = steady_clock::now();
  for (int i = 0; i < 100; ++i) {
    streams.Wake();
    streams.Poll(milliseconds(10'000));
  }
  EXPECT_LT(steady_clock::now() - start, milliseconds(5'000));  // without: 100 times 100 ms
}

TEST(CurlStreams, RefusesAUrlThatIsNone) {
  CurlStreams streams(1);
  Kept kept;
  EXPECT_THROW(streams.Start(Get("ftp://host/"), kept), Error);
}

}  // namespace
}  // namespace dwh
