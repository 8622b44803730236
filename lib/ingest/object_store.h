#pragma once

#include <span>
#include <string>
#include <string_view>

namespace dwh {

/// A place where objects can be put, by their whole names: s3://bucket/key. What it throws names
/// the object: Error(kUnavailable) or Error(kFailed).
class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  /// Writes an object as a whole, in place of one of that name.
  virtual void Put(const std::string& name, std::string_view content) = 0;

  /// Removes objects. One that is not there is no error.
  virtual void Delete(std::span<const std::string> names) = 0;

  /// The region of the bucket that `name` begins with; "" if the store has no regions.
  virtual std::string RegionOf(std::string_view name) = 0;
};

}  // namespace dwh
