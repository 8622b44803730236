#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "ingest/load_error.h"
#include "ingest/loader.h"
#include "ingest/object_list.h"
#include "warehouse/books.h"

namespace dwh {

/// Which of `objects`, whose load into `table` was refused, to leave out so that the others can be
/// loaded: those with rejected records, the worst first, until fewer records than MAX_ERRORS would
/// be rejected, of which none and one mean the same (CopyOptions::max_error). `counts` may be empty
/// or of less than was read; `errors` are those that are known. Empty if nothing is known of any
/// object.
std::vector<Quarantined> ChooseQuarantined(const std::string& table, const ObjectList& objects,
                                           const std::vector<ObjectCounts>& counts,
                                           const std::vector<LoadError>& errors,
                                           int64_t max_errors);

/// `objects` without those of the quarantine of `table`; in their order.
ObjectList WithoutQuarantined(const ObjectList& objects, const std::string& table,
                              const std::vector<Quarantined>& quarantined);

}  // namespace dwh
