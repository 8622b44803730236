#include "ingest/packer.h"

#include <zstd.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <set>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "ingest/chunk_reader.h"
#include "ingest/record_parser.h"
#include "ingest/record_scanner.h"

namespace dwh {
namespace {

/// AWS advises 1 MB to 1 GB a file, compressed; JSON shrinks to about a seventh. A part is held in
/// memory until it is sent, so it is near the lower end.
constexpr int64_t kMaxPartBytes = int64_t{64} << 20;

/// An object of this size already is a file of the advised size.
constexpr int64_t kMaxObjectToPack = int64_t{16} << 20;

/// Below this average an object's request costs more than its bytes.
constexpr int64_t kSmallObject = int64_t{1} << 20;
/// A COPY reads this many objects a slice as fast as it reads fewer parts.
constexpr size_t kFewObjectsPerSlice = 16;

/// Raised whenever the same objects would give other bytes.
constexpr std::string_view kFormat = "parts 1";

/// zstd's fast end: 400 MB/s and two thirds of the way to its best ratio on JSON.
constexpr int kLevel = 3;

class ZstdBuffer {
 public:
  ZstdBuffer() : context_(ZSTD_createCCtx(), &ZSTD_freeCCtx) {
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  void Append(std::string_view text) { Run(text, ZSTD_e_continue); }
  std::string Finish() {
    Run({}, ZSTD_e_end);
    return std::move(bytes_);
  }

 private:
  void Run(std::string_view text, ZSTD_EndDirective directive) {
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    size_t left = 0;
    do {
      const size_t used = bytes_.size();
      bytes_.resize(used + ZSTD_CStreamOutSize());
      ZSTD_outBuffer out{bytes_.data() + used, ZSTD_CStreamOutSize(), 0};
      left = ZSTD_compressStream2(context_.get(), &out, &in, directive);
      bytes_.resize(used + out.pos);
      if (ZSTD_isError(left) != 0) {
        throw Error(ErrorKind::kFailed, StrCat("zstd: ", ZSTD_getErrorName(left)));
      }
    } while (directive == ZSTD_e_end ? left > 0 : in.pos < in.size);
  }

  std::unique_ptr<ZSTD_CCtx, size_t (*)(ZSTD_CCtx*)> context_;
  std::string bytes_;
};

/// One attempt at a part, without the objects known to be broken.
class PartWriter {
 public:
  PartWriter(ObjectSource& source, const ObjectList& objects, std::set<size_t>& broken)
      : source_(source), objects_(objects), broken_(broken), scanner_(parser_) {}

  /// False if an object of which a piece is in the part turned out to be broken.
  bool Write() {
    ChunkReader reader(source_, objects_, CopyOptions{});
    Chunk chunk;
    while (reader.Next(chunk)) {
      for (const ChunkSegment& segment : chunk.segments) {
        if (broken_.contains(segment.object)) continue;
        if (!Add(std::string_view(chunk.bytes).substr(segment.begin, segment.end - segment.begin),
                 segment)) {
          return false;
        }
      }
    }
    return true;
  }

  PackedPart Finish() {
    PackedPart part;
    part.bytes = zstd_.Finish();
    part.index = std::move(index_);
    part.left_out.assign(broken_.begin(), broken_.end());
    return part;
  }

 private:
  bool Add(std::string_view text, const ChunkSegment& segment) {
    const bool begins = open_ != segment.object;
    const int64_t records = CountRecords(text, segment);
    if (records < 0) {
      broken_.insert(segment.object);
      return begins;
    }
    if (records == 0) return true;
    if (begins) {
      if (!at_line_start_) {
        zstd_.Append("\n");
        ++line_;
      }
      index_.Add({std::string(objects_.key(segment.object)), line_, segment.first_line, 0});
      open_ = segment.object;
    }
    index_.AddRecords(records);
    zstd_.Append(text);
    line_ += std::count(text.begin(), text.end(), '\n');
    at_line_start_ = text.back() == '\n';
    return true;
  }

  /// -1 if there is one that is not JSON.
  int64_t CountRecords(std::string_view text, const ChunkSegment& segment) {
    int64_t records = 0;
    RecordScanner::Item item;
    scanner_.Begin(text);
    try {
      for (; scanner_.Next(item); ++records) {
        if (!item.valid) return -1;
      }
    } catch (const Error& error) {
      throw Error(error.kind(), StrCat(objects_.key(segment.object), ": ", error.what()),
                  error.hint());
    }
    return records;
  }

  static constexpr size_t kNone = std::numeric_limits<size_t>::max();

  ObjectSource& source_;
  const ObjectList& objects_;
  std::set<size_t>& broken_;
  RecordParser parser_{{.paths = {}, .object_root = false}};
  RecordScanner scanner_;
  ZstdBuffer zstd_;
  PackIndex index_;
  size_t open_ = kNone;  ///< The object whose bytes came last.
  int64_t line_ = 1;
  bool at_line_start_ = true;
};

}  // namespace

PackPlan PlanPacking(const ObjectList& objects, size_t slices) {
  PackPlan plan;
  int64_t total = 0;
  for (size_t i = 0; i < objects.size(); ++i) {
    const int64_t size = objects[i].size;
    if (size <= kMaxObjectToPack) total += size;
  }
  const auto slice_count = static_cast<int64_t>(std::max<size_t>(1, slices));
  const int64_t per_slice = total / (slice_count * kMaxPartBytes) + 1;
  const int64_t parts = slice_count * per_slice;
  int64_t seen = 0;
  int64_t part = -1;
  for (size_t i = 0; i < objects.size(); ++i) {
    const int64_t size = objects[i].size;
    if (size > kMaxObjectToPack) {
      plan.left_out.push_back(i);
      part = -1;  // a part is of objects that follow one another
      continue;
    }
    // The part in which the object's middle falls: equal parts, also where sizes differ.
    const int64_t at = total == 0 ? 0 : std::min(parts - 1, (seen + size / 2) * parts / total);
    if (at != part) plan.parts.push_back({i, i});
    part = at;
    plan.parts.back().last = i + 1;
    seen += size;
  }
  return plan;
}

bool IsWorthPacking(const ObjectList& objects, size_t slices) {
  const size_t few = kFewObjectsPerSlice * std::max<size_t>(1, slices);
  return objects.size() > few &&
         objects.total_bytes() / static_cast<int64_t>(objects.size()) < kSmallObject;
}

ObjectList SubList(const ObjectList& objects, PackRange range) {
  ObjectList part;
  for (size_t i = range.first; i < range.last; ++i) part.Add(objects[i]);
  return part;
}

std::string PartName(const ObjectList& objects) {
  std::string content(kFormat);
  for (size_t i = 0; i < objects.size(); ++i) {
    const ObjectInfo object = objects[i];
    content += StrCat("\n", object.key.size(), " ", object.key, " ", object.size, " ", object.etag);
  }
  return Sha256Hex(content);
}

PackedPart PackObjects(ObjectSource& source, const ObjectList& objects) {
  std::set<size_t> broken;
  while (true) {
    PartWriter writer(source, objects, broken);
    if (writer.Write()) return writer.Finish();
  }
}

}  // namespace dwh
