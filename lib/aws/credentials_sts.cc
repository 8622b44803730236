#include "aws/credentials_sts.h"

#include <chrono>

#include "aws/credentials_common.h"
#include "base/error.h"
#include "base/text.h"
#include "net/xml.h"

namespace dwh {
namespace {

AwsCredentials ReadReply(const HttpResponse& response, const std::string& action,
                         const std::string& source) {
  XmlNode found;
  try {
    found = ParseXml(response.body).child(action + "Result/Credentials");
  } catch (const Error&) {
    // Not the parser's words, which quote the text: it may hold the secret.
    throw MangledReply(response, action + "Response");
  }
  AwsCredentials credentials;
  credentials.source = source;
  credentials.access_key_id = found.child("AccessKeyId").text();
  credentials.secret_access_key = Secret(found.child("SecretAccessKey").text());
  credentials.session_token = Secret(found.child("SessionToken").text());
  credentials.expiration = ParseIso8601(found.child("Expiration").text());
  if (credentials.access_key_id.empty() || credentials.secret_access_key.empty() ||
      credentials.session_token.empty() || !credentials.expiration) {
    throw MangledReply(response, action + "Response");
  }
  return credentials;
}

}  // namespace

AwsCredentials AskSts(const CredentialsContext& context, const std::string& source,
                      const std::string& action, const QueryParams& params,
                      const AwsCredentials* caller) {
  AwsCredentials credentials;
  AwsCall call;
  call.service = "sts";
  call.action = action;
  call.request.method = "POST";
  call.request.url = "/";
  call.request.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
  call.request.body = StrCat("Action=", action, "&Version=2011-06-15", params.Encode());
  call.read_error = ReadXmlError;
  call.read_result = [&](const HttpResponse& response) {
    credentials = ReadReply(response, action, source);
  };
  call.secrets = params.secrets();
  AskAws(context.environment, context.settings, source, call, caller);
  return CheckedCredentials(credentials);
}

std::string DefaultSessionName(Clock& clock) {
  const auto now = std::chrono::floor<std::chrono::seconds>(clock.Now());
  return StrCat("sparkify-dwh-", now.time_since_epoch().count());
}

}  // namespace dwh
