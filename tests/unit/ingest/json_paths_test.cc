#include "ingest/json_paths.h"

#include <gtest/gtest.h>

#include "expect_error.h"

namespace dwh {
namespace {

constexpr std::string_view kKey = "s3://bucket/paths.json";

std::string FileOf(std::string_view list) { return "{\"jsonpaths\": [" + std::string(list) + "]}"; }

std::string Show(const JsonPath& path) {
  std::string shown;
  for (const PathStep& step : path) {
    if (const auto* name = std::get_if<std::string>(&step)) {
      shown += "<" + *name + ">";
    } else {
      shown += "#" + std::to_string(std::get<size_t>(step));
    }
  }
  return shown;
}

TEST(JsonPaths, Expressions) {
  struct Row {
    std::string_view expression;
    std::string_view expected;
  };
  for (const auto& [expression, expected] : std::initializer_list<Row>{
           {"$", ""},
           {"$['a']", "<a>"},
           {"$['firstName']", "<firstName>"},
           {"$['a']['b'][0]", "<a><b>#0"},
           {"$[0]", "#0"},
           {"$[12][3]['x']", "#12#3<x>"},
           {"$['']", "<>"},
           {"$['it's']", "<it's>"},
           {"$['a.b[0]']", "<a.b[0]>"},
           {"$['*']", "<*>"},
           {"$['Jörg ✓']", "<Jörg ✓>"},
           {"$.a", "<a>"},
           {"$.a.b[0]", "<a><b>#0"},
           {"$.a[0].b", "<a>#0<b>"},
           {"$[1].first name", "#1<first name>"},
       }) {
    const auto paths = ParseJsonPaths(FileOf('"' + std::string(expression) + '"'), kKey);
    ASSERT_TRUE(paths.has_value());
    ASSERT_EQ(paths->size(), 1U);
    EXPECT_EQ(Show(paths->front()), expected) << expression;
  }
}

TEST(JsonPaths, OrderIsKeptAndIndexesFitBothNotations) {
  const auto bracket = ParseJsonPaths(FileOf(R"("$['b']", "$[0]", "$['a']")"), kKey);
  ASSERT_EQ(bracket->size(), 3U);
  EXPECT_EQ(Show(bracket->at(0)), "<b>");
  EXPECT_EQ(Show(bracket->at(1)), "#0");
  EXPECT_EQ(Show(bracket->at(2)), "<a>");
  EXPECT_EQ(ParseJsonPaths(FileOf(R"("$.b", "$[0]", "$.a[1]")"), kKey)->size(), 3U);
}

TEST(JsonPaths, AnotherKeyMeansAuto) {
  EXPECT_EQ(ParseJsonPaths(R"({"jsonPaths": ["$['a']"]})", kKey), std::nullopt);
  EXPECT_EQ(ParseJsonPaths("{}", kKey), std::nullopt);
  EXPECT_EQ(ParseJsonPaths(" {\"jsonpath\": 5}\n", kKey), std::nullopt);
}

TEST(JsonPaths, RefusesWithTheReason) {
  struct Row {
    std::string text;
    std::string_view reason;
  };
  for (const auto& [text, reason] : std::initializer_list<Row>{
           {"", "parse error"},
           {R"(["$['a']"])", "not a JSON object"},
           {FileOf("\"$['a']\"") + "x", "parse error"},
           {FileOf("\"$['a']\"") + FileOf("\"$['a']\""), "parse error"},
           {FileOf("\"$['a']\","), "parse error"},
           {R"({"jsonpaths": "$['a']"})", "\"jsonpaths\" is not an array"},
           {FileOf(""), "\"jsonpaths\" is empty"},
           {FileOf("\"$['a']\", 1"), "element 2 is not a string"},
           {FileOf("null"), "element 1 is not a string"},
           {FileOf("\"\""), "expression \"\" is empty"},
           {FileOf("\"a\""), "expression \"a\" does not begin with '$'"},
           {FileOf("\" $['a']\""), "does not begin with '$'"},
           {FileOf("\"$a\""), "cannot be read from 'a' on"},
           {FileOf("\"$['a'] \""), "cannot be read from ' ' on"},
           {FileOf("\"$['a'\""), R"(has a "['" without a "']")"},
           {FileOf("\"$[\""), "has '['"},
           {FileOf("\"$[]\""), "has '[]'"},
           {FileOf("\"$[1\""), "has '[1'"},
           {FileOf("\"$[*]\""), "has '[*]'"},
           {FileOf("\"$[-1]\""), "has '[-1]'"},
           {FileOf("\"$[0:2]\""), "has '[0:2]'"},
           {FileOf("\"$[0,1]\""), "has '[0,1]'"},
           {FileOf("\"$[?(@.a)]\""), "has '[?(@.a)]'"},
           {FileOf("\"$[99999999999999999999]\""), "has '[99999999999999999999]'"},
           {FileOf(R"("$[\"a\"]")"), "brackets take a name in single quotes"},
           {FileOf("\"$.*\""), "wildcard"},
           {FileOf("\"$..a\""), "recursive descent"},
           {FileOf("\"$.a.\""), "has a '.' without a name"},
           {FileOf("\"$.it's\""), "has a quote or bracket in a name"},
           {FileOf(R"("$['a']", "$.b")"), "mixes bracket and dot notation"},
           {FileOf(R"("$.b", "$['a']")"), "mixes bracket and dot notation"},
           {FileOf("\"$['a'].b\""), "mixes bracket and dot notation"},
       }) {
    const std::string_view input = text;
    SCOPED_TRACE(input);
    ExpectError(
        ErrorKind::kRejected, [&] { ParseJsonPaths(input, kKey); },
        "bad JSONPaths file s3://bucket/paths.json: ", reason);
  }
}

}  // namespace
}  // namespace dwh
