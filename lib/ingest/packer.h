#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "ingest/object_list.h"
#include "ingest/pack_index.h"

namespace dwh {

/// Many small objects are the worst shape for COPY: each costs a request, and JSON is shared among
/// slices by file (facts, fact 10 and section 8). Concatenated and compressed into a few equal
/// parts they load as fast as their bytes allow.

/// Objects [first, last) of a list go into one part.
struct PackRange {
  size_t first = 0;
  size_t last = 0;
};

/// How the objects of one COPY are to be handed to it.
struct PackPlan {
  std::vector<PackRange> parts;  ///< About equal, a multiple of the slices where there are enough
                                 ///< objects; in the order of the list.
  std::vector<size_t> left_out;  ///< Too large to gain: copied as they are.
};

/// `slices` of the warehouse, at least 1.
PackPlan PlanPacking(const ObjectList& objects, size_t slices);

/// Whether the objects are so many and so small that packing them costs less than it saves.
bool IsWorthPacking(const ObjectList& objects, size_t slices);

/// The objects as a list of their own.
ObjectList SubList(const ObjectList& objects, PackRange range);

/// Follows from the objects' keys, sizes and etags: a part of this name that exists already holds
/// the same records. Hexadecimal digits.
std::string PartName(const ObjectList& objects);

struct PackedPart {
  std::string bytes;  ///< zstd. The memory it takes is bounded by what PlanPacking allows.
  PackIndex index;
  std::vector<size_t> left_out;  ///< Objects with a record that is not JSON: what COPY makes of one
                                 ///< must not reach into the next object, so they are not in the
                                 ///< part.
};

/// Puts the records of the objects, without their byte order marks, one object after the other.
/// Throws Error as reading does, and kRejected for a record above the size that COPY takes.
PackedPart PackObjects(ObjectSource& source, const ObjectList& objects);

}  // namespace dwh
