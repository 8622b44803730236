#include "engine/prefix_cover.h"

#include <algorithm>
#include <string_view>

namespace dwh {
namespace {

bool ContinuesCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

/// The first `length` bytes or fewer, so that no UTF-8 character is cut: COPY takes text.
size_t CharacterEnd(std::string_view key, size_t length) {
  while (length > 0 && length < key.size() && ContinuesCharacter(key[length])) --length;
  return length;
}

size_t NextCharacter(std::string_view key, size_t at) {
  do ++at;
  while (at < key.size() && ContinuesCharacter(key[at]));
  return at;
}

class Cover {
 public:
  Cover(const ObjectList& present, const ObjectList& wanted) : present_(present) {
    wanted_before_.push_back(0);
    size_t at = 0;
    for (size_t i = 0; i < present.size(); ++i) {
      const bool is_wanted = at < wanted.size() && wanted.key(at) == present.key(i);
      // A manifest may name an object twice; it is one key all the same.
      while (at < wanted.size() && wanted.key(at) == present.key(i)) ++at;
      wanted_before_.push_back(wanted_before_.back() + (is_wanted ? 1 : 0));
    }
  }

  /// Of the keys [first, last), which are all that begin with what they have in common. False if
  /// it cannot be done.
  bool Add(size_t first, size_t last) {
    const size_t count = wanted_before_[last] - wanted_before_[first];
    if (count == 0) return true;
    const std::string_view key = present_.key(first);
    const size_t common = CommonLength(key, present_.key(last - 1));
    if (count == last - first) {
      prefixes.emplace_back(key.substr(0, common));
      return true;
    }
    if (key.size() == common) {
      if (wanted_before_[first + 1] > wanted_before_[first]) return false;
      ++first;
    }
    while (first < last) {
      const size_t end = GroupEnd(first, last, common);
      if (!Add(first, end)) return false;
      first = end;
    }
    return true;
  }

  std::vector<std::string> prefixes;

 private:
  static size_t CommonLength(std::string_view a, std::string_view b) {
    const auto* const end = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first;
    return CharacterEnd(a, static_cast<size_t>(end - a.begin()));
  }

  /// Past the keys that go on like the first after `common` bytes.
  size_t GroupEnd(size_t first, size_t last, size_t common) const {
    const std::string_view key = present_.key(first);
    const std::string_view begin = key.substr(0, NextCharacter(key, common));
    size_t end = first + 1;
    while (end < last && present_.key(end).starts_with(begin)) ++end;
    return end;
  }

  const ObjectList& present_;
  std::vector<size_t> wanted_before_;  ///< How many of the keys before the i-th are wanted.
};

}  // namespace

std::optional<std::vector<std::string>> CoverByPrefixes(const ObjectList& present,
                                                        const ObjectList& wanted) {
  Cover cover(present, wanted);
  if (!cover.Add(0, present.size())) return std::nullopt;
  return std::move(cover.prefixes);
}

}  // namespace dwh
