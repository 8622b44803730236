#pragma once

#include <gmock/gmock.h>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "aws/environment.h"
#include "aws/settings.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "fake_service.h"

namespace dwh {

/// Every secret of these tests holds this word; no message and no log may.
constexpr std::string_view kSecretWord = "s3cr3t";

/// A world of variables, files, programs and services that a test makes up.
class CredentialsTest : public testing::Test {
 protected:
  CredentialsTest() {
    variables["AWS_REGION"] = "us-west-2";
    environment.variable = [this](const std::string& name) -> std::optional<std::string> {
      const auto found = variables.find(name);
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    environment.variables = [this] { return variables; };
    environment.file = [this](const std::filesystem::path& path) -> std::optional<std::string> {
      const auto found = files.find(path.string());
      return found == files.end() ? std::nullopt : std::optional(found->second);
    };
    environment.write = [this](const std::filesystem::path& path, std::string_view content) {
      files[path.string()] = content;
    };
    environment.home = "/home/ada";
    environment.run = [this](const Command& command) {
      commands.push_back(command);
      return run(command);
    };
    environment.ask = [this](const std::string& question) {
      questions.push_back(question);
      return answer;
    };
    environment.random = [] { return 1.0; };
    environment.transport = &transport;
    environment.clock = &clock;
    SetLogSink([this](LogLevel, std::string_view text) { said.emplace_back(text); },
               LogLevel::kDebug);
  }

  ~CredentialsTest() override {
    SetLogSink(nullptr, LogLevel::kInfo);
    for (const std::string& text : said) {
      EXPECT_EQ(text.find(kSecretWord), std::string::npos) << "a secret: " << text;
    }
  }

  AwsSettings Settings() const {
    return ResolveAwsSettings(config, AwsFiles(environment), environment);
  }

  std::unique_ptr<CredentialsCache> Cache() {
    const AwsFiles shared(environment);
    return std::make_unique<CredentialsCache>(
        MakeCredentialsChain(config, ResolveAwsSettings(config, shared, environment), shared,
                             environment),
        clock);
  }

  /// What a fresh chain gives.
  AwsCredentials Get() { return Cache()->Get(); }

  /// "usage: <message>" and so on, by the Error's kind; "" if none is thrown.
  std::string Failure(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      said.emplace_back(error.what());
      said.push_back(error.hint());
      hint = error.hint();
      const char* const kind = error.kind() == ErrorKind::kUsage         ? "usage: "
                               : error.kind() == ErrorKind::kUnavailable ? "unavailable: "
                                                                         : "other: ";
      return kind + std::string(error.what());
    }
    return "";
  }
  std::string Failure() {
    return Failure([this] { Get(); });
  }

  void Config(std::string text) { files["/home/ada/.aws/config"] = std::move(text); }
  void Credentials(std::string text) { files["/home/ada/.aws/credentials"] = std::move(text); }

  /// A reply of STS that holds for `lifetime` from now.
  std::string StsReply(const std::string& action, const std::string& key,
                       std::chrono::seconds lifetime = std::chrono::hours(1)) {
    return StrCat("<", action, "Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><",
                  action, "Result><Credentials><AccessKeyId>", key,
                  "</AccessKeyId><SecretAccessKey>role-s3cr3t</SecretAccessKey><SessionToken>"
                  "token-s3cr3t</SessionToken><Expiration>",
                  FormatIso8601(clock.now + lifetime), "</Expiration></Credentials></", action,
                  "Result></", action, "Response>");
  }

  /// A reply of a container's agent or the instance's metadata.
  std::string AgentReply(const std::string& key,
                         std::chrono::seconds lifetime = std::chrono::hours(6)) {
    return StrCat(R"({"Code":"Success","AccessKeyId":")", key,
                  R"(","SecretAccessKey":"agent-s3cr3t","Token":"token-s3cr3t","Expiration":")",
                  FormatIso8601(clock.now + lifetime), R"("})");
  }

  AwsConfig config;
  std::map<std::string, std::string> variables;
  std::map<std::string, std::string> files;
  std::vector<Command> commands;
  std::function<ProcessResult(const Command&)> run;
  std::vector<std::string> questions;
  std::optional<std::string> answer;
  std::string hint;  ///< Of the last Failure.
  FakeTransport transport;
  FakeClock clock;
  AwsEnvironment environment;

 private:
  std::vector<std::string> said;
};

}  // namespace dwh
