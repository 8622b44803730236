#include "ingest/object_list.h"

#include <algorithm>
#include <cstring>
#include <string>

namespace dwh {
namespace {

constexpr size_t kBlockBytes = size_t{64} << 10;

}  // namespace

void ObjectList::Add(const ObjectInfo& object) {
  entries_.push_back(
      {Keep(object.key, object.etag), static_cast<uint32_t>(object.etag.size()), object.size});
  total_bytes_ += object.size;
}

std::string_view ObjectList::Keep(std::string_view key, std::string_view etag) {
  const size_t bytes = key.size() + etag.size();
  if (used_ + bytes > room_) {
    room_ = std::max(kBlockBytes, bytes);
    used_ = 0;
    blocks_.push_back(std::make_unique<char[]>(room_));
  }
  char* const place = blocks_.back().get() + used_;
  std::copy(key.begin(), key.end(), place);
  std::copy(etag.begin(), etag.end(), place + key.size());
  used_ += bytes;
  return {place, key.size()};
}

void ObjectList::SortByKey() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
}

ObjectInfo ObjectList::operator[](size_t index) const {
  const Entry& entry = entries_[index];
  return {std::string(entry.key), entry.size,
          std::string(entry.key.data() + entry.key.size(), entry.etag_length)};
}

}  // namespace dwh
