#include "engine/packed_copy.h"

#include <algorithm>
#include <future>
#include <utility>

#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "engine/load_views.h"
#include "ingest/packer.h"

namespace dwh {
namespace {

constexpr size_t kMaxIndexBytes = size_t{64} << 20;

/// COPY strips the lines of IGNOREHEADER from each file, and takes one compression for all of them.
bool CanPack(const CopyOptions& copy) {
  return copy.compression == Compression::kNone && copy.ignore_header_lines == 0;
}

bool WantsPacking(const PackSetup& setup, const CopyOptions& copy, const ObjectList& objects,
                  size_t slices) {
  if (setup.mode == PackMode::kOff || setup.folder.empty() || !CanPack(copy)) return false;
  return setup.mode == PackMode::kOn || IsWorthPacking(objects, slices);
}

std::string IndexName(const std::string& part) { return part + ".index"; }

/// The index is written after its part, so where it is the part is whole.
std::optional<PackIndex> FindIndex(ObjectSource& source, const std::string& part) {
  std::string text;
  try {
    text = ReadObject(source, IndexName(part), kMaxIndexBytes);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kFailed) throw;
    return std::nullopt;
  }
  return PackIndex::Parse(text, IndexName(part));
}

}  // namespace

PackedObjects::PackedObjects(const PackSetup& setup, const CopyOptions& copy,
                             const ObjectList& objects, size_t slices, ObjectSource& source,
                             ObjectStore& store, ProgressSink* progress) {
  if (!WantsPacking(setup, copy, objects, slices)) return;
  const PackPlan plan = PlanPacking(objects, slices);
  Progress done{.total_bytes = objects.total_bytes()};
  size_t reused = 0;
  std::future<void> upload;  // of one part while the next is packed
  for (const PackRange& range : plan.parts) {
    ThrowIfInterrupted();
    const ObjectList group = SubList(objects, range);
    const std::string name = StrCat(setup.folder, "/", PartName(group), ".zst");
    std::optional<PackIndex> index = FindIndex(source, name);
    if (index) {
      ++reused;
    } else {
      PackedPart part = PackObjects(source, group);
      index = std::move(part.index);
      if (upload.valid()) upload.get();
      upload = std::async(std::launch::async,
                          [&store, name, bytes = std::move(part.bytes), text = index->Format()] {
                            store.Put(name, bytes);
                            store.Put(IndexName(name), text);
                          });
    }
    AddPart(group, name, *std::move(index));
    done.bytes += group.total_bytes();
    if (progress != nullptr) progress->Update(done);
  }
  if (upload.valid()) upload.get();
  for (const size_t i : plan.left_out) rest_.Add(objects[i]);
  rest_.SortByKey();
  LogInfo(StrCat("Packed ", FormatCount(static_cast<int64_t>(objects.size() - rest_.size())),
                 " objects for table ", copy.table, " into ", parts_.size(), " parts, ", reused,
                 " of them already there."));
}

void PackedObjects::AddPart(const ObjectList& group, const std::string& name, PackIndex index) {
  size_t packed = 0;
  for (size_t i = 0; i < group.size(); ++i) {
    const bool inside =
        packed < index.objects().size() && index.objects()[packed].key == group.key(i);
    if (inside) {
      ++packed;
    } else if (group[i].size > 0) {
      rest_.Add(group[i]);
    }
  }
  if (index.objects().empty()) return;
  parts_.Add({name, group.total_bytes(), ""});
  indexes_.push_back(std::move(index));
}

std::optional<PackedObjects::Origin> PackedObjects::FindOrigin(std::string_view file,
                                                               int64_t line) const {
  for (size_t i = 0; i < parts_.size(); ++i) {
    if (ViewFileName(parts_.key(i)) != file) continue;
    const PackIndex::Place place = indexes_[i].Find(line);
    return Origin{indexes_[i].objects()[place.object].key, place.line};
  }
  return std::nullopt;
}

void RemovePackedParts(const PackSetup& setup, ObjectSource& source, ObjectStore& store) {
  try {
    std::vector<std::string> names;
    source.List(setup.folder + "/", [&](const ObjectInfo& object) { names.push_back(object.key); });
    store.Delete(names);
  } catch (const Error& error) {
    LogDebug(StrCat("packed parts left in ", setup.folder, ": ", error.what()));
  }
}

}  // namespace dwh
