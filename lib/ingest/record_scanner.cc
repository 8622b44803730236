#include "ingest/record_scanner.h"

#include "base/error.h"
#include "ingest/record_frames.h"

namespace dwh {
namespace {

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

void RecordScanner::Begin(std::string_view text) {
  rest_ = text;
  tried_ = text.data();
}

bool RecordScanner::Next(Item& item) {
  rest_.remove_prefix(SkipWhiteSpace(rest_));
  if (rest_.empty()) return false;
  // Most files hold one record a line, and finding the line's end costs next to nothing. Where a
  // line holds more than one it is looked at once: it may be all of the file.
  item = {};
  if (rest_.data() >= tried_) {
    const std::string_view line = rest_.substr(0, rest_.find('\n'));
    tried_ = line.data() + line.size();
    item.text = WholeRecord(line);
    item.valid = !item.text.empty() && parser_.Parse(item.text);
  }
  if (!item.valid) {
    const size_t seen = item.text.size();
    const RecordFrame frame = FindFrame(rest_);
    item.text = rest_.substr(0, frame.length);
    if (frame.kind == RecordFrame::Kind::kRecord) {
      if (frame.length > kMaxObjectBytes) {
        throw Error(ErrorKind::kRejected, "a JSON object is larger than 4 MB",
                    "COPY takes no object above 4 MB, and loads nothing of the file.");
      }
      item.valid = frame.length != seen && parser_.Parse(item.text);
      if (!item.valid) item.text = item.text.substr(0, BrokenLength(item.text));
    }
  }
  rest_.remove_prefix(item.text.size());
  return true;
}

}  // namespace dwh
