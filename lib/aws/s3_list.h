#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "aws/s3_calls.h"

namespace dwh {

struct S3Object {
  std::string key;
  int64_t size = 0;
  std::string etag;  ///< Bare; may be "".
};

/// Calls `visit` once for every object of the bucket whose key begins with `prefix`: in the order
/// of the keys if they fit on one page, and otherwise in no order, for then parts of the keys,
/// between places where a "/" ends a common prefix, are listed side by side. Throws what S3Calls
/// does, and Error(kUnavailable) for a service that never comes to an end.
void ListS3(S3Calls& calls, const std::string& bucket, const std::string& prefix,
            const std::function<void(S3Object)>& visit);

}  // namespace dwh
