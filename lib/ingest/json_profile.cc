#include "ingest/json_profile.h"

#include <algorithm>
#include <future>
#include <numeric>
#include <optional>
#include <vector>

#include "base/text.h"
#include "ingest/chunk_reader.h"
#include "ingest/json_text.h"
#include "ingest/record_frames.h"
#include "ingest/record_parser.h"
#include "ingest/record_scanner.h"

namespace dwh {
namespace {

constexpr int64_t kSampleBytes = int64_t{1} << 20;
/// A chunk ends with a record, a little before the megabyte.
constexpr int64_t kEnoughBytes = kSampleBytes / 4 * 3;
constexpr size_t kSampleObjects = 20;
/// Where an object holds a handful of records, as the song files do, twenty would tell nothing.
constexpr size_t kSmallObjects = 256;
constexpr int64_t kSmallBytes = kSampleBytes / static_cast<int64_t>(kSmallObjects);

/// Of one table. A source that uses identifiers as keys would have one for each.
constexpr size_t kMaxKeys = 1000;
constexpr size_t kMaxKeyBytes = 256;

constexpr size_t kReaders = 8;

/// Walks over the first level of valid JSON.
class FirstLevel {
 public:
  explicit FirstLevel(std::string_view json) : json_(json) { SkipSpace(); }

  /// False if the text is no object.
  bool Begin() { return Take('{'); }

  /// The next key, in quotes, and its value; false at the end.
  bool Next(std::string_view& key, std::string_view& value) {
    Take(',');
    if (json_[at_] != '"') return false;
    key = TakeValue();
    Take(':');
    value = TakeValue();
    return true;
  }

 private:
  void SkipSpace() { at_ = std::min(json_.find_first_not_of(" \t\r\n", at_), json_.size()); }

  bool Take(char wanted) {
    if (json_[at_] != wanted) return false;
    ++at_;
    SkipSpace();
    return true;
  }

  std::string_view TakeValue() {
    const size_t begin = at_;
    int depth = 0;
    do {
      at_ = json_.find_first_of("\"{}[],: \t\r\n", at_);
      if (json_[at_] == '"') {
        at_ = EndOfJsonString(json_, at_);
        continue;
      }
      const bool opens = json_[at_] == '{' || json_[at_] == '[';
      const bool closes = json_[at_] == '}' || json_[at_] == ']';
      if (depth == 0 && !opens) break;  // what follows a number or word
      depth += opens ? 1 : closes ? -1 : 0;
      ++at_;
    } while (depth > 0);
    const std::string_view value = json_.substr(begin, at_ - begin);
    SkipSpace();
    return value;
  }

  std::string_view json_;
  size_t at_ = 0;
};

ValueKind KindOf(std::string_view value, const CopyOptions& copy) {
  switch (value.front()) {
    case '"': {
      const std::string_view text = value.substr(1, value.size() - 2);
      const bool blank = text.find_first_not_of(' ') == std::string_view::npos;
      const bool null = text.empty() ? copy.empty_as_null : blank && copy.blanks_as_null;
      return null ? ValueKind::kNull : ValueKind::kString;
    }
    case '{':
    case '[':
      return ValueKind::kNested;
    case 't':
    case 'f':
      return ValueKind::kBoolean;
    case 'n':
      return ValueKind::kNull;
    default:
      return ValueKind::kNumber;
  }
}

/// nullopt for a name that no column can have, and no table can hold.
std::optional<std::string> KeyName(std::string_view quoted, const CopyOptions& copy) {
  std::string name;
  std::string problem;
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  if (UnescapeJson(body, std::nullopt, name, problem) != UnescapeStatus::kOk) return std::nullopt;
  if (name.size() > kMaxKeyBytes || ValidUtf8Prefix(name) < name.size()) return std::nullopt;
  return copy.mapping == JsonMapping::kAutoIgnoreCase ? ToLower(name) : name;
}

/// Opens objects only one by one: what a source would read ahead of a large object is not wanted.
class SingleObjects : public ObjectSource {
 public:
  explicit SingleObjects(ObjectSource& source) : source_(source) {}
  void List(std::string_view prefix, const std::function<void(ObjectInfo)>& visit) override {
    source_.List(prefix, visit);
  }
  std::unique_ptr<ByteReader> Open(const ObjectInfo& object) override {
    return source_.Open(object);
  }
  ObjectInfo Stat(std::string_view key) override { return source_.Stat(key); }

