#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// One object of a source as a listing shows it.
struct ObjectInfo {
  std::string key;  ///< The whole name: a path, or s3://bucket/key.
  int64_t size = 0;
  std::string etag;  ///< Differs whenever the content differs. For files: modification time in ns.
};

/// Bytes of one object in order.
class ByteReader {
 public:
  virtual ~ByteReader() = default;
  /// Fills as much of `buffer` as it can; 0 only at the end. Throws Error.
  virtual size_t Read(std::span<char> buffer) = 0;
};

/// The objects of a list one after another. Not thread-safe.
class ObjectSequence {
 public:
  virtual ~ObjectSequence() = default;
  /// The next object of the list, or null after the last; throws as ObjectSource::Open. The reader
  /// before may be read no more, whether or not it was at its end.
  virtual std::unique_ptr<ByteReader> Next() = 0;
};

class ObjectList;

/// A place that holds objects. Thread-safe.
class ObjectSource {
 public:
  virtual ~ObjectSource() = default;

  /// Calls `visit` once for every object whose name begins with `prefix`, in any order. Throws
  /// Error(kFailed) if nothing matches, as COPY does (facts, section 1.7).
  virtual void List(std::string_view prefix, const std::function<void(ObjectInfo)>& visit) = 0;

  /// Throws Error(kFailed) if the object is gone or may not be read. Reading throws Error(kFailed)
  /// at its end if the object is no longer the one that `object` describes.
  virtual std::unique_ptr<ByteReader> Open(const ObjectInfo& object) = 0;

  /// All of them in order. A source may read ahead, within bounds. Both `objects` and the source
  /// must outlive the sequence. By default opens one after the other.
  virtual std::unique_ptr<ObjectSequence> OpenAll(const ObjectList& objects);

  /// The object as it is now; throws Error(kFailed) if there is none. For manifests and JSONPaths.
  virtual ObjectInfo Stat(std::string_view key) = 0;
};

/// The whole content; for small control files. Throws Error(kFailed) above `max_bytes`.
std::string ReadObject(ObjectSource& source, std::string_view key, size_t max_bytes);

}  // namespace dwh
