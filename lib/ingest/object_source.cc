#include "ingest/object_source.h"

#include <array>

#include "base/error.h"
#include "base/text.h"
#include "ingest/object_list.h"

namespace dwh {
namespace {

class OneByOne : public ObjectSequence {
 public:
  OneByOne(ObjectSource& source, const ObjectList& objects) : source_(source), objects_(objects) {}

  std::unique_ptr<ByteReader> Next() override {
    if (next_ == objects_.size()) return nullptr;
    return source_.Open(objects_[next_++]);
  }

 private:
  ObjectSource& source_;
  const ObjectList& objects_;
  size_t next_ = 0;
};

}  // namespace

std::unique_ptr<ObjectSequence> ObjectSource::OpenAll(const ObjectList& objects) {
  return std::make_unique<OneByOne>(*this, objects);
}

std::string ReadObject(ObjectSource& source, std::string_view key, size_t max_bytes) {
  const std::unique_ptr<ByteReader> reader = source.Open(source.Stat(key));
  std::string content;
  std::array<char, 16384> buffer{};
  while (const size_t got = reader->Read(buffer)) {
    if (content.size() + got > max_bytes) {
      throw Error(ErrorKind::kFailed,
                  StrCat(key, " is larger than ", FormatBytes(static_cast<int64_t>(max_bytes))),
                  "A file of this kind is small; check that the name is the right one.");
    }
    content.append(buffer.data(), got);
  }
  return content;
}

}  // namespace dwh
