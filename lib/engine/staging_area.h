#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/object_store.h"

namespace dwh {

/// What a load puts on S3 for COPY to read: [S3] STAGING/<folder of the run>/<name>. Removed again
/// when this goes out of scope, after success and failure alike.
class StagingArea {
 public:
  /// `folder` without "/" at its end; "" if none is configured. `store` may be null then.
  StagingArea(ObjectStore* store, std::string folder) : store_(store), folder_(std::move(folder)) {}
  ~StagingArea();
  StagingArea(const StagingArea&) = delete;
  StagingArea& operator=(const StagingArea&) = delete;

  bool configured() const { return !folder_.empty(); }
  const std::string& folder() const { return folder_; }
  /// Returns where it is. Throws as ObjectStore does.
  std::string Put(std::string_view name, std::string_view content);

 private:
  ObjectStore* store_;
  std::string folder_;
  std::vector<std::string> objects_;
};

}  // namespace dwh
