#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "ingest/copy_options.h"
#include "ingest/object_list.h"

namespace dwh {

/// What a value of JSON is to a table. kNull: null, and text that the COPY makes NULL.
enum class ValueKind { kString, kNumber, kBoolean, kNested, kNull };
constexpr size_t kValueKinds = 5;

/// One key of the first level.
struct KeyProfile {
  std::array<int64_t, kValueKinds> counts{};      ///< Records, by the kind of the key's value.
  std::array<std::string, kValueKinds> examples;  ///< An object that holds such a value.

  int64_t count(ValueKind kind) const { return counts.at(static_cast<size_t>(kind)); }
  int64_t present() const;  ///< Records that have the key.
  int64_t filled() const { return present() - count(ValueKind::kNull); }
};

/// The shape of some records.
struct JsonProfile {
  int64_t records = 0;
  int64_t bytes = 0;  ///< Of the records, decompressed.
  std::map<std::string, KeyProfile, std::less<>> keys;

  /// Counts one more record, which is valid JSON; one that is no object has no keys.
  void Add(std::string_view record, const CopyOptions& copy, std::string_view object);
  void Merge(const JsonProfile& other);
};

/// The shape of a sample: objects spread evenly over the list, of each at most about a megabyte.
/// Reads several at once. Records that are no JSON are left out, and so are keys beyond the first
/// thousand. Throws what the source throws, and what fails a COPY outright.
JsonProfile SampleObjects(ObjectSource& source, const CopyOptions& copy, const ObjectList& objects);

}  // namespace dwh
