#include "ingest/record_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "ingest/json_text.h"
#include "ingest/record_frames.h"

namespace dwh {
namespace {

namespace ondemand = simdjson::ondemand;

/// The paths as a tree, so that each record is walked once.
struct PathNode {
  std::vector<size_t> values;  ///< Indexes into values() that this node feeds.
  std::map<std::string, std::unique_ptr<PathNode>, std::less<>> keys;
  std::map<size_t, std::unique_ptr<PathNode>> items;

  bool is_leaf() const { return keys.empty() && items.empty(); }
};

void AddPath(PathNode& root, const JsonPath& path, size_t value, bool ignore_case) {
  PathNode* node = &root;
  for (const PathStep& step : path) {
    std::unique_ptr<PathNode>& child =
        std::holds_alternative<size_t>(step)
            ? node->items[std::get<size_t>(step)]
            : node->keys[ignore_case ? ToLower(std::get<std::string>(step))
                                     : std::get<std::string>(step)];
    if (!child) child = std::make_unique<PathNode>();
    node = child.get();
  }
  node->values.push_back(value);
}

/// A token as simdjson gives it reaches to the next one.
bool IsJsonWhiteSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

std::string_view TrimToken(std::string_view token) {
  while (!token.empty() && IsJsonWhiteSpace(token.back())) token.remove_suffix(1);
  return token;
}

/// More keys than this are not remembered by their place: memory must not follow the data.
constexpr size_t kMaxKnownKeys = 1024;

/// Stops the walk of a record that is not valid JSON. Never leaves this file.
struct Malformed {};

void Check(simdjson::error_code error) {
  if (error != simdjson::SUCCESS) throw Malformed();
}

[[noreturn]] void ThrowNotAnArray() {
  throw Error(ErrorKind::kRejected, "Invalid JSONPath format: Not an array or index out of range.",
              "The JSONPaths file asks for an array element that a record does not have.");
}

}  // namespace

class RecordParser::Impl {
 public:
  explicit Impl(Options options) : options_(std::move(options)) {
    for (size_t i = 0; i < options_.paths.size(); ++i) {
      AddPath(root_, options_.paths[i], i, options_.ignore_case);
    }
    values_.resize(options_.paths.size());
  }

  bool Parse(std::string_view record) {
    std::fill(values_.begin(), values_.end(), JsonValue{});
    made_.clear();
    // Unescaping never lengthens a string, so with this much room the views into it stay valid.
    unescaped_.clear();
    if (unescaped_.capacity() < record.size()) unescaped_.reserve(record.size());
    try {
      ParseRoot(record);
      return true;
    } catch (const Malformed&) {
      return false;
    }
  }

  const std::vector<JsonValue>& values() const { return values_; }

 private:
  /// What a key at some place of a record turned out to be the last time. Records mostly have their
  /// keys in one order, so most keys are found by one comparison.
  struct KnownKey {
    std::optional<std::string> raw;
    const PathNode* node = nullptr;  ///< nullptr: no path wants it.
  };

  void ParseRoot(std::string_view record) {
    ondemand::document document;
    const simdjson::error_code error =
        parser_.iterate(record.data(), record.size(), record.size() + kRecordPadding).get(document);
    if (error == simdjson::UTF8_ERROR) return ParseBroken(record);
    Check(error);
    ReadDocument(document, record);
  }

