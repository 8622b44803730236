#include "ingest/object_list.h"

#include <algorithm>
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
  if (blocks_.empty() || blocks_.back()->capacity() - blocks_.back()->size() < bytes) {
    blocks_.push_back(std::make_shared<std::vector<char>>());
    blocks_.back()->reserve(std::max(kBlockBytes, bytes));
  }
  std::vector<char>& block = *blocks_.back();
  const size_t place = block.size();
  block.insert(block.end(), key.begin(), key.end());
  block.insert(block.end(), etag.begin(), etag.end());
  return {block.data() + place, key.size()};
}

void ObjectList::SortByKey() {
  const auto before = [](const Entry& a, const Entry& b) { return a.key < b.key; };
  if (std::is_sorted(entries_.begin(), entries_.end(), before)) return;
  std::sort(entries_.begin(), entries_.end(), before);
}

ObjectList ObjectList::Pick(const std::vector<size_t>& indexes) const {
  ObjectList picked;
  picked.blocks_ = blocks_;
  for (const size_t index : indexes) {
    picked.entries_.push_back(entries_[index]);
    picked.total_bytes_ += entries_[index].size;
  }
  return picked;
}

ObjectInfo ObjectList::operator[](size_t index) const {
  const Entry& entry = entries_[index];
  return {std::string(entry.key), entry.size,
          std::string(entry.key.data() + entry.key.size(), entry.etag_length)};
}

}  // namespace dwh
