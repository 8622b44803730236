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

/// raw_line shows bytes that are not ASCII as dots.
std::string RawLine(std::string_view record) {
  std::string line(record.substr(0, kRawBytes));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '.');
  return line;
}

std::string RawValue(const JsonValue& value) {
  const std::string_view text = value.kind == JsonValue::Kind::kString ? value.text : value.token;
  return std::string(TruncateUtf8(text, kRawBytes));
}

/// The line that begins `text`, if it looks like one whole record; "" otherwise. Most files hold
/// one record a line, and finding the line's end costs next to nothing.
std::string_view WholeLine(std::string_view text) {
  std::string_view line = text.substr(0, text.find('\n'));
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) {
    line.remove_suffix(1);
  }
  if (line.size() < 2) return {};
  const bool object = line.front() == '{' && line.back() == '}';
  const bool array = line.front() == '[' && line.back() == ']';
  return object || array ? line : std::string_view();
}

}  // namespace

/// Where in its object the loader is. Lines are counted only when an error needs them.
struct RecordLoader::Position {
  const ChunkSegment& segment;
  ObjectCounts counts;
  const char* counted;  ///< Lines before this byte are in `line`.
  int64_t line;
};

ObjectCounts RecordLoader::Load(const Chunk& chunk, const ChunkSegment& segment,
                                std::string& rows) {
  std::string_view text =
      std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin);
  Position position{segment, {}, text.data(), segment.first_line};
  for (text.remove_prefix(SkipWhiteSpace(text)); !text.empty();
       text.remove_prefix(SkipWhiteSpace(text))) {
    text.remove_prefix(LoadNext(text, position, rows));
  }
  return position.counts;
}

/// Handles the record, or the bad bytes, that `text` begins with and returns their length.
size_t RecordLoader::LoadNext(std::string_view text, Position& position, std::string& rows) {
  const std::string_view line = WholeLine(text);
  if (!line.empty() && line.size() <= kMaxObjectBytes && parser_.Parse(line)) {
    AddRow(line, position, rows);
    return line.size();
  }
  const RecordFrame frame = FindFrame(text);
  const std::string_view record = text.substr(0, frame.length);
  const bool parsed_already = record.size() == line.size();
  if (frame.kind == RecordFrame::Kind::kRecord && record.size() > kMaxObjectBytes) {
    throw Error(ErrorKind::kRejected, "a JSON object is larger than 4 MB",
                "COPY takes no object above 4 MB, and loads nothing of the file.");
  }
  if (frame.kind == RecordFrame::Kind::kRecord && !parsed_already && parser_.Parse(record)) {
    AddRow(record, position, rows);
  } else {
    LoadError error;
    error.code = LoadErrorCode::kBadLine;
    error.reason = "Invalid value.";
    RejectRecord(record, position, std::move(error));
  }
  return frame.length;
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
  const char* const end = record.data() + record.size();
  position.line += std::count(position.counted, end, '\n');
  position.counted = end;
  error.line_number = position.line;
  error.raw_line = RawLine(record);
  reject_(position.segment.object, std::move(error));
}

}  // namespace dwh
