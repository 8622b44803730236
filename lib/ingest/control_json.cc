#include "ingest/control_json.h"

#include <string>

#include "base/error.h"
#include "base/text.h"

namespace dwh {

void FailControlJson(std::string_view what, std::string_view key, std::string_view why) {
  throw Error(ErrorKind::kRejected, StrCat("bad ", what, " ", key, ": ", why),
              StrCat("Correct the ", what, ", or name another file; nothing was loaded."));
}

nlohmann::json ParseControlJson(std::string_view text, std::string_view what,
                                std::string_view key) {
  try {
    nlohmann::json document = nlohmann::json::parse(text);
    if (document.is_object()) return document;
  } catch (const nlohmann::json::exception& error) {
    const std::string_view said = error.what();
    // The library puts its own name for the error in brackets before the words.
    const size_t bracket = said.find("] ");
    FailControlJson(what, key, said.substr(bracket == std::string_view::npos ? 0 : bracket + 2));
  }
  FailControlJson(what, key, "not a JSON object");
}

}  // namespace dwh
