#include "aws/query_client.h"

#include <array>

#include "base/text.h"
#include "net/uri.h"

namespace dwh {
namespace {

std::string Version(std::string_view service) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 4> kVersions = {{
      {"redshift", "2012-12-01"},
      {"iam", "2010-05-08"},
      {"sts", "2011-06-15"},
      {"ec2", "2016-11-15"},
  }};
  for (const auto& [name, version] : kVersions) {
    if (name == service) return std::string(version);
  }
  throw Error(ErrorKind::kFailed,
              StrCat("service ", service, " does not speak the query protocol"));
}

/// The services wrap their errors in different ways.
XmlNode FindError(const XmlNode& root) {
  if (root.name() == "Error") return root;
  if (XmlNode error = root.child("Error")) return error;
  return root.child("Errors/Error");
}

std::string FirstText(std::initializer_list<XmlNode> nodes) {
  for (const XmlNode& node : nodes) {
    if (std::string text = node.text(); !text.empty()) return text;
  }
  return "";
}

std::string RequestIdHeader(const HttpResponse& response) {
  for (const char* name : {"x-amzn-requestid", "x-amz-request-id"}) {
    if (auto id = response.Header(name)) return *id;
  }
  return "";
}

XmlNode ParseReply(const HttpResponse& response, const std::string& expected) {
  XmlNode root;
  try {
    root = ParseXml(response.body);
  } catch (const Error&) {
    throw MangledReply(response, expected);
  }
  if (root.name() != expected) throw MangledReply(response, expected);
  return root;
}

}  // namespace

QueryParams& QueryParams::Add(std::string name, std::string_view value) {
  values_.emplace_back(std::move(name), value);
  return *this;
}

QueryParams& QueryParams::Add(std::string name, const char* value) {
  return Add(std::move(name), std::string_view(value));
}

QueryParams& QueryParams::Add(std::string name, const Secret& value) {
  secrets_.push_back(value);
  return Add(std::move(name), std::string_view(value.Reveal()));
}

QueryParams& QueryParams::AddNumber(std::string name, int64_t value) {
  return Add(std::move(name), std::to_string(value));
}

QueryParams& QueryParams::AddFlag(std::string name, bool value) {
  return Add(std::move(name), value ? "true" : "false");
}

QueryParams& QueryParams::AddIfAny(std::string name, std::string_view value) {
  return value.empty() ? *this : Add(std::move(name), value);
}

QueryParams& QueryParams::AddList(const std::string& name, const std::vector<std::string>& values) {
  for (size_t i = 0; i < values.size(); ++i) Add(StrCat(name, ".", i + 1), values[i]);
  return *this;
}

QueryParams& QueryParams::AddTags(const std::string& name, const AwsTags& tags) {
  int number = 0;
  for (const auto& [key, value] : tags) {
    ++number;
    Add(StrCat(name, ".", number, ".Key"), key);
    Add(StrCat(name, ".", number, ".Value"), value);
  }
  return *this;
}

std::string QueryParams::Encode() const {
  std::string text;
  for (const auto& [name, value] : values_) {
    text.append("&").append(name).append("=").append(PercentEncode(value));
  }
  return text;
}

QueryClient::QueryClient(AwsClient& client, std::string service)
    : client_(client), service_(std::move(service)), version_(Version(service_)) {}

AwsCall QueryClient::MakeCall(const std::string& action, const QueryParams& params,
                              Repeat repeat) const {
  AwsCall call;
  call.service = service_;
  call.action = action;
  call.request.method = "POST";
  call.request.url = "/";
  call.request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.request.body = StrCat("Action=", action, "&Version=", version_, params.Encode());
  call.read_error = ReadXmlError;
  call.secrets = params.secrets();
  call.repeatable = repeat == Repeat::kYes;
  return call;
}

XmlNode QueryClient::Call(const std::string& action, const QueryParams& params, Repeat repeat) {
  XmlNode result;
  AwsCall call = MakeCall(action, params, repeat);
  call.read_result = [&](const HttpResponse& response) {
    const XmlNode root = ParseReply(response, StrCat(action, "Response"));
    result = service_ == "ec2" ? root : root.child(StrCat(action, "Result"));
    if (!result) throw MangledReply(response, StrCat(action, "Result"));
  };
  client_.Send(call);
  return result;
}

void QueryClient::Do(const std::string& action, const QueryParams& params, Repeat repeat) {
  client_.Send(MakeCall(action, params, repeat));
}

void QueryClient::ForEachPage(const std::string& action, const QueryParams& params,
                              const std::function<void(const XmlNode& result)>& take) {
  const bool ec2 = service_ == "ec2";
  std::string marker;
  for (;;) {
    QueryParams page = params;
    page.AddIfAny(ec2 ? "NextToken" : "Marker", marker);
    const XmlNode result = Call(action, page);
    take(result);
    // IAM alone says in so many words whether there is more.
    const bool more = service_ != "iam" || result.child("IsTruncated").text() == "true";
    const std::string next = more ? result.child(ec2 ? "nextToken" : "Marker").text() : "";
    if (next.empty()) return;
    if (next == marker) {
      throw Error(
          ErrorKind::kUnavailable,
          StrCat(service_, " ", action, ": the service sends the same page again and again"));
    }
    marker = next;
  }
}

std::string RequiredText(const XmlNode& result, std::string_view path) {
  std::string text = result.child(path).text();
  if (!text.empty()) return text;
  throw Error(ErrorKind::kUnavailable, StrCat("the reply ", result.name(), " holds no ", path));
}

AwsTags ReadTags(const XmlNode& list, const char* element, const char* key, const char* value) {
  AwsTags tags;
  for (const XmlNode& tag : list.children(element)) {
    tags[tag.child(key).text()] = tag.child(value).text();
  }
  return tags;
}

ServiceError ReadXmlError(const HttpResponse& response) {
  ServiceError found{.code = "", .message = "", .request_id = RequestIdHeader(response)};
  try {
    const XmlNode root = ParseXml(response.body);
    const XmlNode error = FindError(root);
    found.code = error.child("Code").text();
    found.message = FirstText({error.child("Message"), error.child("message")});
    const std::string id =
        FirstText({root.child("RequestId"), root.child("RequestID"), error.child("RequestId"),
                   root.child("ResponseMetadata/RequestId")});
    if (!id.empty()) found.request_id = id;
  } catch (const Error&) {
    found.code.clear();  // A proxy's page, say: its words are all there is.
  }
  if (found.message.empty()) {
    found.message = found.code.empty() ? FirstWords(response.body) : "it gives no reason";
  }
  return found;
}

}  // namespace dwh
