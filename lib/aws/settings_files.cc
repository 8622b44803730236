#include <optional>
#include <string_view>
#include <utility>

#include "aws/settings.h"
#include "base/error.h"
#include "base/text.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

using Sections = std::map<std::string, AwsProfile>;

/// Reads one file as botocore does, that is as Python's configparser: comments only on lines of
/// their own, "=" or ":" ends a key, deeper lines go on with the value. Deeper lines below an empty
/// value are a sub-map.
class FileParser {
 public:
  explicit FileParser(std::string name) : name_(std::move(name)) {}

  Sections Parse(std::string_view text) {
    for (const std::string& line : Split(text, '\n')) {
      ++line_;
      ParseLine(line);
    }
    return std::move(sections_);
  }

 private:
  void ParseLine(std::string_view line) {
    const std::string_view content = Trim(line);
    if (content.empty() || content.front() == '#' || content.front() == ';') return;
    const size_t indent = line.find_first_not_of(" \t");
    if (!key_.empty() && indent > indent_) return Continue(content);
    indent_ = indent;
    if (content.front() == '[') return OpenSection(content);
    if (section_ == nullptr) Fail("a line before any [section]");
    const auto [key, value] = KeyAndValue(content, "=:");
    key_ = key;
    is_map_ = value.empty();
    Set(key_, value);
  }

  void OpenSection(std::string_view content) {
    const size_t end = content.rfind(']');
    if (end == std::string_view::npos) Fail("a section without a ']'");
    const auto [section, is_new] =
        sections_.try_emplace(std::string(Trim(content.substr(1, end - 1))));
    if (!is_new) Fail(StrCat("section [", section->first, "] is there twice"));
    section_ = &section->second;
    key_.clear();
  }

  void Continue(std::string_view content) {
    if (!is_map_) {
      (*section_)[key_].append("\n").append(content);
      return;
    }
    const auto [key, value] = KeyAndValue(content, "=");
    Set(StrCat(key_, ".", key), value);
  }

  std::pair<std::string, std::string> KeyAndValue(std::string_view content,
                                                  std::string_view separators) {
    const size_t end = content.find_first_of(separators);
    if (end == std::string_view::npos) Fail("expected '[section]' or 'key = value'");
    std::string key = ToLower(Trim(content.substr(0, end)));
    if (key.empty()) Fail("a value without a key");
    return {std::move(key), std::string(Trim(content.substr(end + 1)))};
  }

  void Set(const std::string& key, const std::string& value) {
    if (!section_->try_emplace(key, value).second) Fail(StrCat("key ", key, " is there twice"));
  }

  [[noreturn]] void Fail(const std::string& what) const {
    throw Error(ErrorKind::kUsage, StrCat(name_, ":", line_, ": ", what),
                "Correct the line; secrets are not shown here.");
  }

  std::string name_;
  Sections sections_;
  AwsProfile* section_ = nullptr;
  std::string key_;      // of the last line that continued nothing; empty after a section's header
  bool is_map_ = false;  // that line had no value of its own
  size_t indent_ = 0;    // of that line
  int line_ = 0;
};

/// "profile x" is x for the kind "profile"; the name may be quoted. nullopt for other kinds.
std::optional<std::string> NameOf(std::string_view section, std::string_view kind) {
  if (!section.starts_with(kind)) return std::nullopt;
  section.remove_prefix(kind.size());
  const std::string_view name = Trim(section);
  if (name.empty() || name.size() == section.size()) return std::nullopt;
  const char quote = name.front();
  if (quote == '"' || quote == '\'') {
    if (name.size() < 3 || name.back() != quote) return std::nullopt;
    return std::string(name.substr(1, name.size() - 2));
  }
  if (name.find_first_of(" \t") != std::string_view::npos) return std::nullopt;
  return std::string(name);
}

Sections ReadSections(const AwsEnvironment& environment, const std::string& name) {
  const fs::path path = name.starts_with("~/") ? environment.home / name.substr(2) : fs::path(name);
  const std::optional<std::string> text = environment.file(path);
  return text ? FileParser(name).Parse(*text) : Sections();
}

const AwsProfile* Find(const Sections& sections, const std::string& name) {
  const auto found = sections.find(name);
  return found == sections.end() ? nullptr : &found->second;
}

}  // namespace

std::string ProfileValue(const AwsProfile* profile, const std::string& key) {
  if (profile == nullptr) return "";
  const auto found = profile->find(key);
  return found == profile->end() ? "" : found->second;
}

AwsFiles::AwsFiles(const AwsEnvironment& environment)
    : credentials_name_(environment.Variable("AWS_SHARED_CREDENTIALS_FILE")),
      config_name_(environment.Variable("AWS_CONFIG_FILE")) {
  if (credentials_name_.empty()) credentials_name_ = "~/.aws/credentials";
  if (config_name_.empty()) config_name_ = "~/.aws/config";
  credentials_ = ReadSections(environment, credentials_name_);
  for (auto& [section, keys] : ReadSections(environment, config_name_)) {
    if (section == "default") {
      config_.try_emplace(section, keys);  // [profile default] wins
    } else if (const auto profile = NameOf(section, "profile")) {
      config_[*profile] = keys;
    } else if (const auto session = NameOf(section, "sso-session")) {
      sso_sessions_[*session] = keys;
    } else if (const auto services = NameOf(section, "services")) {
      services_[*services] = keys;
    }
  }
  profiles_ = credentials_;
  for (const auto& [name, keys] : config_) profiles_[name].insert(keys.begin(), keys.end());
}

const AwsProfile* AwsFiles::FindProfile(const std::string& name) const {
  return Find(profiles_, name);
}
const AwsProfile* AwsFiles::FindInCredentialsFile(const std::string& name) const {
  return Find(credentials_, name);
}
const AwsProfile* AwsFiles::FindInConfigFile(const std::string& name) const {
  return Find(config_, name);
}
const AwsProfile* AwsFiles::FindSsoSession(const std::string& name) const {
  return Find(sso_sessions_, name);
}
const AwsProfile* AwsFiles::FindServices(const std::string& name) const {
  return Find(services_, name);
}

}  // namespace dwh
