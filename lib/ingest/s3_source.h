#pragma once

#include <memory>

#include "aws/s3.h"
#include "ingest/object_source.h"
#include "ingest/object_store.h"

namespace dwh {

/// Objects of S3 and of stores that speak its protocol; keys are "s3://bucket/key". A prefix is a
/// prefix of keys and nothing more: every key counts, also those that end in "/", which are read
/// like others (facts, sections 1.7 and 10.7). Throws what S3 does, Error(kUsage) for a name that
/// is none, and Error(kFailed) for an object that is gone or changes while it is read.
std::unique_ptr<ObjectSource> MakeS3Source(std::unique_ptr<S3> s3);

/// As dwh.cfg says. Throws Error(kUsage) for what is missing or wrong there; credentials are looked
/// for with the first request.
std::unique_ptr<ObjectSource> MakeS3Source(const AwsConfig& config, Clock& clock);

/// S3 as a place to put objects, by the same names; throws as the source does.
std::unique_ptr<ObjectStore> MakeS3Store(const AwsConfig& config, Clock& clock);

}  // namespace dwh
