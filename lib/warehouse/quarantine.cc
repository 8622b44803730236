#include "warehouse/quarantine.h"

#include <algorithm>
#include <map>
#include <set>
#include <string_view>

#include "base/text.h"
#include "warehouse/results.h"

namespace dwh {
namespace {

struct Suspect {
  int64_t rejects = 0;
  std::string reason;
};

/// Redshift's views cut long names, so an error may name the beginning of a key.
std::map<size_t, Suspect> FindSuspects(const ObjectList& objects,
                                       const std::vector<ObjectCounts>& counts,
                                       const std::vector<LoadError>& errors) {
  std::map<std::string_view, Suspect> by_name;
  for (const LoadError& error : errors) {
    Suspect& suspect = by_name[error.filename];
    if (suspect.rejects++ == 0) suspect.reason = DescribeLoadError(error);
  }
  std::map<size_t, Suspect> suspects;
  for (size_t i = 0; i < objects.size(); ++i) {
    const std::string_view key = objects.key(i);
    constexpr size_t kShown = 256;
    auto found = by_name.find(key);
    if (found == by_name.end()) found = by_name.find(key.substr(0, kShown));
    const int64_t counted = i < counts.size() ? counts[i].rejects : 0;
    if (found == by_name.end() && counted == 0) continue;
    Suspect& suspect = suspects[i];
    if (found != by_name.end()) suspect = found->second;
    suspect.rejects = std::max(suspect.rejects, counted);
  }
  return suspects;
}

}  // namespace

std::vector<Quarantined> ChooseQuarantined(const std::string& table, const ObjectList& objects,
                                           const std::vector<ObjectCounts>& counts,
                                           const std::vector<LoadError>& errors,
                                           int64_t max_errors) {
  const std::map<size_t, Suspect> suspects = FindSuspects(objects, counts, errors);
  std::vector<size_t> worst_first;
  int64_t left = 0;
  for (const auto& [index, suspect] : suspects) {
    worst_first.push_back(index);
    left += suspect.rejects;
  }
  std::stable_sort(worst_first.begin(), worst_first.end(), [&](size_t a, size_t b) {
    return suspects.at(a).rejects > suspects.at(b).rejects;
  });
  std::vector<Quarantined> chosen;
  for (const size_t index : worst_first) {
    // The worst one always: another load of the same objects would be refused again.
    if (!chosen.empty() && left < std::max<int64_t>(1, max_errors)) break;
    const Suspect& suspect = suspects.at(index);
    left -= suspect.rejects;
    chosen.push_back(
        {table, std::string(objects.key(index)),
         StrCat(FormatCount(suspect.rejects), " records rejected, such as ", suspect.reason)});
  }
  return chosen;
}

ObjectList WithoutQuarantined(const ObjectList& objects, const std::string& table,
                              const std::vector<Quarantined>& quarantined) {
  std::set<std::string_view> keys;
  for (const Quarantined& one : quarantined) {
    if (one.table == table) keys.insert(one.key);
  }
  std::vector<size_t> rest;
  for (size_t i = 0; i < objects.size(); ++i) {
    if (!keys.contains(objects.key(i))) rest.push_back(i);
  }
  return objects.Pick(rest);
}

}  // namespace dwh
