#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "../../support/fake_clock.h"
#include "aws/aws_client.h"
#include "net/uri.h"

namespace dwh {

/// Answers in the order of Reply and Fail, and keeps the requests.
class FakeTransport : public HttpTransport {
 public:
  void Reply(int status, std::string body, HttpHeaders headers = {}) {
    answers_.emplace_back(HttpResponse{status, std::move(headers), std::move(body)});
  }
  void Fail(TransportError::Cause cause) {
    answers_.emplace_back(TransportError(cause, "no luck", "Look at the cable."));
  }
  HttpResponse Send(const HttpRequest& request) override {
    requests.push_back(request);
    if (answers_.empty()) throw std::logic_error("no answer is left for " + request.body);
    const auto answer = std::move(answers_.front());
    answers_.pop_front();
    if (const auto* error = std::get_if<TransportError>(&answer)) throw TransportError(*error);
    return std::get<HttpResponse>(answer);
  }
  size_t left() const { return answers_.size(); }

  std::vector<HttpRequest> requests;

 private:
  std::deque<std::variant<HttpResponse, TransportError>> answers_;
};

/// Gives a new key at each fetch: "KEY1", "KEY2", ...
class CountingProvider : public CredentialsProvider {
 public:
  explicit CountingProvider(int& fetches) : fetches_(fetches) {}
  std::string Name() const override { return "a test"; }
  std::optional<AwsCredentials> Fetch() override {
    ++fetches_;
    return AwsCredentials{.access_key_id = "KEY" + std::to_string(fetches_),
                          .secret_access_key = Secret("topsecretkey"),
                          .session_token = Secret("topsecrettoken"),
                          .expiration = std::nullopt,
                          .source = "a test"};
  }

 private:
  int& fetches_;
};

/// An AwsClient that talks to a FakeTransport.
class FakeService : public testing::Test {
 protected:
  FakeService() : client(MakeClient()) {}

  ~FakeService() override { EXPECT_EQ(transport.left(), 0U) << "answers that nobody asked for"; }

  AwsClient MakeClient(int max_attempts = 3) {
    AwsSettings settings;
    settings.region = "us-west-2";
    settings.max_attempts = max_attempts;
    std::vector<std::unique_ptr<CredentialsProvider>> chain;
    chain.push_back(std::make_unique<CountingProvider>(fetches));
    return AwsClient({.settings = settings,
                      .credentials = std::make_shared<CredentialsCache>(std::move(chain), clock),
                      .transport = &transport,
                      .clock = &clock,
                      .random = [this] { return random; }});
  }

  /// The last request's body, with "+" for space as in other clients' bodies.
  std::string LastBody() const {
    std::string body = transport.requests.back().body;
    for (size_t at = body.find("%20"); at != std::string::npos; at = body.find("%20")) {
      body.replace(at, 3, "+");
    }
    return body;
  }
  std::string LastUrl() const { return transport.requests.back().url; }

  FakeClock clock;
  FakeTransport transport;
  int fetches = 0;
  double random = 1.0;
  AwsClient client;
};

inline std::optional<std::string> FindHeader(const HttpRequest& request, const std::string& name) {
  return HttpResponse{0, request.headers, ""}.Header(name);
}

/// What `action` throws, which must be an Error of type E.
template <typename E, typename Action>
E Thrown(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error;
  }
  throw std::logic_error("nothing was thrown");
}

}  // namespace dwh
