#include "ingest/record_loader.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ingest/record_frames.h"

namespace dwh {
namespace {

/// The widths of STL_LOAD_ERRORS' columns (facts, section 3).
constexpr size_t kRawBytes = 1024;
constexpr size_t kReasonBytes = 100;

/// `line` without the white space at its end, if it looks like one whole record; "" otherwise.
std::string_view WholeRecord(std::string_view line) {
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  if (line.size() < 2 || line.size() > kMaxObjectBytes) return {};
  const bool object = line.front() == '{' && line.back() == '}';
  const bool array = line.front() == '[' && line.back() == ']';
  return object || array ? line : std::string_view();
}

}  // namespace

std::string RawLine(std::string_view record) {
  std::string line(record.substr(0, kRawBytes));
  std::replace_if(
      line.begin(), line.end(),
      [](char c) { return c == '\0' || static_cast<unsigned char>(c) >= 0x80; }, '.');
  return line;
}

std::string RawValue(const JsonValue& value) {
  const std::string_view text = value.kind == JsonValue::Kind::kString ? value.text : value.token;
  return std::string(TruncateUtf8(text, kRawBytes));
}

/// Where in its object the loader is. Lines are counted only when an error needs them.
struct RecordLoader::Position {
  const ChunkSegment& segment;
  ObjectCounts counts;
  const char* counted;  ///< Lines before this byte are in `line`.
  int64_t line;
  const char* tried;  ///< Up to here lies a line that was looked at as a whole.

  /// Of the byte before `end`.
  int64_t LineAt(const char* end) {
    line += std::count(counted, end, '\n');
    counted = end;
    return line;
  }
};

ObjectCounts RecordLoader::Load(const Chunk& chunk, const ChunkSegment& segment,
                                std::string& rows) {
  std::string_view text =
      std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin);
  Position position{segment, {}, text.data(), segment.first_line, text.data()};
  for (text.remove_prefix(SkipWhiteSpace(text)); !text.empty();
       text.remove_prefix(SkipWhiteSpace(text))) {
    text.remove_prefix(LoadNext(text, position, rows));
  }
  return position.counts;
}

/// Handles the record, or the bad bytes, that `text` begins with and returns their length.
size_t RecordLoader::LoadNext(std::string_view text, Position& position, std::string& rows) {
  // Most files hold one record a line, and finding the line's end costs next to nothing. Where a
  // line holds more than one it is looked at once: it may be all of the file.
  std::string_view line;
  if (text.data() >= position.tried) {
    line = text.substr(0, text.find('\n'));
    position.tried = line.data() + line.size();
    line = WholeRecord(line);
    if (!line.empty() && Parse(line, position)) {
      AddRow(line, position, rows);
      return line.size();
    }
  }
  const RecordFrame frame = FindFrame(text);
  std::string_view record = text.substr(0, frame.length);
  if (frame.kind == RecordFrame::Kind::kRecord) {
    if (record.size() > kMaxObjectBytes) {
      throw Error(ErrorKind::kRejected,
                  StrCat("line ", position.LineAt(record.data() + record.size()),
                         ": a JSON object is larger than 4 MB"),
                  "COPY takes no object above 4 MB, and loads nothing of the file.");
    }
    if (record.size() != line.size() && Parse(record, position)) {
      AddRow(record, position, rows);
      return record.size();
    }
    record = record.substr(0, BrokenLength(record));
  }
  LoadError error;
  error.code = LoadErrorCode::kBadLine;
  error.reason = "Invalid value.";
  RejectRecord(record, position, std::move(error));
  return record.size();
}

bool RecordLoader::Parse(std::string_view record, Position& position) {
  try {
    return parser_.Parse(record);
  } catch (const Error& error) {
    const int64_t line = position.LineAt(record.data() + record.size());
    throw Error(error.kind(), StrCat("line ", line, ": ", error.what()), error.hint());
  }
}

void RecordLoader::AddRow(std::string_view record, Position& position, std::string& rows) {
  const auto failure = encoder_.Append(parser_.values(), rows);
  if (!failure) {
    ++position.counts.records;
    ++position.counts.rows;
    return;
  }
  const auto& [index, field] = *failure;
  const Column& column = encoder_.columns()[index];
  LoadError error;
  error.column = column.name;
  error.type = TypeName(column.type);
  error.column_length = std::to_string(column.length);
  error.position = field.position;
  error.raw_field_value = RawValue(parser_.values()[index]);
  error.code = field.code;
  error.reason = TruncateUtf8(field.reason, kReasonBytes);
  RejectRecord(record, position, std::move(error));
}

void RecordLoader::RejectRecord(std::string_view record, Position& position, LoadError error) {
  ++position.counts.records;
  ++position.counts.rejects;
  error.line_number = position.LineAt(record.data() + record.size());
  error.raw_line = RawLine(record);
  reject_(position.segment.object, std::move(error));
}

}  // namespace dwh
