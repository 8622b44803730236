#include "net/xml.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

std::string_view LocalName(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  const size_t colon = name.find(':');
  return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

bool IsElement(const pugi::xml_node& node, std::string_view name) {
  return node.type() == pugi::node_element && (name.empty() || LocalName(node) == name);
}

bool IsText(const pugi::xml_node& node) {
  return node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata;
}

pugi::xml_node FirstChild(const pugi::xml_node& parent, std::string_view name) {
  return parent.find_child([&](const pugi::xml_node& node) { return IsElement(node, name); });
}

[[noreturn]] void ThrowNotXml(std::string_view text, std::string_view why) {
  // So few that the start of a reply with credentials shows none of them.
  constexpr size_t kShown = 60;
  const std::string_view start = TruncateUtf8(Trim(text), kShown);
  throw Error(ErrorKind::kUnavailable,
              StrCat("the reply is not XML (", why, "): ", JsonQuote(start),
                     start.size() < Trim(text).size() ? "..." : ""));
}

/// pugixml takes more than a document; this holds it to one element with nothing around it.
pugi::xml_node RootOf(const pugi::xml_document& document, std::string_view text) {
  pugi::xml_node root;
  for (const pugi::xml_node& node : document.children()) {
    if (node.type() == pugi::node_doctype) ThrowNotXml(text, "it has a document type");
    const bool blank = IsText(node) && Trim(node.value()).empty();
    if (IsText(node) && !blank) ThrowNotXml(text, "there is text outside of its elements");
    if (node.type() != pugi::node_element) continue;
    if (root) ThrowNotXml(text, "it has several roots");
    root = node;
  }
  if (!root) ThrowNotXml(text, "it has no element");
  return root;
}

}  // namespace

struct XmlNode::Impl {
  std::shared_ptr<const pugi::xml_document> document;
  pugi::xml_node node;
};

XmlNode::operator bool() const { return impl_ != nullptr; }

std::string_view XmlNode::name() const {
  return impl_ ? LocalName(impl_->node) : std::string_view();
}

std::string XmlNode::text() const {
  if (!impl_) return "";
  std::string text;
  for (const pugi::xml_node& node : impl_->node.children()) {
    if (IsText(node)) text += node.value();
  }
  return std::string(Trim(text));
}

XmlNode XmlNode::child(std::string_view path) const {
  if (!impl_) return {};
  pugi::xml_node node = impl_->node;
  for (const std::string& name : Split(path, '/')) node = FirstChild(node, name);
  XmlNode result;
  if (node) result.impl_ = std::make_shared<const Impl>(Impl{impl_->document, node});
  return result;
}

std::vector<XmlNode> XmlNode::children(std::string_view name) const {
  std::vector<XmlNode> result;
  if (!impl_) return result;
  for (const pugi::xml_node& node : impl_->node.children()) {
    if (!IsElement(node, name)) continue;
    result.emplace_back().impl_ = std::make_shared<const Impl>(Impl{impl_->document, node});
  }
  return result;
}

XmlNode ParseXml(std::string_view text) {
  const auto document = std::make_shared<pugi::xml_document>();
  // Fragments and document types are read so that RootOf can see and refuse them.
  constexpr unsigned kFlags = pugi::parse_default | pugi::parse_doctype | pugi::parse_fragment;
  const pugi::xml_parse_result result = document->load_buffer(text.data(), text.size(), kFlags);
  if (!result) ThrowNotXml(text, ToLower(result.description()));
  XmlNode root;
  root.impl_ =
      std::make_shared<const XmlNode::Impl>(XmlNode::Impl{document, RootOf(*document, text)});
  return root;
}

}  // namespace dwh
