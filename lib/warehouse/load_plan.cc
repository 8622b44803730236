#include "warehouse/load_plan.h"

#include <algorithm>
#include <utility>

namespace dwh {
namespace {

bool SameObject(const ObjectInfo& a, const ObjectInfo& b) {
  return a.size == b.size && a.etag == b.etag;
}

/// Both sides are in the order of their keys, so one walk over both tells all.
class Comparison {
 public:
  Comparison(const ObjectList& listed, bool retry_rejects)
      : listed_(listed), retry_rejects_(retry_rejects) {}

  void Add(const LedgerEntry& entry) {
    while (at_ < listed_.size() && listed_.key(at_) < entry.object.key) {
      plan_.fresh.push_back(at_++);
    }
    if (at_ == listed_.size() || listed_.key(at_) != entry.object.key) {
      plan_.vanished.Add(entry.object);
      vanished_ids_.push_back(entry.load_id);
      return;
    }
    const bool retry = retry_rejects_ && entry.rejects > 0;
    if (SameObject(listed_[at_], entry.object) && !retry) {
      known_.emplace_back(at_, entry.load_id);
    } else {
      plan_.fresh.push_back(at_);
      plan_.removed.push_back(entry.load_id);
    }
    ++at_;
  }

  LoadPlan Finish() {
    while (at_ < listed_.size()) plan_.fresh.push_back(at_++);
    std::sort(plan_.removed.begin(), plan_.removed.end());
    plan_.removed.erase(std::unique(plan_.removed.begin(), plan_.removed.end()),
                        plan_.removed.end());
    FindInseparable();
    for (const auto& [index, load_id] : known_) {
      if (IsRemoved(load_id)) {
        plan_.fresh.push_back(index);
      } else {
        ++plan_.known;
        plan_.known_bytes += listed_[index].size;
      }
    }
    std::sort(plan_.fresh.begin(), plan_.fresh.end());
    for (const size_t index : plan_.fresh) plan_.fresh_bytes += listed_[index].size;
    return std::move(plan_);
  }

 private:
  bool IsRemoved(int64_t load_id) const {
    return std::binary_search(plan_.removed.begin(), plan_.removed.end(), load_id);
  }

  void FindInseparable() {
    for (size_t i = 0; i < vanished_ids_.size(); ++i) {
      if (IsRemoved(vanished_ids_[i])) plan_.inseparable = plan_.vanished.key(i);
    }
  }

  const ObjectList& listed_;
  const bool retry_rejects_;
  size_t at_ = 0;
  std::vector<std::pair<size_t, int64_t>> known_;
  std::vector<int64_t> vanished_ids_;  ///< In the order of plan_.vanished.
  LoadPlan plan_;
};

}  // namespace

LoadPlan MakeLoadPlan(const ObjectList& listed, const VisitLedger& ledger, bool retry_rejects) {
  Comparison comparison(listed, retry_rejects);
  ledger([&](const LedgerEntry& entry) { comparison.Add(entry); });
  return comparison.Finish();
}

}  // namespace dwh
