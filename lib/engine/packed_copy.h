#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "ingest/copy_options.h"
#include "ingest/object_list.h"
#include "ingest/object_store.h"
#include "ingest/pack_index.h"

namespace dwh {

/// [ETL] PACK: whether small objects are packed before COPY reads them (ingest/packer.h).
enum class PackMode { kAuto, kOn, kOff };

struct PackSetup {
  PackMode mode = PackMode::kOff;
  std::string folder;  ///< Where packed parts are kept: "s3://bucket/prefix", nothing else in it.
};

/// The objects of one COPY, as many of them as can be in packed parts.
class PackedObjects {
 public:
  /// Nothing packed.
  PackedObjects() = default;

  /// Packs where the mode says so or it is worth it, and puts the parts and their indexes into the
  /// folder; what is there already from a run that did not get to its end is used as it is. Throws
  /// as source and store do.
  PackedObjects(const PackSetup& setup, const CopyOptions& copy, const ObjectList& objects,
                size_t slices, ObjectSource& source, ObjectStore& store, ProgressSink* progress);

  bool empty() const { return parts_.empty(); }
  /// The parts, compressed with zstd, by their whole names; sizes are those of their objects.
  const ObjectList& parts() const { return parts_; }
  /// The objects that are in no part, if there are parts.
  const ObjectList& rest() const { return rest_; }

  struct Origin {
    std::string_view key;
    int64_t line = 1;
  };
  /// Of a line of a part, which is given as Redshift's views name it; nullopt for other files.
  std::optional<Origin> FindOrigin(std::string_view file, int64_t line) const;

  const std::vector<PackIndex>& indexes() const { return indexes_; }

 private:
  void AddPart(const ObjectList& group, const std::string& name, PackIndex index);

  ObjectList parts_;
  std::vector<PackIndex> indexes_;  ///< Of each part.
  ObjectList rest_;
};

/// Removes what is in the folder: parts that a COPY has loaded, and those of runs that never came
/// so far. Only logs what goes wrong.
void RemovePackedParts(const PackSetup& setup, ObjectSource& source, ObjectStore& store);

}  // namespace dwh
