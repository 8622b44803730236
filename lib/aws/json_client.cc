#include "aws/json_client.h"

#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/text.h"

namespace dwh {
namespace {

using nlohmann::json;

std::string Text(const json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : "";
}

/// "com.amazonaws.redshift#ConflictException:http://..." is a ConflictException.
std::string BareCode(std::string_view text) {
  text = text.substr(0, text.find(':'));
  return std::string(text.substr(text.rfind('#') + 1));
}

}  // namespace

JsonClient::JsonClient(AwsClient& client, std::string service, std::string target)
    : client_(client), service_(std::move(service)), target_(std::move(target)) {}

json JsonClient::Call(const std::string& action, const nlohmann::ordered_json& body, Repeat repeat,
                      std::vector<Secret> secrets) {
  json result;
  AwsCall call;
  call.service = service_;
  call.action = action;
  call.request.method = "POST";
  call.request.url = "/";
  call.request.headers = {{"Content-Type", "application/x-amz-json-1.1"},
                          {"X-Amz-Target", StrCat(target_, ".", action)}};
  // Bytes that are not UTF-8 would throw; replaced, the service refuses them by its own rules.
  call.request.body = body.dump(-1, ' ', false, json::error_handler_t::replace);
  call.read_error = ReadJsonError;
  call.read_result = [&](const HttpResponse& response) {
    result = json::parse(response.body, nullptr, false);
    if (!result.is_object()) throw MangledReply(response, "JSON object");
  };
  call.secrets = std::move(secrets);
  call.repeatable = repeat == Repeat::kYes;
  client_.Send(call);
  return result;
}

ServiceError ReadJsonError(const HttpResponse& response) {
  ServiceError found{
      .code = "", .message = "", .request_id = response.Header("x-amzn-requestid").value_or("")};
  const json body = json::parse(response.body, nullptr, false);
  if (body.is_object()) {
    found.code = BareCode(Text(body, "__type"));
    found.message = Text(body, "message");
    if (found.message.empty()) found.message = Text(body, "Message");
  }
  if (found.code.empty()) found.code = BareCode(response.Header("x-amzn-errortype").value_or(""));
  if (found.message.empty()) {
    found.message = found.code.empty() ? FirstWords(response.body) : "it gives no reason";
  }
  return found;
}

}  // namespace dwh
