#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <span>
#include <string>

#include "ingest/object_list.h"
#include "ingest/object_source.h"

namespace dwh {

/// Hands out texts, a few bytes at a time.
class TextSource : public ObjectSource {
 public:
  explicit TextSource(size_t step = 1 << 20) : step_(step) {}

  void Add(const std::string& key, std::string text) {
    objects.Add({key, static_cast<int64_t>(text.size()), ""});
    texts_[key] = std::move(text);
  }

  void List(std::string_view, const std::function<void(ObjectInfo)>&) override {}
  ObjectInfo Stat(std::string_view) override { return {}; }
  std::unique_ptr<ByteReader> Open(const ObjectInfo& object) override {
    return std::make_unique<Reader>(texts_.at(object.key), step_);
  }

  ObjectList objects;

 private:
  class Reader : public ByteReader {
   public:
    Reader(std::string_view rest, size_t step) : rest_(rest), step_(step) {}
    size_t Read(std::span<char> buffer) override {
      const size_t got = rest_.copy(buffer.data(), std::min(buffer.size(), step_));
      rest_.remove_prefix(got);
      return got;
    }

   private:
    std::string_view rest_;
    size_t step_;
  };

  size_t step_;
  std::map<std::string, std::string> texts_;
};

}  // namespace dwh
