#include "ingest/s3_source.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "ingest/object_list.h"

namespace dwh {
namespace {

/// What one request reads of a large object: large enough that a request's latency does not show,
/// small enough that many are under way within the read-ahead's memory. A guess; S3 itself advises
/// 8 to 16 MB for programs that have that memory.
constexpr int64_t kPartBytes = int64_t{1} << 20;

constexpr std::string_view kScheme = "s3://";

struct S3Name {
  std::string bucket;
  std::string key;
};

S3Name ParseName(std::string_view name) {
  const std::string_view rest = name.substr(std::min(kScheme.size(), name.size()));
  const size_t slash = std::min(rest.find('/'), rest.size());
  if (!name.starts_with(kScheme) || slash == 0) {
    throw Error(ErrorKind::kUsage, StrCat("not the name of an object in S3: ", JsonQuote(name)),
                "Write s3://bucket/key.");
  }
  const size_t key = std::min(slash + 1, rest.size());
  return {std::string(rest.substr(0, slash)), std::string(rest.substr(key))};
}

std::string FullName(const std::string& bucket, const std::string& key) {
  return StrCat(kScheme, bucket, "/", key);
}

int64_t PartCount(int64_t size) { return (size + kPartBytes - 1) / kPartBytes; }

/// The parts of all objects of a list in order. An empty object has none.
class PartCursor {
 public:
  explicit PartCursor(const ObjectList& objects) : objects_(objects) {}

  std::optional<S3Part> Next() {
    while (part_ == parts_) {
      if (next_ == objects_.size()) return std::nullopt;
      object_ = objects_[next_++];
      part_ = 0;
      parts_ = PartCount(object_.size);
    }
    S3Name name = ParseName(object_.key);
    const int64_t offset = kPartBytes * part_++;
    return S3Part{std::move(name.bucket), std::move(name.key),
                  S3Range{.offset = offset,
                          .length = std::min(kPartBytes, object_.size - offset),
                          .whole = parts_ == 1,
                          .etag = object_.etag}};
  }

 private:
  const ObjectList& objects_;
  size_t next_ = 0;
  ObjectInfo object_;
  int64_t part_ = 0;   ///< Of object_, the next.
  int64_t parts_ = 0;  ///< Of object_, all.
};

class S3Sequence : public ObjectSequence {
 public:
  S3Sequence(S3& s3, const ObjectList& objects)
      : objects_(objects),
        cursor_(objects),
        parts_(s3.ReadAhead([this] { return cursor_.Next(); })) {}

  std::unique_ptr<ByteReader> Next() override {
    for (; parts_left_ > 0; --parts_left_) parts_->Take();  // of an object not read to its end
    if (next_ == objects_.size()) return nullptr;
    parts_left_ = PartCount(objects_[next_++].size);
    part_.clear();
    used_ = 0;
    return std::make_unique<Reader>(*this);
  }

 private:
  class Reader : public ByteReader {
   public:
    explicit Reader(S3Sequence& sequence) : sequence_(sequence) {}
    size_t Read(std::span<char> buffer) override { return sequence_.Read(buffer); }

   private:
    S3Sequence& sequence_;
  };

  size_t Read(std::span<char> buffer) {
    size_t filled = 0;
    while (filled < buffer.size()) {
      if (used_ == part_.size()) {
        if (parts_left_ == 0) break;
        part_ = parts_->Take();
        --parts_left_;
        used_ = 0;
      }
      const size_t count = part_.copy(buffer.data() + filled, buffer.size() - filled, used_);
      filled += count;
      used_ += count;
    }
    return filled;
  }

