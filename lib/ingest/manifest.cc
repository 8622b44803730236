#include "ingest/manifest.h"

#include "base/text.h"
#include "ingest/control_json.h"

namespace dwh {
namespace {

constexpr std::string_view kWhat = "manifest";

ManifestEntry ToEntry(const nlohmann::json& entry, size_t number, std::string_view key) {
  const auto fail = [&](std::string_view why) {
    FailControlJson(kWhat, key, StrCat("entry ", number, " ", why));
  };
  if (!entry.is_object()) fail("is not an object");
  const auto url = entry.find("url");
  if (url == entry.end()) fail("has no \"url\"");
  if (!url->is_string() || url->get_ref<const std::string&>().empty()) {
    fail("has a \"url\" that is empty or not a string");
  }
  const auto mandatory = entry.find("mandatory");
  if (mandatory == entry.end()) return {.url = *url};
  if (!mandatory->is_boolean()) fail("has a \"mandatory\" that is neither true nor false");
  return {.url = *url, .mandatory = *mandatory};
}

}  // namespace

std::vector<ManifestEntry> ParseManifest(std::string_view text, std::string_view key) {
  const nlohmann::json document = ParseControlJson(text, kWhat, key);
  const auto list = document.find("entries");
  if (list == document.end()) FailControlJson(kWhat, key, "no \"entries\"");
  if (!list->is_array()) FailControlJson(kWhat, key, "\"entries\" is not an array");
  std::vector<ManifestEntry> entries;
  for (const nlohmann::json& entry : *list) {
    entries.push_back(ToEntry(entry, entries.size() + 1, key));
  }
  if (entries.empty()) FailControlJson(kWhat, key, "\"entries\" is empty");
  return entries;
}

std::string MakeManifest(const ObjectList& objects) {
  // By hand: a document in memory would be many times as large, and there may be a million objects.
  std::string text = "{\"entries\": [";
  for (size_t i = 0; i < objects.size(); ++i) {
    text += i == 0 ? "\n" : ",\n";
    text += "{\"url\": " + JsonQuote(objects.key(i)) + ", \"mandatory\": true}";
  }
  return text + "\n]}\n";
}

}  // namespace dwh