 private:
  ObjectSource& source_;
};

/// Of `objects`, which are small or one.
JsonProfile Profile(ObjectSource& source, const CopyOptions& copy, const ObjectList& objects) {
  JsonProfile profile;
  RecordParser parser({.paths = {}, .object_root = false});
  RecordScanner records(parser);
  ChunkReader reader(source, objects, copy);
  int64_t read = 0;
  for (Chunk chunk; read < kEnoughBytes && reader.Next(chunk);) {
    for (const ChunkSegment& segment : chunk.segments) {
      read += static_cast<int64_t>(segment.end - segment.begin);
      records.Begin(
          std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin));
      for (RecordScanner::Item item; records.Next(item);) {
        if (item.valid) profile.Add(item.text, copy, objects.key(segment.object));
      }
    }
  }
  return profile;
}

/// Evenly spread, the newest among them: keys mostly end in a date.
ObjectList Spread(const ObjectList& objects, size_t wanted) {
  ObjectList chosen;
  const size_t count = std::min(wanted, objects.size());
  for (size_t i = 1; i <= count; ++i) chosen.Add(objects[i * objects.size() / count - 1]);
  return chosen;
}

}  // namespace

int64_t KeyProfile::present() const {
  return std::accumulate(counts.begin(), counts.end(), int64_t{0});
}

void JsonProfile::Add(std::string_view record, const CopyOptions& copy, std::string_view object) {
  ++records;
  bytes += static_cast<int64_t>(record.size());
  FirstLevel members(record);
  if (!members.Begin()) return;
  std::string_view quoted;
  std::string_view value;
  while (members.Next(quoted, value)) {
    // Mostly the key is known and written without escapes.
    auto key = keys.find(quoted.substr(1, quoted.size() - 2));
    if (key == keys.end()) {
      const std::optional<std::string> name = KeyName(quoted, copy);
      if (!name || (keys.size() >= kMaxKeys && !keys.contains(*name))) continue;
      key = keys.try_emplace(*name).first;
    }
    const auto kind = static_cast<size_t>(KindOf(value, copy));
    if (key->second.counts.at(kind)++ == 0) key->second.examples.at(kind) = object;
  }
}

void JsonProfile::Merge(const JsonProfile& other) {
  records += other.records;
  bytes += other.bytes;
  for (const auto& [name, theirs] : other.keys) {
    KeyProfile& ours = keys[name];
    for (size_t kind = 0; kind < kValueKinds; ++kind) {
      ours.counts.at(kind) += theirs.counts.at(kind);
      if (ours.examples.at(kind).empty()) ours.examples.at(kind) = theirs.examples.at(kind);
    }
  }
}

JsonProfile SampleObjects(ObjectSource& source, const CopyOptions& copy,
                          const ObjectList& objects) {
  if (objects.empty()) return {};
  const auto number = static_cast<int64_t>(objects.size());
  if (objects.total_bytes() / number <= kSmallBytes) {
    return Profile(source, copy, Spread(objects, kSmallObjects));
  }
  const ObjectList sample = Spread(objects, kSampleObjects);
  SingleObjects single(source);
  const auto read_every = [&](size_t first) {
    JsonProfile profile;
    for (size_t i = first; i < sample.size(); i += kReaders) {
      ObjectList one;
      one.Add(sample[i]);
      profile.Merge(Profile(single, copy, one));
    }
    return profile;
  };
  std::vector<std::future<JsonProfile>> readers;
  for (size_t i = 0; i < std::min(kReaders, sample.size()); ++i) {
    readers.push_back(std::async(std::launch::async, read_every, i));
  }
  JsonProfile profile;
  for (std::future<JsonProfile>& reader : readers) profile.Merge(reader.get());
  return profile;
}

}  // namespace dwh
