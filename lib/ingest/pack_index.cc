#include "ingest/pack_index.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/error.h"
#include "base/text.h"

namespace dwh {

PackIndex::Place PackIndex::Find(int64_t line) const {
  if (objects_.empty()) throw Error(ErrorKind::kFailed, "a packed part without objects has errors");
  auto after = std::upper_bound(objects_.begin(), objects_.end(), line,
                                [](int64_t at, const Object& object) { return at < object.line; });
  if (after == objects_.begin()) ++after;
  const Object& object = *std::prev(after);
  return {static_cast<size_t>(after - objects_.begin()) - 1,
          object.object_line + line - object.line};
}

std::string PackIndex::Format() const {
  nlohmann::json objects = nlohmann::json::array();
  for (const Object& object : objects_) {
    objects.push_back({{"key", object.key},
                       {"line", object.line},
                       {"object_line", object.object_line},
                       {"records", object.records}});
  }
  const nlohmann::json document = {{"packed", std::move(objects)}};
  // A key may hold any bytes; those that are not UTF-8 cannot stand in JSON, and COPY could not
  // name them in a manifest either.
  return document.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

PackIndex PackIndex::Parse(std::string_view text, std::string_view key) {
  PackIndex index;
  try {
    const nlohmann::json document = nlohmann::json::parse(text);
    for (const auto& object : document.at("packed")) {
      index.Add(
          {object.at("key"), object.at("line"), object.at("object_line"), object.at("records")});
    }
  } catch (const nlohmann::json::exception&) {
    throw Error(ErrorKind::kFailed, StrCat(key, ": not the index of a packed part"),
                "delete it; the next run packs anew.");
  }
  return index;
}

}  // namespace dwh
