#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// Which lines of a packed part came from which object: what a load says of the part is said of
/// the true object.
class PackIndex {
 public:
  struct Object {
    std::string key;
    int64_t line = 1;         ///< Of the part, where the object begins.
    int64_t object_line = 1;  ///< Of the object, what stands there: above 1 after header lines.
    int64_t records = 0;
  };
  struct Place {
    size_t object = 0;  ///< Index into objects().
    int64_t line = 1;
  };

  /// Objects come in the order of their lines.
  void Add(Object object) { objects_.push_back(std::move(object)); }
  /// To the object added last.
  void AddRecords(int64_t records) { objects_.back().records += records; }
  const std::vector<Object>& objects() const { return objects_; }

  /// The object's line that `line` of the part is. Throws Error(kFailed) for an index of nothing.
  Place Find(int64_t line) const;

  /// JSON, and back. Parse throws Error(kFailed), naming `key`, for what Format did not write.
  std::string Format() const;
  static PackIndex Parse(std::string_view text, std::string_view key);

 private:
  std::vector<Object> objects_;
};

}  // namespace dwh
