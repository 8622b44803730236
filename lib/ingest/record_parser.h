#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "ingest/json_paths.h"
#include "ingest/json_value.h"

namespace dwh {

/// Bytes that must be readable, whatever they hold, after a record given to RecordParser.
constexpr size_t kRecordPadding = 64;

/// Takes the values out of one record at a time. Not thread-safe; memory grows with the largest
/// record seen.
class RecordParser {
 public:
  struct Options {
    /// One per value wanted. The same path may come twice.
    std::vector<JsonPath> paths;
    bool ignore_case = false;  ///< Keys of the first level (JSON 'auto ignorecase').
    /// The root must be an object (JSON 'auto').
    bool object_root = true;
    char replacement = '?';  ///< Stands for each byte that is not UTF-8; such values are kBadText.
  };

  explicit RecordParser(Options options);
  ~RecordParser();
  RecordParser(const RecordParser&) = delete;
  RecordParser& operator=(const RecordParser&) = delete;

  /// True if `record` is one valid JSON object or array, at most kMaxJsonDepth deep, and nothing
  /// else; then values() is filled.
  /// Of a key that comes twice the last counts. Throws Error(kRejected) where a path asks for an
  /// element of what is not an array or is too short, which fails a COPY (facts, section 1.3).
  bool Parse(std::string_view record);

  /// One per path. Views live until the next Parse().
  const std::vector<JsonValue>& values() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dwh
