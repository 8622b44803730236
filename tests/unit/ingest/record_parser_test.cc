#include "ingest/record_parser.h"

#include <gtest/gtest.h>

#include "expect_error.h"
#include "ingest/record_frames.h"

namespace dwh {
namespace {

using Kind = JsonValue::Kind;

std::string Show(const JsonValue& value) {
  switch (value.kind) {
    case Kind::kAbsent:
      return "absent";
    case Kind::kNull:
      return "null";
    case Kind::kTrue:
      return "true";
    case Kind::kFalse:
      return "false";
    case Kind::kNumber:
      return "number " + std::string(value.text);
    case Kind::kString:
      return "string " + std::string(value.text);
    case Kind::kNested:
      return "nested " + std::string(value.text);
    case Kind::kBadText:
      return "bad " + std::string(value.text) + " in " + std::string(value.token);
  }
  return "";
}

RecordParser::Options Keys(const std::vector<std::string>& names) {
  RecordParser::Options options;
  for (const std::string& name : names) options.paths.push_back({name});
  return options;
}

RecordParser::Options Paths(std::vector<JsonPath> paths) {
  RecordParser::Options options;
  options.object_root = false;
  options.paths = std::move(paths);
  return options;
}

/// A record with the padding it needs. What follows a record in its chunk is more data, so here it
/// is what would do harm if it were read.
class Record {
 public:
  explicit Record(std::string_view text) : bytes_(text), size_(text.size()) {
    while (bytes_.size() < size_ + kRecordPadding) bytes_ += R"(]}","a":1)";
  }
  std::string_view text() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  size_t size_;
};

std::vector<std::string> Read(RecordParser& parser, std::string_view text) {
  const Record record(text);
  if (!parser.Parse(record.text())) return {"malformed"};
  std::vector<std::string> shown;
  for (const JsonValue& value : parser.values()) shown.push_back(Show(value));
  return shown;
}

std::vector<std::string> Read(RecordParser::Options options, std::string_view text) {
  RecordParser parser(std::move(options));
  return Read(parser, text);
}

using Shown = std::vector<std::string>;

TEST(RecordParser, EveryKindOfValue) {
  RecordParser parser(Keys({"a"}));
  for (const auto& [text, expected] :
       std::initializer_list<std::pair<std::string_view, std::string>>{
           {R"({})", "absent"},
           {R"({"b":1,"A":2})", "absent"},
           {R"({"a":null})", "null"},
           {R"({"a":true})", "true"},
           {R"({"a":false , "b":[]})", "false"},
           {R"({"a":1888})", "number 1888"},
           {R"({"a" : -1.50e+3 })", "number -1.50e+3"},
           {R"({"a":""})", "string "},
           {R"({"a":"AC\/DC \"x\" \u00e9"})", "string AC/DC \"x\" é"},
           {R"({"a":{ "b" : [1, 2] } ,"c":1})", R"(nested { "b" : [1, 2] })"},
           {R"({"a":[]})", "nested []"},
           {R"({"a":"x\u0000"})", R"(bad 00 (error 9) in "x\u0000")"},
           {R"({"a":"\udc00"})", R"(bad ed b0 80 (error 5) in "\udc00")"},
           {R"({"a":1,"a":"last"})", "string last"},
           {R"({"\u0061":1})", "number 1"},
           {R"({"\ud800":1,"a":2})", "number 2"},
       }) {
    EXPECT_EQ(Read(parser, text), Shown{expected}) << text;
  }
}

TEST(RecordParser, RefusesWhatIsNotJson) {
  RecordParser parser(Keys({"a"}));
  for (const std::string_view text :
       {"{", "}", "{]", "[1]", "1", "\"x\"", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\" 1}", R"({"a":1 "b":2})", "{\"a\":01}", "{\"a\":1.}", "{\"a\":+1}", "{\"a\":NaN}",
        "{\"a\":tru}", "{\"a\":nulls}", "{\"a\":1}{}", "{\"a\":1}x", "{\"a\":'x'}", "{a:1}",
        R"({"a":"\x"})", R"({"a":"\u12"})", "{\"a\":\"\t\"}", "{\"a\":1\x01}", "{\"a\":1\x0c}",
        R"({"a":"x" y})", R"({"a":1"b"})", R"({"\q":1})",
        // The same where no column looks.
        "{\"b\":tru}", "{\"b\":01}", "{\"b\":[1,]}", "{\"b\":[1 2]}", R"({"b":{"c"}})",
        R"({"b":{"c":[}]})", R"({"b":["\x"]})", R"({"b":{"\x":1}})", "{\"b\":[1}}", "{\"b\":[[1]}",
        "{\"b\":[1]]}"}) {
    EXPECT_EQ(Read(parser, text), Shown{"malformed"}) << text;
    EXPECT_EQ(Read(parser, R"({"a":1})"), Shown{"number 1"}) << "after " << text;
  }
}

TEST(RecordParser, NumbersNeedNotFitAnyType) {
  RecordParser parser(Keys({"a"}));
  for (const std::string number : {"123456789012345678901234567890", "1e999", "-1E-999",
                                   "0.00000000000000000000000000000000000000001"}) {
    EXPECT_EQ(Read(parser, "{\"a\":" + number + "}"), Shown{"number " + number});
    EXPECT_EQ(Read(parser, "{\"b\":[" + number + "],\"a\":1}"), Shown{"number 1"});
  }
}

