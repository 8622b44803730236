#include "ingest/any_source.h"

#include <mutex>
#include <utility>

#include "ingest/local_source.h"
#include "ingest/object_list.h"

namespace dwh {
namespace {

bool IsS3(std::string_view name) { return name.starts_with("s3://"); }

class AnySource : public ObjectSource {
 public:
  explicit AnySource(std::function<std::unique_ptr<ObjectSource>()> make_s3)
      : make_s3_(std::move(make_s3)), files_(MakeLocalSource()) {}

  void List(std::string_view prefix, const std::function<void(ObjectInfo)>& visit) override {
    For(prefix).List(prefix, visit);
  }

  std::unique_ptr<ByteReader> Open(const ObjectInfo& object) override {
    return For(object.key).Open(object);
  }

  std::unique_ptr<ObjectSequence> OpenAll(const ObjectList& objects) override {
    size_t in_s3 = 0;
    for (size_t i = 0; i < objects.size(); ++i) in_s3 += IsS3(objects.key(i)) ? 1 : 0;
    const bool mixed = in_s3 > 0 && in_s3 < objects.size();  // as only a manifest can be
    if (mixed || objects.empty()) return ObjectSource::OpenAll(objects);
    return For(objects.key(0)).OpenAll(objects);
  }

  ObjectInfo Stat(std::string_view key) override { return For(key).Stat(key); }

 private:
  ObjectSource& For(std::string_view name) {
    if (!IsS3(name)) return *files_;
    const std::lock_guard lock(mutex_);
    if (!s3_) s3_ = make_s3_();
    return *s3_;
  }

  std::function<std::unique_ptr<ObjectSource>()> make_s3_;
  std::unique_ptr<ObjectSource> files_;
  std::mutex mutex_;
  std::unique_ptr<ObjectSource> s3_;
};

}  // namespace

std::unique_ptr<ObjectSource> MakeAnySource(
    std::function<std::unique_ptr<ObjectSource>()> make_s3) {
  return std::make_unique<AnySource>(std::move(make_s3));
}

}  // namespace dwh
