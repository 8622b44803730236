#pragma once

#include <memory>
#include <string>

#include "ingest/copy_options.h"
#include "ingest/object_source.h"

namespace dwh {

/// Undoes the compression on the way; with kNone gives `inner` back. Several members or frames in
/// one object follow one another, as in concatenated gzip files. An object of no bytes holds no
/// data, as the marks that some tools leave for folders in S3. Reading throws Error(kRejected)
/// naming `key` if the data are not of that format, are broken, end too early, or are followed by
/// anything else.
std::unique_ptr<ByteReader> Decompress(std::unique_ptr<ByteReader> inner, Compression compression,
                                       std::string key);

}  // namespace dwh