  const ObjectList& objects_;
  PartCursor cursor_;  ///< Used by the thread that reads ahead.
  size_t next_ = 0;
  int64_t parts_left_ = 0;  ///< Of the current object.
  std::string part_;
  size_t used_ = 0;  ///< Of part_.
  std::unique_ptr<S3ReadAhead> parts_;
};

/// One object alone.
class S3Reader : public ByteReader {
 public:
  S3Reader(S3& s3, const ObjectInfo& object)
      : objects_(MakeList(object)), sequence_(s3, objects_), reader_(sequence_.Next()) {}
  size_t Read(std::span<char> buffer) override { return reader_->Read(buffer); }

 private:
  static ObjectList MakeList(const ObjectInfo& object) {
    ObjectList list;
    list.Add(object);
    return list;
  }

  ObjectList objects_;
  S3Sequence sequence_;
  std::unique_ptr<ByteReader> reader_;
};

class S3Source : public ObjectSource {
 public:
  S3Source(std::unique_ptr<AwsSession> session, std::unique_ptr<S3> s3)
      : session_(std::move(session)), s3_(std::move(s3)) {}

  void List(std::string_view prefix, const std::function<void(ObjectInfo)>& visit) override {
    const S3Name name = ParseName(prefix);
    bool found = false;
    s3_->List(name.bucket, name.key, [&](S3Object object) {
      found = true;
      visit({FullName(name.bucket, object.key), object.size, std::move(object.etag)});
    });
    if (found) return;
    throw Error(ErrorKind::kFailed, StrCat("The specified S3 prefix '", prefix, "' does not exist"),
                "Every object whose key begins with it would be read; `aws s3 ls` shows the keys.");
  }

  std::unique_ptr<ByteReader> Open(const ObjectInfo& object) override {
    return std::make_unique<S3Reader>(*s3_, object);
  }

  std::unique_ptr<ObjectSequence> OpenAll(const ObjectList& objects) override {
    return std::make_unique<S3Sequence>(*s3_, objects);
  }

  ObjectInfo Stat(std::string_view key) override {
    const S3Name name = ParseName(key);
    const std::optional<S3Object> object = s3_->Head(name.bucket, name.key);
    if (object) return {std::string(key), object->size, object->etag};
    throw Error(ErrorKind::kFailed, StrCat("cannot read ", key, ": it does not exist"),
                "Check the bucket and the key.");
  }

 private:
  std::unique_ptr<AwsSession> session_;  ///< May be null: then the credentials of s3_ need none.
  std::unique_ptr<S3> s3_;
};

class S3Store : public ObjectStore {
 public:
  S3Store(const AwsConfig& config, Clock& clock)
      : session_(config, clock, nullptr), s3_(OpenS3(session_, clock)) {}

  void Put(const std::string& name, std::string_view content) override {
    const S3Name parsed = ParseName(name);
    s3_->Put(parsed.bucket, parsed.key, std::string(content));
  }

  void Delete(std::span<const std::string> names) override {
    std::map<std::string, std::vector<std::string>> keys;
    for (const std::string& name : names) {
      S3Name parsed = ParseName(name);
      keys[parsed.bucket].push_back(std::move(parsed.key));
    }
    for (const auto& [bucket, some] : keys) s3_->Delete(bucket, some);
  }

  std::string RegionOf(std::string_view name) override {
    return s3_->RegionOf(ParseName(name).bucket);
  }

 private:
  AwsSession session_;
  std::unique_ptr<S3> s3_;
};

}  // namespace

std::unique_ptr<ObjectSource> MakeS3Source(std::unique_ptr<S3> s3) {
  return std::make_unique<S3Source>(nullptr, std::move(s3));
}

std::unique_ptr<ObjectSource> MakeS3Source(const AwsConfig& config, Clock& clock) {
  auto session = std::make_unique<AwsSession>(config, clock, nullptr);
  auto s3 = OpenS3(*session, clock);
  return std::make_unique<S3Source>(std::move(session), std::move(s3));
}

std::unique_ptr<ObjectStore> MakeS3Store(const AwsConfig& config, Clock& clock) {
  return std::make_unique<S3Store>(config, clock);
}

}  // namespace dwh
