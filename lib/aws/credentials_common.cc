#include "aws/credentials_common.h"

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "aws/credentials.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

bool IsToken(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

void RequireToken(const Secret& value, bool may_be_empty, const std::string& what,
                  const std::string& source) {
  if (value.empty() && !may_be_empty) {
    throw Error(ErrorKind::kUsage, StrCat(source, ": the ", what, " is missing"));
  }
  if (IsToken(value.Reveal())) return;
  throw Error(ErrorKind::kUsage,
              StrCat(source, ": the ", what, " holds white space or characters that no key has"),
              "An indented line goes on with the line above it.");
}

/// Credentials at hand.
class GivenSource : public CredentialsProvider {
 public:
  explicit GivenSource(AwsCredentials credentials) : credentials_(std::move(credentials)) {}
  std::string Name() const override { return credentials_.source; }
  std::optional<AwsCredentials> Fetch() override { return credentials_; }

 private:
  AwsCredentials credentials_;
};

}  // namespace

AwsCredentials CheckedCredentials(AwsCredentials credentials) {
  const std::string& source = credentials.source;
  RequireToken(Secret(credentials.access_key_id), false, "access key id", source);
  RequireToken(credentials.secret_access_key, false, "secret access key", source);
  RequireToken(credentials.session_token, true, "session token", source);
  return credentials;
}

nlohmann::json ParseJsonReply(std::string_view text, const std::string& source) {
  // Without exceptions: those of the parser quote the text.
  nlohmann::json parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) {
    throw Error(ErrorKind::kUnavailable, StrCat(source, ": the reply is not a JSON object"));
  }
  return parsed;
}

std::string JsonText(const nlohmann::json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

AwsCredentials ReadJsonCredentials(const nlohmann::json& object, const CredentialNames& names,
                                   const std::string& source) {
  AwsCredentials credentials;
  credentials.source = source;
  credentials.access_key_id = JsonText(object, names.key);
  credentials.secret_access_key = Secret(JsonText(object, names.secret));
  credentials.session_token = Secret(JsonText(object, names.token));
  for (const char* const name : {names.key, names.secret}) {
    if (!JsonText(object, name).empty()) continue;
    throw Error(ErrorKind::kUnavailable, StrCat(source, ": the reply holds no ", name));
  }
  const auto expiration = object.find("Expiration");
  if (expiration != object.end() && !expiration->is_null()) {
    credentials.expiration = ParseIso8601(JsonText(object, "Expiration"));
    if (!credentials.expiration) {
      throw Error(ErrorKind::kUnavailable, StrCat(source, ": Expiration is no ISO 8601 time"));
    }
  }
  return CheckedCredentials(std::move(credentials));
}

HttpResponse AskAws(const AwsEnvironment& environment, const AwsSettings& settings,
                    const std::string& source, AwsCall call, const AwsCredentials* caller) {
  std::shared_ptr<CredentialsCache> cache;
  if (caller != nullptr) {
    std::vector<std::unique_ptr<CredentialsProvider>> chain;
    chain.push_back(std::make_unique<GivenSource>(*caller));
    cache = std::make_shared<CredentialsCache>(std::move(chain), *environment.clock);
  }
  call.sign = caller != nullptr;
  AwsClient client({.settings = settings,
                    .credentials = std::move(cache),
                    .transport = environment.transport,
                    .clock = environment.clock,
                    .random = environment.random});
  const auto named = [&](const Error& error) { return StrCat(source, ": ", error.what()); };
  try {
    return client.Send(call);
  } catch (const AwsError& error) {
    throw AwsError(error.kind(), named(error), error.code(), error.status(), error.hint());
  } catch (const TransportError& error) {
    throw TransportError(error.cause(), named(error), error.hint());
  }
}

HttpResponse AskAgent(const AwsEnvironment& environment, const std::string& source,
                      const Patience& patience, const HttpRequest& request,
                      const std::function<bool(const HttpResponse&)>& is_final) {
  for (int attempt = 1;; ++attempt) {
    try {
      HttpResponse response = environment.transport->Send(request);
      if (attempt >= patience.tries || is_final(response)) return response;
    } catch (const TransportError& error) {
      if (attempt >= patience.tries) {
        throw TransportError(error.cause(), StrCat(source, ": ", error.what()), error.hint());
      }
    }
    environment.clock->SleepFor(patience.pause);
  }
}

}  // namespace dwh
