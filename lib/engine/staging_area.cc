#include "engine/staging_area.h"

#include "base/log.h"
#include "base/text.h"

namespace dwh {

StagingArea::~StagingArea() {
  if (objects_.empty()) return;
  try {
    store_->Delete(objects_);
  } catch (const std::exception& error) {
    LogWarning(StrCat("Left behind in ", folder_, ": ", error.what(), "."));
  }
}

std::string StagingArea::Put(std::string_view name, std::string_view content) {
  std::string object = StrCat(folder_, "/", name);
  // Noted first: an upload whose end is not known may have been done.
  objects_.push_back(object);
  store_->Put(object, content);
  return object;
}

}  // namespace dwh
