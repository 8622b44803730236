#pragma once

#include <optional>
#include <string>
#include <vector>

#include "ingest/object_list.h"

namespace dwh {

/// COPY without a manifest reads every key that begins with the one it is given (facts, section
/// 1.7). Key prefixes, as few as do, that together select all of `wanted` and nothing else of
/// `present`, each once. Both lists are sorted by key, and `wanted` is among `present`. nullopt if
/// no prefixes do: where an unwanted key begins with a wanted one.
std::optional<std::vector<std::string>> CoverByPrefixes(const ObjectList& present,
                                                        const ObjectList& wanted);

}  // namespace dwh
