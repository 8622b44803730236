#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace dwh {

/// An element of an XML document, by local names: prefixes and namespaces do not matter. An element
/// that is not there is empty: it has no text and no children. Copies share the document.
class XmlNode {
 public:
  XmlNode() = default;

  explicit operator bool() const;
  std::string_view name() const;
  /// Its text, white space at both ends removed.
  std::string text() const;
  /// The first child of that name; empty if there is none. Steps down with "/": "A/B/C".
  XmlNode child(std::string_view path) const;
  /// All children of that name; all children for "".
  std::vector<XmlNode> children(std::string_view name = {}) const;

 private:
  friend XmlNode ParseXml(std::string_view text);
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// The root element. Throws Error(kUnavailable), with the first bytes of the text, if it is not one
/// well-formed document. Document types are refused: no entity is ever expanded.
XmlNode ParseXml(std::string_view text);

}  // namespace dwh