  /// A record with bytes that are not UTF-8: they are replaced in a copy, which is then read, and
  /// the values they stood in are marked.
  void ParseBroken(std::string_view record) {
    std::string& copy = made_.emplace_back(record);
    std::vector<std::pair<size_t, std::string>> problems;
    for (size_t at = ValidUtf8Prefix(copy); at < copy.size();
         at += ValidUtf8Prefix(std::string_view(copy).substr(at))) {
      const BadUtf8 bad = DiagnoseUtf8(std::string_view(copy).substr(at));
      problems.emplace_back(
          at, DescribeBadUtf8(std::string_view(copy).substr(at, bad.length), bad.error));
      copy.replace(at, bad.length, bad.length, options_.replacement);
      at += bad.length;
    }
    copy.append(kRecordPadding, ' ');
    const std::string_view text = std::string_view(copy).substr(0, record.size());
    ondemand::document document;
    Check(parser_.iterate(text.data(), text.size(), copy.size()).get(document));
    ReadDocument(document, text);
    for (JsonValue& value : values_) {
      if (value.token.data() == nullptr) continue;
      const auto begin = static_cast<size_t>(value.token.data() - text.data());
      for (const auto& [at, description] : problems) {
        if (at < begin || at >= begin + value.token.size()) continue;
        value.kind = JsonValue::Kind::kBadText;
        value.text = made_.emplace_back(description);
        break;
      }
    }
  }

  void ReadDocument(ondemand::document& document, std::string_view text) {
    ondemand::json_type type{};
    Check(document.type().get(type));
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      Check(document.get_object().get(object));
      WalkObject(object, &root_, 1);
    } else if (type == ondemand::json_type::array && !options_.object_root) {
      ondemand::array array;
      Check(document.get_array().get(array));
      WalkArray(array, &root_, 1);
    } else {
      throw Malformed();
    }
    // Out of bounds is where a document that is followed by nothing ends.
    if (document.current_location().error() != simdjson::OUT_OF_BOUNDS) throw Malformed();
    Put({JsonValue::Kind::kNested, text, text}, root_);
  }

  void Put(const JsonValue& value, const PathNode& node) {
    for (const size_t index : node.values) values_[index] = value;
  }

  /// What an earlier key of the same name held is of no meaning any more.
  void Forget(const PathNode& node) {
    for (const auto& [key, child] : node.keys) ForgetAll(*child);
    for (const auto& [index, child] : node.items) ForgetAll(*child);
  }
  void ForgetAll(const PathNode& node) {
    Put({}, node);
    Forget(node);
  }

  /// Reads all of an object, so that all of it is checked. `node` is null where no path leads; so
  /// it is in WalkArray and Take. `depth` counts the brackets around the members.
  void WalkObject(ondemand::object& object, const PathNode* node, size_t depth) {
    if (node != nullptr && !node->items.empty()) ThrowNotAnArray();
    size_t place = 0;
    for (auto field : object) {
      ondemand::raw_json_string key;
      Check(field.key().get(key));
      const PathNode* const child = node == &root_ ? FindRootKey(key, place++) : FindKey(node, key);
      ondemand::value value;
      Check(field.value().get(value));
      Take(value, child, depth);
    }
  }

  void WalkArray(ondemand::array& array, const PathNode* node, size_t depth) {
    size_t index = 0;
    for (auto item : array) {
      ondemand::value value;
      Check(item.get(value));
      Take(value, node == nullptr ? nullptr : FindItem(*node, index), depth);
      ++index;
    }
    if (node == nullptr || node->items.empty()) return;
    if (node->items.rbegin()->first >= index) ThrowNotAnArray();
  }

  static const PathNode* FindItem(const PathNode& node, size_t index) {
    const auto found = node.items.find(index);
    return found == node.items.end() ? nullptr : found->second.get();
  }

  const PathNode* FindRootKey(ondemand::raw_json_string key, size_t place) {
    if (place >= kMaxKnownKeys) return FindKey(&root_, key, options_.ignore_case);
    if (place >= known_.size()) known_.resize(place + 1);
    KnownKey& known = known_[place];
    if (known.raw && key.unsafe_is_equal(*known.raw)) return known.node;
    known.node = FindKey(&root_, key, options_.ignore_case);
    known.raw.reset();
    // The comparison may read as far as the known key is long, so that must stay within the
    // padding.
    if (RawKey(key).size() < kRecordPadding) known.raw = RawKey(key);
    return known.node;
  }

  static std::string_view RawKey(ondemand::raw_json_string key) {
    const char* const begin = key.raw();
    const char* end = begin;
    while (*end != '"') end += *end == '\\' ? 2 : 1;
    return {begin, static_cast<size_t>(end - begin)};
  }

