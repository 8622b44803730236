#pragma once

#include <nlohmann/json.hpp>
#include <string_view>

namespace dwh {

/// The JSON document of a manifest or a JSONPaths file (`what`). Throws Error(kRejected) naming
/// `key` unless the text is one object and nothing else.
nlohmann::json ParseControlJson(std::string_view text, std::string_view what, std::string_view key);

/// For everything else that is wrong with such a file.
[[noreturn]] void FailControlJson(std::string_view what, std::string_view key,
                                  std::string_view why);

}  // namespace dwh
