#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/dwh_config.h"

namespace dwh {

/// A section and a key, in upper case.
using ConfigName = std::pair<std::string, std::string>;

/// One setting of dwh.cfg: where it may stand and how its text becomes a value.
struct ConfigKey {
  /// The first is its name in config/dwh.cfg.example; the others are what the scripts before this
  /// tool called it.
  std::vector<ConfigName> names;
  /// Stores a value that is not empty. Returns "", or what would be right ("expected …") and then
  /// stores nothing. config.path is set, for relative paths.
  std::function<std::string(DwhConfig& config, const std::string& value)> set;
  bool secret = false;  ///< The value must not be shown.
};

/// All settings, in the order of config/dwh.cfg.example.
const std::vector<ConfigKey>& ConfigKeys();

/// The setting that `section` and `key` name, in any case, or nullptr.
const ConfigKey* FindConfigKey(const std::string& section, const std::string& key);

}  // namespace dwh
