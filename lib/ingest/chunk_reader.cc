#include "ingest/chunk_reader.h"

#include <algorithm>

#include "base/error.h"
#include "base/text.h"
#include "ingest/decompress.h"
#include "ingest/load_error.h"
#include "ingest/record_frames.h"
#include "ingest/record_parser.h"

namespace dwh {
namespace {

/// Large enough that handing a chunk over costs nothing, small enough that all chunks under way fit
/// in a processor's cache beside the rows made of them.
constexpr size_t kChunkBytes = size_t{1} << 20;

/// A small object still goes into a chunk that is not fuller than this.
constexpr size_t kPackBytes = kChunkBytes / 2;

/// What is read of an object before it is decided where its first record begins.
constexpr size_t kHeadBytes = 4096;

int64_t CountLines(std::string_view text) { return std::count(text.begin(), text.end(), '\n'); }

/// Reads until `buffer` is full or the object ends.
size_t ReadFully(ByteReader& reader, std::span<char> buffer) {
  size_t filled = 0;
  while (filled < buffer.size()) {
    const size_t got = reader.Read(buffer.subspan(filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

ChunkReader::ChunkReader(ObjectSource& source, const ObjectList& objects,
                         const CopyOptions& options)
    : objects_(objects),
      sequence_(source.OpenAll(objects)),
      compression_(options.compression),
      header_lines_(options.ignore_header_lines) {}

bool ChunkReader::OpenNext() {
  if (next_object_ == objects_.size()) return false;
  const std::string key(objects_.key(next_object_++));  // also that of what fails from here on
  reader_ = Decompress(sequence_->Next(), compression_, key);
  line_ = 1;
  carry_.resize(kHeadBytes);
  carry_.resize(ReadFully(*reader_, carry_));
  if (carry_.starts_with("\xEF\xBB\xBF")) carry_.erase(0, 3);
  for (int64_t left = header_lines_; left > 0;) {
    const size_t end = carry_.find('\n');
    if (end != std::string::npos) {
      carry_.erase(0, end + 1);
      ++line_;
      --left;
      continue;
    }
    carry_.resize(kHeadBytes);
    carry_.resize(ReadFully(*reader_, carry_));
    if (carry_.empty()) break;
  }
  return true;
}

bool ChunkReader::Next(Chunk& chunk) {
  try {
    return Fill(chunk);
  } catch (const Error& error) {
    const bool of_object =
        error.kind() == ErrorKind::kRejected || error.kind() == ErrorKind::kFailed;
    if (!of_object || next_object_ == 0) throw;
    throw ObjectError(error, objects_.key(next_object_ - 1));
  }
}

bool ChunkReader::Fill(Chunk& chunk) {
  chunk.segments.clear();
  size_t used = 0;
  while (used < kPackBytes) {
    if (!reader_ && !OpenNext()) break;
    if (!FillFromCurrent(chunk, used)) break;
  }
  chunk.bytes.resize(used + kRecordPadding);
  return !chunk.segments.empty();
}

/// Moves whole records of the current object into the chunk; false if the chunk is to be handed
/// over although the object has more.
bool ChunkReader::FillFromCurrent(Chunk& chunk, size_t& used) {
  const size_t begin = used;
  size_t capacity = std::max(kChunkBytes, begin + carry_.size());
  size_t filled = begin;
  while (true) {
    chunk.bytes.resize(capacity + kRecordPadding);
    if (filled == begin) {
      std::copy(carry_.begin(), carry_.end(), chunk.bytes.begin() + static_cast<int64_t>(begin));
      filled += carry_.size();
      carry_.clear();
    }
    filled += ReadFully(*reader_, std::span(chunk.bytes).subspan(filled, capacity - filled));
    if (filled < capacity) {
      reader_.reset();
      CloseSegment(chunk, begin, filled);
      used = filled;
      return true;
    }
    const std::string_view text = std::string_view(chunk.bytes).substr(begin, filled - begin);
    const size_t end = LastRecordEnd(text);
    if (end > 0 || begin > 0) {
      carry_ = text.substr(end);
      if (end > 0) CloseSegment(chunk, begin, begin + end);
      used = begin + end;
      return false;
    }
    if (text.size() > kMaxObjectBytes + kChunkBytes) {
      throw Error(ErrorKind::kRejected,
                  StrCat(objects_[next_object_ - 1].key, ", line ", line_,
                         ": a JSON object is larger than 4 MB or never ends"),
                  "COPY takes no object above 4 MB, and loads nothing of the file.");
    }
    capacity += kChunkBytes;
  }
}

void ChunkReader::CloseSegment(Chunk& chunk, size_t begin, size_t end) {
  chunk.segments.push_back({next_object_ - 1, line_, begin, end});
  line_ += CountLines(std::string_view(chunk.bytes).substr(begin, end - begin));
}

}  // namespace dwh
