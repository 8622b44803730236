#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../../support/fake_clock.h"
#include "aws/session.h"
#include "base/file.h"
#include "base/text.h"
#include "config/dwh_config.h"
#include "net/uri.h"
#include "warehouse/aws_settings.h"

namespace dwh {

/// AWS by action: each has a line of answers, of which the last one stays.
class FakeAws : public HttpTransport {
 public:
  using Answer = std::function<HttpResponse()>;

  /// What `action` answers next, and then, and from then on.
  template <typename... Answers>
  void On(const std::string& action, Answers... answers) {
    answers_[action] = {Answer(answers)...};
  }

  HttpResponse Send(const HttpRequest& request) override {
    const std::string action = ActionOf(request);
    actions.push_back(action);
    bodies[action] = request.body;
    const auto found = answers_.find(action);
    if (found == answers_.end()) throw std::logic_error("no answer for " + action);
    std::deque<Answer>& line = found->second;
    const Answer answer = line.front();
    if (line.size() > 1) line.pop_front();
    return answer();
  }

  int Count(const std::string& action) const {
    return static_cast<int>(std::count(actions.begin(), actions.end(), action));
  }

  std::vector<std::string> actions;
  std::map<std::string, std::string> bodies;  ///< The last of each action.

 private:
  static std::string ActionOf(const HttpRequest& request) {
    for (const auto& [name, value] : request.headers) {
      if (ToLower(name) == "x-amz-target") return value.substr(value.find('.') + 1);
    }
    const size_t begin = request.body.find("Action=") + 7;
    return request.body.substr(begin, request.body.find('&', begin) - begin);
  }

  std::map<std::string, std::deque<Answer>> answers_;
};

inline FakeAws::Answer Reply(std::string body, int status = 200) {
  return [=] { return HttpResponse{status, {}, body}; };
}

/// A query action's reply around its result.
inline FakeAws::Answer Result(const std::string& action, const std::string& result) {
  return Reply(StrCat("<", action, "Response><", action, "Result>", result, "</", action,
                      "Result></", action, "Response>"));
}

inline FakeAws::Answer Refuse(const std::string& code, const std::string& message = "no",
                              int status = 400) {
  return Reply(StrCat("<ErrorResponse><Error><Code>", code, "</Code><Message>", message,
                      "</Message></Error></ErrorResponse>"),
               status);
}

inline FakeAws::Answer RefuseEc2(const std::string& code) {
  return Reply(StrCat("<Response><Errors><Error><Code>", code,
                      "</Code><Message>no</Message></Error></Errors></Response>"),
               400);
}

inline FakeAws::Answer LoseConnection() {
  return []() -> HttpResponse {
    throw TransportError(TransportError::Cause::kReset, "connection reset");
  };
}

/// A dwh.cfg in a folder of its own, a simulated AWS with an empty account, and a role that can be
/// made.
class AwsWarehouseTest : public testing::Test {
 protected:
  AwsWarehouseTest() : folder_(testing::TempDir() + "dwh-aws-" + std::to_string(getpid())) {
    std::filesystem::create_directories(folder_);
    aws.On("GetCallerIdentity", Result("GetCallerIdentity",
                                       "<Account>123456789012</Account><Arn>arn:aws:iam::1:user/u"
                                       "</Arn><UserId>U</UserId>"));
    aws.On("GetRole", Refuse("NoSuchEntity", "no role", 404));
    aws.On("CreateRole", Result("CreateRole", "<Role><Arn>" + kArn + "</Arn></Role>"));
    aws.On("PutRolePolicy", Reply("<PutRolePolicyResponse/>"));
    aws.On("DescribeVpcs", Reply("<DescribeVpcsResponse><vpcSet><item><vpcId>vpc-1</vpcId>"
                                 "</item></vpcSet></DescribeVpcsResponse>"));
    aws.On("DescribeSecurityGroups",
           Reply("<DescribeSecurityGroupsResponse>"
                 "<securityGroupInfo/></DescribeSecurityGroupsResponse>"));
    aws.On("CreateSecurityGroup", Reply("<CreateSecurityGroupResponse><groupId>sg-1</groupId>"
                                        "</CreateSecurityGroupResponse>"));
    aws.On("AuthorizeSecurityGroupIngress",
           Reply("<AuthorizeSecurityGroupIngressResponse><return>true</return>"
                 "</AuthorizeSecurityGroupIngressResponse>"));
  }
  ~AwsWarehouseTest() override { std::filesystem::remove_all(folder_); }

  DwhConfig Config(const std::string& more) {
    const std::filesystem::path path = folder_ / "dwh.cfg";
    WriteFileAtomic(path,
                    StrCat("[AWS]\nKEY=AKID\nSECRET=topsecretkey\nREGION=us-west-2\n"
                           "[IAM_ROLE]\nNAME=dwhRole\n[S3]\nLOG_DATA=s3://lake/log_data\n"
                           "SONG_DATA=s3://lake/song_data\n",
                           more),
                    0600);
    return LoadConfig(path);
  }

  std::unique_ptr<AwsSession> Session(const DwhConfig& config) {
    AwsEnvironment environment;
    environment.variable = [](const std::string&) { return std::nullopt; };
    environment.variables = [] { return std::map<std::string, std::string>(); };
    environment.file = [](const std::filesystem::path&) { return std::nullopt; };
    environment.transport = &aws;
    environment.clock = &clock;
    return std::make_unique<AwsSession>(AwsConfigOf(config), environment);
  }

  /// What stands in dwh.cfg now.
  DwhConfig Written() const { return LoadConfig(folder_ / "dwh.cfg"); }

  inline static const std::string kArn = "arn:aws:iam::123456789012:role/dwhRole";
  FakeAws aws;
  FakeClock clock;

 private:
  std::filesystem::path folder_;
};

}  // namespace dwh
