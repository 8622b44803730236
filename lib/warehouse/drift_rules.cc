#include "warehouse/drift_rules.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/text.h"

namespace dwh {
namespace {

constexpr std::array<std::string_view, kValueKinds> kKindNames = {
    "a string", "a number", "a boolean", "an object or array", "null"};
constexpr std::string_view kAsk = "): ask who writes the source";

double Share(int64_t part, int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

/// What earlier runs had, from the least to the most.
struct Range {
  size_t runs = 0;
  double least = 0;
  double most = 0;

  void Add(double value) {
    least = runs == 0 ? value : std::min(least, value);
    most = runs == 0 ? value : std::max(most, value);
    ++runs;
  }
};

bool IsOutside(double share, const Range& before) {
  return before.runs > 0 &&
         (share > before.most + kDriftShare || share < before.least - kDriftShare);
}

std::string Percent(double share) { return StrCat(std::lround(share * 100), " %"); }

std::string Bytes(double size) { return FormatBytes(std::lround(size)); }

/// "12 %", "3 % to 12 %".
std::string Describe(const Range& range, std::string (*name)(double)) {
  const std::string least = name(range.least);
  const std::string most = name(range.most);
  return least == most ? least : StrCat(least, " to ", most);
}

std::string OfRecords(int64_t part, int64_t whole) {
  return StrCat(FormatCount(part), " of ", FormatCount(whole), " sampled records");
}

std::string Quoted(const std::string& key) { return StrCat("key ", JsonQuote(key)); }

/// An object that holds the key, with a value if there is one.
std::string ExampleOf(const KeyProfile& key) {
  const auto* const found = std::find_if(key.examples.begin(), key.examples.end(),
                                         [](const std::string& name) { return !name.empty(); });
  return found == key.examples.end() ? "" : *found;
}

/// The key in the sample, without records if it is not there.
const KeyProfile& KeyIn(const JsonProfile& sample, const std::string& name) {
  static const KeyProfile kNone;
  const auto found = sample.keys.find(name);
  return found == sample.keys.end() ? kNone : found->second;
}

/// The sample of a run against those before it, key by key.
class SampleComparison {
 public:
  SampleComparison(const SourceShape& now, const std::vector<SourceShape>& before,
                   const std::set<std::string>* taken)
      : shape_(now), now_(now.sample), before_(before), taken_(taken) {
    for (const SourceShape& shape : before) together_.Merge(shape.sample);
  }

  std::vector<std::string> Find() {
    for (const auto& [name, key] : now_.keys) {
      if (!IsTaken(name)) FindUnknown(name, key);
    }
    for (const auto& [name, key] : together_.keys) {
      if (!IsTaken(name)) continue;
      if (!now_.keys.contains(name)) {
        FindGone(name, key);
      } else if (now_.records >= kDriftRecords) {
        FindType(name, now_.keys.at(name));
        FindNulls(name, now_.keys.at(name));
      }
    }
    return std::move(found_);
  }

 private:
  bool IsTaken(const std::string& name) const {
    return taken_ == nullptr || taken_->contains(name);
  }

  void FindUnknown(const std::string& name, const KeyProfile& key) {
    if (together_.keys.contains(name)) return;
    found_.push_back(StrCat(Quoted(name), " is in ", OfRecords(key.present(), now_.records), " (",
                            ExampleOf(key),
                            "), and no column takes it: to have it, add a column to "
                            "sql/<model>/create and copy, and a path to the JSONPaths file"));
  }

  void FindGone(const std::string& name, const KeyProfile& earlier) {
    const double share = Share(earlier.present(), together_.records);
    const double expected = share * static_cast<double>(now_.records);
    const auto lacks = [&](const SourceShape& shape) {
      return shape.sample.records >= kDriftExpected && !shape.sample.keys.contains(name);
    };
    if (share <= kDriftShare || expected < static_cast<double>(kDriftExpected) ||
        earlier.present() < kDriftExpected || std::any_of(before_.begin(), before_.end(), lacks)) {
      return;
    }
    found_.push_back(StrCat(Quoted(name), " is in none of ", FormatCount(now_.records),
                            " sampled records, and was in ", Percent(share), " (", shape_.example,
                            "), so its column becomes NULL", kAsk.substr(1)));
  }

  void FindType(const std::string& name, const KeyProfile& key) {
    if (key.filled() < kDriftExpected) return;
    for (size_t kind = 0; kind + 1 < kValueKinds; ++kind) {
      Range before;
      for (const SourceShape& shape : before_) {
        const KeyProfile& earlier = KeyIn(shape.sample, name);
        if (shape.sample.records < kDriftRecords || earlier.filled() < kDriftExpected) continue;
        before.Add(Share(earlier.counts.at(kind), earlier.filled()));
      }
      const double share = Share(key.counts.at(kind), key.filled());
      if (!IsOutside(share, before) || share < before.most) continue;
      found_.push_back(StrCat(Quoted(name), " is ", kKindNames.at(kind), " in ", Percent(share),
                              " of ", FormatCount(key.filled()), " sampled values, and was in ",
                              Describe(before, Percent), " (", key.examples.at(kind),
                              "): see that its column still means the same"));
    }
  }

  void FindNulls(const std::string& name, const KeyProfile& key) {
    Range before;
    for (const SourceShape& shape : before_) {
      if (shape.sample.records < kDriftRecords) continue;
      before.Add(1 - Share(KeyIn(shape.sample, name).filled(), shape.sample.records));
    }
    const int64_t nulls = now_.records - key.filled();
    const double share = Share(nulls, now_.records);
    if (!IsOutside(share, before)) return;
    const std::string& null = key.examples.at(static_cast<size_t>(ValueKind::kNull));
    found_.push_back(StrCat(Quoted(name), " is empty or missing in ",
                            OfRecords(nulls, now_.records), ", ", Percent(share), ", and was in ",
                            Describe(before, Percent), " (", null.empty() ? shape_.example : null,
                            kAsk));
  }

  const SourceShape& shape_;
  const JsonProfile& now_;
  const std::vector<SourceShape>& before_;
  JsonProfile together_;
  const std::set<std::string>* taken_;
  std::vector<std::string> found_;
};

/// A size that runs are compared by, and what is said of it: "new objects have 4 kB on average".
struct Size {
  double (*of)(const SourceShape&);
  std::string_view what;
  std::string_view how;
};

constexpr Size kObjectSize = {
    [](const SourceShape& shape) { return Share(shape.bytes, shape.objects); }, "objects",
    "on average"};
constexpr Size kRecordSize = {
    [](const SourceShape& shape) { return Share(shape.sample.bytes, shape.sample.records); },
    "records", "on average"};
constexpr Size kVolume = {[](const SourceShape& shape) { return static_cast<double>(shape.bytes); },
                          "objects", "together"};

/// True if there is something to tell.
bool FindSize(const Size& size, const SourceShape& now, const std::vector<SourceShape>& before,
              std::vector<std::string>& found) {
  if (before.size() < kDriftSizes) return false;
  Range sizes;
  for (const SourceShape& shape : before) sizes.Add(size.of(shape));
  const double is = size.of(now);
  if (is >= sizes.least / kDriftFactor && is <= sizes.most * kDriftFactor) return false;
  found.push_back(StrCat("new ", size.what, " have ", Bytes(is), " ", size.how, ", and had ",
                         Describe(sizes, Bytes), " in the last ", before.size(), " runs (",
                         now.example, kAsk));
  return true;
}

}  // namespace

std::vector<std::string> FindDrifts(const SourceShape& now, const std::vector<SourceShape>& before,
                                    const std::set<std::string>* taken) {
  std::vector<std::string> found = SampleComparison(now, before, taken).Find();
  // Where each object has become larger, so have all of them together.
  if (!FindSize(kObjectSize, now, before, found)) FindSize(kVolume, now, before, found);
  FindSize(kRecordSize, now, before, found);
  return found;
}

}  // namespace dwh
