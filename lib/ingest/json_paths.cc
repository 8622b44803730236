#include "ingest/json_paths.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "ingest/control_json.h"

namespace dwh {
namespace {

constexpr std::string_view kWhat = "JSONPaths file";

/// Reads the expressions of one file, which must all use one notation.
class PathParser {
 public:
  explicit PathParser(std::string_view key) : key_(key) {}

  JsonPath Parse(std::string_view expression) {
    expression_ = expression;
    if (expression.empty()) Fail("is empty");
    if (expression.front() != '$') Fail("does not begin with '$'");
    std::string_view rest = expression.substr(1);
    JsonPath path;
    while (!rest.empty()) {
      if (rest.starts_with("['")) {
        path.emplace_back(TakeBracketName(rest));
      } else if (rest.front() == '[') {
        path.emplace_back(TakeIndex(rest));
      } else if (rest.front() == '.') {
        path.emplace_back(TakeDotName(rest));
      } else {
        Fail(StrCat("cannot be read from '", rest, "' on"));
      }
    }
    return path;
  }

 private:
  enum class Notation { kUnknown, kBracket, kDot };

  [[noreturn]] void Fail(std::string_view why) const {
    FailControlJson(kWhat, key_, StrCat("expression \"", expression_, "\" ", why));
  }

  void Use(Notation notation) {
    if (notation_ != Notation::kUnknown && notation_ != notation) {
      Fail("mixes bracket and dot notation, which COPY does not allow in one file");
    }
    notation_ = notation;
  }

  /// ['name']
  std::string TakeBracketName(std::string_view& rest) {
    Use(Notation::kBracket);
    const size_t end = rest.find("']", 2);
    if (end == std::string_view::npos) Fail(R"(has a "['" without a "']")");
    std::string name(rest.substr(2, end - 2));
    rest.remove_prefix(end + 2);
    return name;
  }

  /// [n]
  size_t TakeIndex(std::string_view& rest) const {
    const std::string_view inside = rest.substr(1, rest.find(']') - 1);
    size_t index = 0;
    const auto [end, error] = std::from_chars(inside.data(), inside.data() + inside.size(), index);
    const bool whole = error == std::errc() && end == inside.data() + inside.size();
    if (!whole || inside.size() + 1 >= rest.size()) {
      Fail(StrCat("has '", rest.substr(0, inside.size() + 2),
                  "': brackets take a name in single quotes or an index from 0; COPY knows no "
                  "wildcards, filters or slices"));
    }
    rest.remove_prefix(inside.size() + 2);
    return index;
  }

  /// .name
  std::string TakeDotName(std::string_view& rest) {
    Use(Notation::kDot);
    std::string name(rest.substr(1, rest.find_first_of(".[", 1) - 1));
    if (name.empty()) Fail("has a '.' without a name; COPY knows no recursive descent");
    if (name == "*") Fail("has a wildcard, which COPY does not know");
    if (name.find_first_of("']") != std::string::npos) {
      Fail("has a quote or bracket in a name; write such names as ['name']");
    }
    rest.remove_prefix(name.size() + 1);
    return name;
  }

  std::string_view key_;
  std::string_view expression_;
  Notation notation_ = Notation::kUnknown;
};

}  // namespace

std::optional<std::vector<JsonPath>> ParseJsonPaths(std::string_view text, std::string_view key) {
  const nlohmann::json document = ParseControlJson(text, kWhat, key);
  const auto list = document.find("jsonpaths");
  if (list == document.end()) return std::nullopt;
  if (!list->is_array()) FailControlJson(kWhat, key, "\"jsonpaths\" is not an array");
  if (list->empty()) FailControlJson(kWhat, key, "\"jsonpaths\" is empty");
  PathParser parser(key);
  std::vector<JsonPath> paths;
  for (const nlohmann::json& expression : *list) {
    if (!expression.is_string()) {
      FailControlJson(kWhat, key, StrCat("element ", paths.size() + 1, " is not a string"));
    }
    paths.push_back(parser.Parse(expression.get_ref<const std::string&>()));
  }
  return paths;
}

}  // namespace dwh