  static const PathNode* FindKey(const PathNode* node, ondemand::raw_json_string key,
                                 bool ignore_case = false) {
    std::string name;
    std::string problem;
    const UnescapeStatus status = UnescapeJson(RawKey(key), std::nullopt, name, problem);
    if (status == UnescapeStatus::kBadEscape) throw Malformed();
    if (status == UnescapeStatus::kBadText || node == nullptr) return nullptr;
    const auto found = node->keys.find(ignore_case ? ToLower(name) : name);
    return found == node->keys.end() ? nullptr : found->second.get();
  }

  void Take(ondemand::value value, const PathNode* node, size_t depth) {
    ondemand::json_type type{};
    Check(value.type().get(type));
    if (node != nullptr && !node->is_leaf()) Forget(*node);
    if (type == ondemand::json_type::object || type == ondemand::json_type::array) {
      return TakeNested(value, type, node, depth + 1);
    }
    const JsonValue scalar = ReadScalar(TrimToken(value.raw_json_token()), type);
    if (node == nullptr) return;
    if (!node->items.empty()) ThrowNotAnArray();
    Put(scalar, *node);
  }

  void TakeNested(ondemand::value value, ondemand::json_type type, const PathNode* node,
                  size_t depth) {
    if (depth > kMaxJsonDepth) throw Malformed();
    const char* const begin = value.raw_json_token().data();
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      Check(value.get_object().get(object));
      WalkObject(object, node, depth);
    } else {
      ondemand::array array;
      Check(value.get_array().get(array));
      WalkArray(array, node, depth);
    }
    if (node == nullptr || node->values.empty()) return;
    const char* next = nullptr;  // the token after the closing bracket
    Check(value.current_location().get(next));
    const std::string_view raw = TrimToken({begin, static_cast<size_t>(next - begin)});
    Put({JsonValue::Kind::kNested, raw, raw}, *node);
  }

  JsonValue ReadScalar(std::string_view token, ondemand::json_type type) {
    switch (type) {
      case ondemand::json_type::string:
        return ReadString(token);
      case ondemand::json_type::number:
        if (!IsJsonNumber(token)) throw Malformed();
        return {JsonValue::Kind::kNumber, token, token};
      case ondemand::json_type::boolean:
        if (token != "true" && token != "false") throw Malformed();
        return {token == "true" ? JsonValue::Kind::kTrue : JsonValue::Kind::kFalse, token, token};
      default:
        if (token != "null") throw Malformed();
        return {JsonValue::Kind::kNull, token, token};
    }
  }

  JsonValue ReadString(std::string_view token) {
    if (token.size() < 2 || token.back() != '"') throw Malformed();
    const std::string_view body = token.substr(1, token.size() - 2);
    if (body.find('\\') == std::string_view::npos) return {JsonValue::Kind::kString, body, token};
    const size_t begin = unescaped_.size();
    std::string problem;
    switch (UnescapeJson(body, std::nullopt, unescaped_, problem)) {
      case UnescapeStatus::kBadEscape:
        throw Malformed();
      case UnescapeStatus::kBadText:
        return {JsonValue::Kind::kBadText, made_.emplace_back(problem), token};
      case UnescapeStatus::kOk:
        break;
    }
    return {JsonValue::Kind::kString, std::string_view(unescaped_).substr(begin), token};
  }

  Options options_;
  PathNode root_;
  ondemand::parser parser_;
  std::vector<KnownKey> known_;
  std::vector<JsonValue> values_;
  std::string unescaped_;
  /// Texts made for this record; a deque, so that views stay valid.
  std::deque<std::string> made_;
};

RecordParser::RecordParser(Options options) : impl_(std::make_unique<Impl>(std::move(options))) {}
RecordParser::~RecordParser() = default;
bool RecordParser::Parse(std::string_view record) { return impl_->Parse(record); }
const std::vector<JsonValue>& RecordParser::values() const { return impl_->values(); }

}  // namespace dwh
