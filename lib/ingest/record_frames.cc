#include "ingest/record_frames.h"

#include <algorithm>
#include <array>
#include <string>

namespace dwh {
namespace {

constexpr std::string_view kWhiteSpace = " \t\r\n";

bool IsWhiteSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool IsOpening(char c) { return c == '{' || c == '['; }
bool IsClosing(char c) { return c == '}' || c == ']'; }

/// The first rule of the header, for the bytes on both sides of a line break, whatever is open.
bool EndsRecord(char before, char after) {
  return IsOpening(after) && before != '[' && before != ',' && before != ':';
}

/// The same within `bracket`.
bool EndsRecord(char bracket, char before, char after) {
  if (!IsOpening(after)) return false;
  return bracket == '{' ? before != ':' : before != '[' && before != ',';
}

size_t TrimmedLength(std::string_view text) { return text.find_last_not_of(kWhiteSpace) + 1; }

RecordFrame FindJunk(std::string_view text) {
  const auto* const end =
      std::find_if(text.begin(), text.end(), [](char c) { return c == '\n' || IsOpening(c); });
  const auto length = static_cast<size_t>(end - text.begin());
  return {RecordFrame::Kind::kJunk, TrimmedLength(text.substr(0, length)), end != text.end()};
}

/// Looks for the end of the record that a text begins with.
class FrameScanner {
 public:
  explicit FrameScanner(std::string_view text) : text_(text) {}

  RecordFrame Scan() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (IsWhiteSpace(c)) {
        if (PassWhiteSpace()) return Broken(true);
        continue;
      }
      if (c == '"') {
        if (PassString()) return Broken(true);
        continue;
      }
      if (IsOpening(c)) open_.push_back(c);
      too_deep_ = too_deep_ || open_.size() > kMaxJsonDepth;
      ++at_;
      if (!IsClosing(c)) continue;
      open_.pop_back();
      if (open_.empty()) return {RecordFrame::Kind::kRecord, at_};
    }
    return Broken(false);
  }

 private:
  /// True if the record ends here; else moves past the white space.
  bool PassWhiteSpace() {
    const std::string_view space = text_.substr(at_, SkipWhiteSpace(text_.substr(at_)));
    const size_t next = at_ + space.size();
    if (space.find('\n') != std::string_view::npos) {
      if (too_deep_) return true;
      if (next < text_.size() && EndsRecord(open_.back(), text_[at_ - 1], text_[next])) return true;
    }
    at_ = next;
    return false;
  }

  /// True if the record ends here, with a line that ends within a string; else moves past it.
  bool PassString() {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '"') {
        ++at_;
        return false;
      }
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    }
    return at_ < text_.size();
  }

  RecordFrame Broken(bool complete) const {
    const size_t end = std::min(at_, text_.size());
    return {RecordFrame::Kind::kBroken, BrokenLength(text_.substr(0, end)), complete};
  }

  std::string_view text_;
  size_t at_ = 0;
  std::string open_;  ///< The brackets that are not closed yet.
  bool too_deep_ = false;
};

/// The start of the last line of `text` before which a record ends by the first rule, or 0.
size_t LastLineStart(std::string_view text) {
  size_t line_end = text.rfind('\n');
  while (line_end != std::string_view::npos) {
    const size_t after = line_end + SkipWhiteSpace(text.substr(line_end));
    const size_t before = text.find_last_not_of(kWhiteSpace, line_end);
    if (before == std::string_view::npos) break;
    if (after < text.size() && EndsRecord(text[before], text[after])) return line_end + 1;
    line_end = text.rfind('\n', before);
  }
  return 0;
}

}  // namespace

size_t SkipWhiteSpace(std::string_view text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(), IsWhiteSpace);
  return static_cast<size_t>(end - text.begin());
}

RecordFrame FindFrame(std::string_view text) {
  return IsOpening(text.front()) ? FrameScanner(text).Scan() : FindJunk(text);
}

size_t BrokenLength(std::string_view record) {
  const std::array<char, 2> restart = {'\n', record.front()};
  return TrimmedLength(record.substr(0, record.find(std::string_view(restart.data(), 2))));
}

size_t LastRecordEnd(std::string_view text) {
  if (const size_t start = LastLineStart(text)) return start;
  size_t end = SkipWhiteSpace(text);
  while (end < text.size()) {
    const RecordFrame frame = FindFrame(text.substr(end));
    if (!frame.complete) break;
    end += frame.length;
    end += SkipWhiteSpace(text.substr(end));
  }
  return end;
}

}  // namespace dwh
