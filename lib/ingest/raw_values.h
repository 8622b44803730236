#pragma once

#include <vector>

#include "ingest/copy_options.h"
#include "ingest/load_error.h"
#include "ingest/object_list.h"

namespace dwh {

/// Reads the objects that `errors` name once more and fills in raw_line and raw_field_value where
/// both are empty: SYS_LOAD_ERROR_DETAIL has neither (facts, section 3). `objects` holds them; an
/// error's file name may be cut to 256 bytes. What cannot be found stays empty. Throws
/// Error(kInterrupted) only.
void FillRawValues(const CopyOptions& copy, ObjectSource& source, const ObjectList& objects,
                   std::vector<LoadError>& errors);

}  // namespace dwh
