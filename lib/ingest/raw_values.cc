#include "ingest/raw_values.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "ingest/chunk_reader.h"
#include "ingest/json_paths.h"
#include "ingest/record_loader.h"
#include "ingest/record_parser.h"
#include "ingest/record_scanner.h"

namespace dwh {
namespace {

constexpr size_t kMaxControlFileBytes = size_t{64} << 20;
constexpr size_t kFileNameBytes = 256;

/// The errors of one object by line.
using ErrorsByLine = std::multimap<int64_t, LoadError*>;

/// Finds the value of a column in a record as COPY would.
class ValueFinder {
 public:
  ValueFinder(const CopyOptions& copy, ObjectSource& source) : copy_(copy) {
    if (copy.mapping != JsonMapping::kJsonPaths) return;
    paths_ =
        ParseJsonPaths(ReadObject(source, copy.jsonpaths, kMaxControlFileBytes), copy.jsonpaths);
  }

  std::string Find(std::string_view record, const std::string& column) const {
    const std::optional<JsonPath> path = PathOf(column);
    if (!path) return "";
    RecordParser::Options options;
    options.paths = {*path};
    options.ignore_case = copy_.mapping == JsonMapping::kAutoIgnoreCase;
    options.object_root = false;
    RecordParser parser(std::move(options));
    std::string padded(record);
    padded.append(kRecordPadding, ' ');
    if (!parser.Parse(std::string_view(padded).substr(0, record.size()))) return "";
    return RawValue(parser.values()[0]);
  }

 private:
  std::optional<JsonPath> PathOf(const std::string& column) const {
    if (column.empty() || copy_.mapping == JsonMapping::kNoShred) return std::nullopt;
    if (!paths_) return JsonPath{column};
    const auto found = std::find(copy_.columns.begin(), copy_.columns.end(), column);
    const auto index = static_cast<size_t>(found - copy_.columns.begin());
    if (found == copy_.columns.end() || index >= paths_->size()) return std::nullopt;
    return (*paths_)[index];
  }

  const CopyOptions& copy_;
  std::optional<std::vector<JsonPath>> paths_;
};

void FillRecord(std::string_view record, int64_t line, const ValueFinder& values,
                const ErrorsByLine& errors) {
  const auto [first, last] = errors.equal_range(line);
  for (auto error = first; error != last; ++error) {
    // Of several records that end in one line the first one counts.
    if (!error->second->raw_line.empty()) continue;
    error->second->raw_line = RawLine(record);
    error->second->raw_field_value = values.Find(record, error->second->column);
  }
}

void FillSegment(const Chunk& chunk, const ChunkSegment& segment, RecordScanner& records,
                 const ValueFinder& values, const ErrorsByLine& errors) {
  const std::string_view text =
      std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin);
  int64_t line = segment.first_line;
  const char* counted = text.data();
  records.Begin(text);
  for (RecordScanner::Item item; records.Next(item);) {
    const char* const end = item.text.data() + item.text.size();
    line += std::count(counted, end, '\n');
    counted = end;
    FillRecord(item.text, line, values, errors);
  }
}

}  // namespace

void FillRawValues(const CopyOptions& copy, ObjectSource& source, const ObjectList& objects,
                   std::vector<LoadError>& errors) {
  std::map<std::string, ErrorsByLine, std::less<>> wanted;
  for (LoadError& error : errors) {
    if (!error.raw_line.empty() || !error.raw_field_value.empty()) continue;
    wanted[error.filename].emplace(error.line_number, &error);
  }
  if (wanted.empty()) return;
  try {
    const ValueFinder values(copy, source);
    RecordParser parser({.paths = {}, .object_root = false});
    RecordScanner records(parser);
    for (size_t i = 0; i < objects.size(); ++i) {
      const auto found = wanted.find(TruncateUtf8(objects.key(i), kFileNameBytes));
      if (found == wanted.end()) continue;
      ObjectList one;
      one.Add(objects[i]);
      ChunkReader reader(source, one, copy);
      for (Chunk chunk; reader.Next(chunk);) {
        for (const ChunkSegment& segment : chunk.segments) {
          FillSegment(chunk, segment, records, values, found->second);
        }
      }
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted) throw;
    LogDebug(StrCat("cannot look up the values that were rejected: ", error.what()));
  }
}

}  // namespace dwh
