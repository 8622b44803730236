#pragma once

#include <memory>

#include "ingest/object_source.h"

namespace dwh {

/// Files of this machine. A prefix that names a folder means the tree below it and nothing beside
/// it; one that names a file means that file; any other means all files whose path begins with it,
/// as a key prefix does in S3 (`log_data/2018/11/2018-11-1`). Regular files only, symbolic links
/// followed; every name counts, also those that begin with `.` or `_` (facts, section 10.7).
/// Names come in the order of their bytes, as S3 lists keys. A link that leads nowhere, or back to
/// a folder it is in, is left out with a warning. A folder that cannot be read fails the listing.
std::unique_ptr<ObjectSource> MakeLocalSource();

}  // namespace dwh
