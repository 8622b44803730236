#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace dwh {

/// A password or key. It cannot be streamed or concatenated by accident: the only way to its text
/// is Reveal(), so a search for that word lists every place where a secret leaves this type.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}

  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string value_;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;

}  // namespace dwh
