#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "ingest/object_list.h"

namespace dwh {

struct ManifestEntry {
  std::string url;
  bool mandatory = false;  ///< COPY's default (facts, section 1.6).
};

/// The entries of a COPY manifest in order; an object listed twice is there twice, and is loaded
/// twice. Extra keys are ignored. Throws Error(kRejected) naming `key` for malformed JSON, a
/// missing "entries", an entry without "url", or no entries at all.
std::vector<ManifestEntry> ParseManifest(std::string_view text, std::string_view key);

/// A manifest with which COPY loads exactly `objects`, or fails if one of them is gone.
std::string MakeManifest(const ObjectList& objects);

}  // namespace dwh
