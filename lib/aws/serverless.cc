#include "aws/serverless.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "base/text.h"

namespace dwh {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// A member of an object; null if it is not there, or if `object` is none.
const json& Member(const json& object, const char* name) {
  static const json kNull;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return found == object.end() ? kNull : *found;
}

std::string Text(const json& object, const char* name) {
  const json& value = Member(object, name);
  return value.is_string() ? value.get<std::string>() : "";
}

int Number(const json& object, const char* name) {
  const json& value = Member(object, name);
  return value.is_number_integer() ? value.get<int>() : 0;
}

std::vector<std::string> Texts(const json& object, const char* name) {
  std::vector<std::string> texts;
  for (const json& value : Member(object, name)) {
    if (value.is_string()) texts.push_back(value.get<std::string>());
  }
  return texts;
}

/// The object that a reply is about.
const json& Subject(const json& reply, const char* name) {
  const json& subject = Member(reply, name);
  if (subject.is_object()) return subject;
  throw Error(ErrorKind::kUnavailable, StrCat("redshift-serverless: a reply holds no ", name));
}

ordered_json TagList(const AwsTags& tags) {
  ordered_json list = ordered_json::array();
  for (const auto& [key, value] : tags) list.push_back({{"key", key}, {"value", value}});
  return list;
}

/// The service gives a role as its ARN or as the text of a structure:
/// "IamRole(applyStatus=in-sync, iamRoleArn=arn:aws:iam::123456789012:role/dwhRole)".
ClusterRole ReadRole(std::string_view text) {
  const auto field = [&](std::string_view name) -> std::string {
    const size_t at = text.find(name);
    if (at == std::string_view::npos) return "";
    const size_t begin = at + name.size();
    return std::string(text.substr(begin, text.find_first_of(",)", begin) - begin));
  };
  if (!text.starts_with("IamRole(")) return {.arn = std::string(text), .apply_status = ""};
  return {.arn = field("iamRoleArn="), .apply_status = field("applyStatus=")};
}

/// nullopt where the service knows no such thing.
std::optional<json> Find(JsonClient& client, const std::string& action, const ordered_json& body) {
  try {
    return client.Call(action, body);
  } catch (const AwsError& error) {
    if (error.code() == "ResourceNotFoundException") return std::nullopt;
    throw;
  }
}

bool Delete(JsonClient& client, const std::string& action, const ordered_json& body) {
  try {
    client.Call(action, body, Repeat::kNo);
    return true;
  } catch (const AwsError& error) {
    if (error.code() == "ResourceNotFoundException") return false;
    throw;
  }
}

}  // namespace

void ServerlessClient::CreateNamespace(const NamespaceSpec& spec) {
  ordered_json body = {{"namespaceName", spec.name},
                       {"adminUsername", spec.user},
                       {"adminUserPassword", spec.password.Reveal()},
                       {"dbName", spec.database}};
  if (!spec.role_arns.empty()) body["iamRoles"] = spec.role_arns;
  if (!spec.tags.empty()) body["tags"] = TagList(spec.tags);
  client_.Call("CreateNamespace", body, Repeat::kNo, {spec.password});
}

std::optional<ServerlessNamespace> ServerlessClient::GetNamespace(const std::string& name) {
  const auto reply = Find(client_, "GetNamespace", {{"namespaceName", name}});
  if (!reply) return std::nullopt;
  const json& node = Subject(*reply, "namespace");
  ServerlessNamespace found{.name = Text(node, "namespaceName"),
                            .status = Text(node, "status"),
                            .arn = Text(node, "namespaceArn"),
                            .user = Text(node, "adminUsername"),
                            .database = Text(node, "dbName"),
                            .roles = {},
                            .default_role_arn = Text(node, "defaultIamRoleArn")};
  for (const std::string& role : Texts(node, "iamRoles")) found.roles.push_back(ReadRole(role));
  return found;
}

bool ServerlessClient::DeleteNamespace(const std::string& name,
                                       const std::optional<std::string>& final_snapshot) {
  ordered_json body = {{"namespaceName", name}};
  if (final_snapshot) body["finalSnapshotName"] = *final_snapshot;
  return Delete(client_, "DeleteNamespace", body);
}

void ServerlessClient::CreateWorkgroup(const WorkgroupSpec& spec) {
  ordered_json body = {{"workgroupName", spec.name},
                       {"namespaceName", spec.namespace_name},
                       {"baseCapacity", spec.base_capacity},
                       {"publiclyAccessible", spec.publicly_accessible},
                       {"port", spec.port}};
  if (!spec.security_group_ids.empty()) body["securityGroupIds"] = spec.security_group_ids;
  if (!spec.subnet_ids.empty()) body["subnetIds"] = spec.subnet_ids;
  if (!spec.tags.empty()) body["tags"] = TagList(spec.tags);
  client_.Call("CreateWorkgroup", body, Repeat::kNo);
}

std::optional<ServerlessWorkgroup> ServerlessClient::GetWorkgroup(const std::string& name) {
  const auto reply = Find(client_, "GetWorkgroup", {{"workgroupName", name}});
  if (!reply) return std::nullopt;
  const json& node = Subject(*reply, "workgroup");
  const json& endpoint = Member(node, "endpoint");
  return ServerlessWorkgroup{.name = Text(node, "workgroupName"),
                             .namespace_name = Text(node, "namespaceName"),
                             .status = Text(node, "status"),
                             .arn = Text(node, "workgroupArn"),
                             .base_capacity = Number(node, "baseCapacity"),
                             .host = Text(endpoint, "address"),
                             .port = Number(endpoint, "port"),
                             .publicly_accessible = Member(node, "publiclyAccessible") == true,
                             .security_group_ids = Texts(node, "securityGroupIds"),
                             .subnet_ids = Texts(node, "subnetIds")};
}

bool ServerlessClient::DeleteWorkgroup(const std::string& name) {
  return Delete(client_, "DeleteWorkgroup", {{"workgroupName", name}});
}

AwsTags ServerlessClient::Tags(const std::string& arn) {
  AwsTags tags;
  const auto reply = Find(client_, "ListTagsForResource", {{"resourceArn", arn}});
  if (!reply) return tags;
  for (const json& tag : Member(*reply, "tags")) tags[Text(tag, "key")] = Text(tag, "value");
  return tags;
}

DbCredentials ServerlessClient::GetCredentials(const std::string& workgroup,
                                               const std::string& database) {
  const json reply =
      client_.Call("GetCredentials", {{"workgroupName", workgroup}, {"dbName", database}});
  DbCredentials found{.user = Text(reply, "dbUser"), .password = Secret(Text(reply, "dbPassword"))};
  if (found.user.empty() || found.password.empty()) {
    throw Error(ErrorKind::kUnavailable, "redshift-serverless: a reply holds no credentials");
  }
  return found;
}

}  // namespace dwh