TEST(RecordParser, RemembersPlacesNotKeys) {
  RecordParser parser(Keys({"a", "bb", "a"}));
  EXPECT_EQ(Read(parser, R"({"a":1,"bb":2})"), (Shown{"number 1", "number 2", "number 1"}));
  EXPECT_EQ(Read(parser, R"({"bb":3,"a":4})"), (Shown{"number 4", "number 3", "number 4"}));
  EXPECT_EQ(Read(parser, R"({"a\"":5,"b":6})"), (Shown{"absent", "absent", "absent"}));
  EXPECT_EQ(Read(parser, R"({"a":7})"), (Shown{"number 7", "absent", "number 7"}));
  const std::string long_key(kRecordPadding * 2, 'k');
  EXPECT_EQ(Read(parser, "{\"" + long_key + "\":1,\"" + long_key + "\":2}").front(), "absent");
  std::string many = "{";
  for (int i = 0; i < 5000; ++i) many += "\"k" + std::to_string(i) + "\":0,";
  EXPECT_EQ(Read(parser, many + R"("bb":8})"), (Shown{"absent", "number 8", "absent"}));
  EXPECT_EQ(Read(parser, many + R"("a":9})"), (Shown{"number 9", "absent", "number 9"}));
}

TEST(RecordParser, IgnoresTheCaseOfFirstLevelKeys) {
  RecordParser::Options options = Keys({"firstname", "first_name"});
  options.ignore_case = true;
  EXPECT_EQ(Read(options, R"({"firstName":"a","FIRST_NAME":"b"})"),
            (Shown{"string a", "string b"}));
  EXPECT_EQ(Read(options, R"({"x":{"firstname":"a"}})"), (Shown{"absent", "absent"}));
}

TEST(RecordParser, FollowsPaths) {
  const std::string_view record = R"({"a":{"b":[1,{"c":"x"},[2,3]]},"d":4} )";
  const JsonPath root;
  RecordParser::Options options = Paths({{"a", "b", size_t{0}},
                                         {"a", "b", size_t{1}, "c"},
                                         {"a", "b", size_t{2}, size_t{1}},
                                         {"a", "b", size_t{2}},
                                         {"a", "x", "y"},
                                         {"d", "e"},
                                         {"x", size_t{0}},
                                         {"d"}});
  EXPECT_EQ(Read(options, record), (Shown{"number 1", "string x", "number 3", "nested [2,3]",
                                          "absent", "absent", "absent", "number 4"}));
  EXPECT_EQ(Read(Paths({root, {size_t{1}}}), "[1,[2]]"), (Shown{"nested [1,[2]]", "nested [2]"}));
  EXPECT_EQ(Read(Paths({{"a"}}), "[1]"), Shown{"absent"});
}

TEST(RecordParser, OfDuplicateKeysTheLastCountsWithAllInIt) {
  const RecordParser::Options options = Paths({{"a", "b"}, {"a", "c"}, {"a"}});
  EXPECT_EQ(Read(options, R"({"a":{"b":1},"a":{"c":2}})"),
            (Shown{"absent", "number 2", R"(nested {"c":2})"}));
  EXPECT_EQ(Read(options, R"({"a":{"b":1},"a":3})"), (Shown{"absent", "absent", "number 3"}));
}

/// Facts, section 1.3.
TEST(RecordParser, AMissingElementIsAnError) {
  RecordParser parser(Paths({{"a", size_t{1}}}));
  EXPECT_EQ(Read(parser, R"({"a":[1,2]})"), Shown{"number 2"});
  for (const std::string_view text :
       {R"({"a":[1]})", R"({"a":[]})", R"({"a":{}})", R"({"a":1})", R"({"a":null})"}) {
    EXPECT_EQ(ErrorMessage(ErrorKind::kRejected, [&] { Read(parser, text); }),
              "Invalid JSONPath format: Not an array or index out of range.");
  }
  EXPECT_EQ(Read(parser, R"({"a":[1,2,3]})"), Shown{"number 2"});
}

TEST(RecordParser, MarksTheValuesWithBytesThatAreNotUtf8) {
  RecordParser parser(Paths({{"a"}, {"b", "c"}, {"b"}, {"d"}}));
  EXPECT_EQ(Read(parser, "{\"a\":\"x\xff\",\"b\":{\"c\":\"\xed\xa0\x80\"},\"d\":\"é\"}"),
            (Shown{"bad ff (error 3) in \"x?\"", "bad ed a0 80 (error 5) in \"???\"",
                   "bad ed a0 80 (error 5) in {\"c\":\"???\"}", "string é"}));
  EXPECT_EQ(Read(parser, "{\"e\":\"\xff\",\"\xff\":1,\"d\":2}").back(), "number 2");
  EXPECT_EQ(Read(parser, "{\"d\":1}\xff"), Shown{"malformed"});
  EXPECT_EQ(Read(parser, "{\"d\":\xff}"), Shown{"malformed"});
  RecordParser::Options options = Keys({"a"});
  options.replacement = '^';
  EXPECT_EQ(Read(options, "{\"a\":\"\xe2\x82\\n\"}"), Shown{"bad e2 82 (error 4) in \"^^\\n\""});
}

TEST(RecordParser, Depth) {
  const auto nested = [](size_t depth) {
    return "{\"a\":" + std::string(depth - 1, '[') + std::string(depth - 1, ']') + "}";
  };
  EXPECT_EQ(Read(Keys({"b"}), nested(kMaxJsonDepth)), Shown{"absent"});
  EXPECT_EQ(Read(Keys({"b"}), nested(kMaxJsonDepth + 1)), Shown{"malformed"});
  EXPECT_EQ(Read(Keys({"b"}), nested(100000)), Shown{"malformed"});
}

}  // namespace
}  // namespace dwh
