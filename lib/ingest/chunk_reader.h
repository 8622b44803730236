#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ingest/copy_options.h"
#include "ingest/object_list.h"

namespace dwh {

/// Whole records of one object within a chunk.
struct ChunkSegment {
  size_t object = 0;       ///< Index into the list of objects.
  int64_t first_line = 1;  ///< Of the object, at the segment's first byte.
  size_t begin = 0;
  size_t end = 0;
};

/// A piece of work for one parser: whole records, of one large object or of many small ones.
struct Chunk {
  std::string bytes;  ///< Ends in padding that a RecordParser may read.
  std::vector<ChunkSegment> segments;
};

/// Reads objects one after another and cuts them into chunks at the ends of records. Memory is
/// bounded by the largest object COPY takes, whatever the size of the files.
class ChunkReader {
 public:
  /// `source` and `objects` must outlive the reader.
  ChunkReader(ObjectSource& source, const ObjectList& objects, const CopyOptions& options);

  /// Fills `chunk`, reusing its memory; false at the end. Throws Error(kRejected) for an object of
  /// JSON above 4 MB and what the source and the decompressor throw.
  bool Next(Chunk& chunk);

 private:
  bool Fill(Chunk& chunk);
  bool OpenNext();
  bool FillFromCurrent(Chunk& chunk, size_t& used);
  void CloseSegment(Chunk& chunk, size_t begin, size_t end);

  const ObjectList& objects_;
  std::unique_ptr<ObjectSequence> sequence_;
  Compression compression_;
  int64_t header_lines_;
  size_t next_object_ = 0;
  std::unique_ptr<ByteReader> reader_;  ///< Of the object before next_object_, or null.
  std::string carry_;                   ///< Read from the current object but not yet in a chunk.
  int64_t line_ = 1;                    ///< Of the first byte of carry_.
};

}  // namespace dwh
