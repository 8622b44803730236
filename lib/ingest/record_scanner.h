#pragma once

#include <string_view>

#include "ingest/record_parser.h"

namespace dwh {

/// Walks over the records of a text, the broken ones too (record_frames.h says how it falls into
/// records). Not thread-safe.
class RecordScanner {
 public:
  struct Item {
    std::string_view text;  ///< The record, or the bytes that are none.
    bool valid = false;     ///< One JSON object or array; the parser holds its values.
  };

  /// `parser` must outlive the scanner.
  explicit RecordScanner(RecordParser& parser) : parser_(parser) {}

  /// `text` begins and ends where records do, with kRecordPadding readable bytes after it.
  void Begin(std::string_view text);

  /// False at the end of the text. Throws Error(kRejected) for what fails a COPY outright: a record
  /// above kMaxObjectBytes, and what the parser throws; `item.text` is then the record at fault.
  bool Next(Item& item);

 private:
  RecordParser& parser_;
  std::string_view rest_;
  const char* tried_ = nullptr;  ///< Up to here lies a line that was looked at as a whole.
};

}  // namespace dwh
