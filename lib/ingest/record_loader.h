#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "ingest/chunk_reader.h"
#include "ingest/load_error.h"
#include "ingest/loader.h"
#include "ingest/record_parser.h"
#include "ingest/record_scanner.h"
#include "ingest/row_encoder.h"

namespace dwh {

/// LoadError's raw_line: bytes that are not ASCII are shown as dots, and so is NUL, which no text
/// column holds.
std::string RawLine(std::string_view record);
/// LoadError's raw_field_value.
std::string RawValue(const JsonValue& value);

/// Turns the records of chunks into rows. One per thread.
class RecordLoader {
 public:
  /// `reject` is told of each bad record; the error's filename is left empty.
  using Reject = std::function<void(size_t object, LoadError error)>;

  /// With `load_ids` each row ends in the number of its object.
  RecordLoader(const RecordParser::Options& parser, const RowEncoder& encoder,
               std::optional<LoadIds> load_ids, Reject reject)
      : parser_(parser),
        scanner_(parser_),
        encoder_(encoder),
        load_ids_(std::move(load_ids)),
        reject_(std::move(reject)) {}

  /// Appends the rows of one segment's records to `rows`. Throws Error(kRejected) for what fails a
  /// COPY outright.
  ObjectCounts Load(const Chunk& chunk, const ChunkSegment& segment, std::string& rows);

 private:
  struct Position;
  void AddRow(std::string_view record, Position& position, std::string& rows);
  void RejectInvalid(std::string_view record, Position& position);
  void RejectRecord(std::string_view record, Position& position, LoadError error);

  RecordParser parser_;
  RecordScanner scanner_;
  const RowEncoder& encoder_;
  std::optional<LoadIds> load_ids_;
  Reject reject_;
};

}  // namespace dwh
