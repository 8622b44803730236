#include "ingest/record_frames.h"

#include <algorithm>

namespace dwh {
namespace {

bool IsWhiteSpace(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool IsOpening(char c) { return c == '{' || c == '['; }
bool IsClosing(char c) { return c == '}' || c == ']'; }

/// True if a record ends at the line break `text[at]`, by the first rule of the header.
bool EndsRecord(std::string_view text, size_t at) {
  size_t before = at;
  while (before > 0 && IsWhiteSpace(text[before - 1])) --before;
  if (before == 0 || !IsClosing(text[before - 1])) return false;
  const size_t after = at + SkipWhiteSpace(text.substr(at));
  return after < text.size() && IsOpening(text[after]);
}

/// The length of a broken record that would otherwise reach to `end`: up to the next line that
/// begins with `{`.
size_t BrokenLength(std::string_view text, size_t end) {
  const size_t restart = text.substr(0, end + 1).find("\n{");
  return restart == std::string_view::npos ? end : restart;
}

RecordFrame FindJunk(std::string_view text) {
  const auto* const end =
      std::find_if(text.begin(), text.end(), [](char c) { return c == '\n' || IsOpening(c); });
  return {RecordFrame::Kind::kJunk, static_cast<size_t>(end - text.begin())};
}

/// The index after the string whose opening quote is at `at`; the index of the line break or of the
/// text's end if that comes first.
size_t SkipString(std::string_view text, size_t at) {
  for (++at; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') return at + 1;
    if (c == '\n') return at;
    if (c == '\\') ++at;
  }
  return text.size();
}

}  // namespace

size_t SkipWhiteSpace(std::string_view text) {
  const auto* const end = std::find_if_not(text.begin(), text.end(), IsWhiteSpace);
  return static_cast<size_t>(end - text.begin());
}

RecordFrame FindFrame(std::string_view text) {
  if (!IsOpening(text.front())) return FindJunk(text);
  int depth = 0;
  size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if (c == '"') {
      at = SkipString(text, at);
      const bool closed = at <= text.size() && text[at - 1] == '"';
      if (at < text.size() && text[at] == '\n' && !closed) break;
      continue;
    }
    if (c == '\n' && EndsRecord(text, at)) break;
    if (IsOpening(c)) ++depth;
    ++at;
    if (IsClosing(c) && --depth == 0) return {RecordFrame::Kind::kRecord, at};
  }
  return {RecordFrame::Kind::kBroken, BrokenLength(text, std::min(at, text.size()))};
}

size_t LastRecordEnd(std::string_view text) {
  for (size_t at = text.rfind('\n'); at != std::string_view::npos && at > 0;
       at = text.rfind('\n', at - 1)) {
    if (EndsRecord(text, at)) return at + 1;
  }
  size_t end = 0;
  for (size_t at = SkipWhiteSpace(text); at < text.size(); at += SkipWhiteSpace(text.substr(at))) {
    const RecordFrame frame = FindFrame(text.substr(at));
    at += frame.length;
    if (frame.kind == RecordFrame::Kind::kRecord) end = at;
    if (frame.kind == RecordFrame::Kind::kBroken) break;
  }
  return end;
}

}  // namespace dwh
