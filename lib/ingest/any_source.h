#pragma once

#include <functional>
#include <memory>

#include "ingest/object_source.h"

namespace dwh {

/// Objects of S3 where the name begins with "s3://", files of this machine otherwise. `make_s3` is
/// called for the first name of S3, and never if there is none: files need no account.
std::unique_ptr<ObjectSource> MakeAnySource(std::function<std::unique_ptr<ObjectSource>()> make_s3);

}  // namespace dwh
