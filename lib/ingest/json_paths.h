#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace dwh {

/// One step of a JSONPath: an object key or an array index.
using PathStep = std::variant<std::string, size_t>;
/// "$['a']['b'][0]" is {"a", "b", 0}; "$" alone is {}.
using JsonPath = std::vector<PathStep>;

/// A JSONPaths file as COPY reads it (facts, section 1.3). nullopt if its one object has no
/// "jsonpaths" key: COPY then silently works as with 'auto'. Throws Error(kRejected) naming `key`
/// and the expression for everything that fails the COPY: malformed JSON, bytes outside the one
/// object, elements that are empty or not strings, both notations in one file, and what COPY does
/// not support (wildcards, filters, slices, recursive descent).
std::optional<std::vector<JsonPath>> ParseJsonPaths(std::string_view text, std::string_view key);

}  // namespace dwh
