#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "aws/aws_client.h"
#include "base/secret.h"
#include "net/xml.h"

namespace dwh {

/// The parameters of one action in the order of adding, names spelled in full (facts, section 3.1).
class QueryParams {
 public:
  QueryParams& Add(std::string name, std::string_view value);
  QueryParams& Add(std::string name, const char* value);
  QueryParams& Add(std::string name, const Secret& value);
  QueryParams& AddNumber(std::string name, int64_t value);
  QueryParams& AddFlag(std::string name, bool value);
  /// Nothing if the value is empty.
  QueryParams& AddIfAny(std::string name, std::string_view value);
  /// NAME.1, NAME.2, ...: nothing for an empty list. NAME ends with the member's own name where the
  /// service has one: "IamRoles.IamRoleArn".
  QueryParams& AddList(const std::string& name, const std::vector<std::string>& values);
  /// NAME.1.Key, NAME.1.Value, ...
  QueryParams& AddTags(const std::string& name, const AwsTags& tags);

  /// As application/x-www-form-urlencoded, with an "&" before each name; spaces are %20.
  std::string Encode() const;
  const std::vector<Secret>& secrets() const { return secrets_; }

 private:
  std::vector<std::pair<std::string, std::string>> values_;
  std::vector<Secret> secrets_;
};

/// The query protocol of redshift, iam and sts and its kin of ec2. Holds on to `client`.
class QueryClient {
 public:
  /// `service`: one of these four.
  QueryClient(AwsClient& client, std::string service);

  /// The reply's <ActionResult>; for ec2 the reply itself. A 2xx reply that is not the action's
  /// counts as a failed try, so that it is never taken for "there is none". Throws as
  /// AwsClient::Send.
  XmlNode Call(const std::string& action, const QueryParams& params, Repeat repeat = Repeat::kYes);
  /// For actions whose reply tells nothing: any 2xx will do.
  void Do(const std::string& action, const QueryParams& params, Repeat repeat = Repeat::kYes);

  /// Calls with one page after the other, until the service says that there are no more. Throws
  /// Error(kUnavailable) if it never does.
  void ForEachPage(const std::string& action, const QueryParams& params,
                   const std::function<void(const XmlNode& result)>& take);

  const AwsSettings& settings() const { return client_.settings(); }

 private:
  AwsCall MakeCall(const std::string& action, const QueryParams& params, Repeat repeat) const;

  AwsClient& client_;
  std::string service_;
  std::string version_;
};

/// A text that the reply must hold, by its path. Throws Error(kUnavailable) naming the path if it
/// does not.
std::string RequiredText(const XmlNode& result, std::string_view path);

/// A list of tags. The services differ in the name of its elements and in "Key" or "key".
AwsTags ReadTags(const XmlNode& list, const char* element, const char* key = "Key",
                 const char* value = "Value");

/// The error of any XML service's reply, S3's too. Of anything else the first words of the body.
ServiceError ReadXmlError(const HttpResponse& response);
}  // namespace dwh
