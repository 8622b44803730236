#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "ingest/object_source.h"

namespace dwh {

/// What a listing found, packed: a source may hold millions of small objects, and a run remembers
/// them all. About 25 bytes an object more than its key and etag.
class ObjectList {
 public:
  ObjectList() = default;
  ObjectList(ObjectList&&) noexcept = default;
  ObjectList& operator=(ObjectList&&) noexcept = default;

  void Add(const ObjectInfo& object);
  /// In the order of the keys' bytes.
  void SortByKey();
  /// The objects at these places, in that order. Shares the keys with this list.
  ObjectList Pick(const std::vector<size_t>& indexes) const;

  size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  ObjectInfo operator[](size_t index) const;
  std::string_view key(size_t index) const { return entries_[index].key; }
  int64_t total_bytes() const { return total_bytes_; }

 private:
  struct Entry {
    std::string_view key;  ///< Into a block; the etag follows it.
    uint32_t etag_length = 0;
    int64_t size = 0;
  };

  std::string_view Keep(std::string_view key, std::string_view etag);

  std::deque<Entry> entries_;  // A vector would need three times the memory while it grows.
  std::vector<std::shared_ptr<std::vector<char>>> blocks_;  ///< Never grown beyond their capacity.
  int64_t total_bytes_ = 0;
};

}  // namespace dwh
