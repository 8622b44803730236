#include "ingest/record_loader.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

/// The widths of STL_LOAD_ERRORS' columns (facts, section 3).
constexpr size_t kRawBytes = 1024;
constexpr size_t kReasonBytes = 100;

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
  std::optional<int64_t> load_id;
  const char* counted;  ///< Lines before this byte are in `line`.
  int64_t line;

  /// Of the last byte of `record`.
  int64_t LineAfter(std::string_view record) {
    const char* const end = record.data() + record.size();
    line += std::count(counted, end, '\n');
    counted = end;
    return line;
  }
};

ObjectCounts RecordLoader::Load(const Chunk& chunk, const ChunkSegment& segment,
                                std::string& rows) {
  const std::string_view text =
      std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin);
  std::optional<int64_t> load_id;
  if (load_ids_) load_id = load_ids_->first + static_cast<int64_t>(segment.object);
  Position position{segment, {}, load_id, text.data(), segment.first_line};
  RecordScanner::Item item;
  scanner_.Begin(text);
  try {
    while (scanner_.Next(item)) {
      item.valid ? AddRow(item.text, position, rows) : RejectInvalid(item.text, position);
    }
  } catch (const Error& error) {
    throw Error(error.kind(), StrCat("line ", position.LineAfter(item.text), ": ", error.what()),
                error.hint());
  }
  return position.counts;
}

void RecordLoader::RejectInvalid(std::string_view record, Position& position) {
  LoadError error;
  error.code = LoadErrorCode::kBadLine;
  error.reason = "Invalid value.";
  RejectRecord(record, position, std::move(error));
}

void RecordLoader::AddRow(std::string_view record, Position& position, std::string& rows) {
  const auto failure = encoder_.Append(parser_.values(), rows, position.load_id);
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
  error.field_bytes = field.bytes;
  error.code = field.code;
  error.reason = TruncateUtf8(field.reason, kReasonBytes);
  RejectRecord(record, position, std::move(error));
}

void RecordLoader::RejectRecord(std::string_view record, Position& position, LoadError error) {
  ++position.counts.records;
  ++position.counts.rejects;
  error.line_number = position.LineAfter(record);
  error.raw_line = RawLine(record);
  reject_(position.segment.object, std::move(error));
}

}  // namespace dwh
