#include "config/dwh_config.h"

#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config_keys.h"
#include "config/ini_file.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kReference = "See config/dwh.cfg.example for every section and key.";

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

std::string DidYouMean(std::string_view word, const std::set<std::string>& candidates) {
  const std::vector<std::string> list(candidates.begin(), candidates.end());
  const std::string nearest = NearestMatch(word, list);
  return nearest.empty() ? "" : StrCat("; did you mean '", nearest, "'?");
}

std::string EnvironmentValue(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// Turns the entries of one file into a DwhConfig and gathers what is wrong with them.
class Reader {
 public:
  explicit Reader(const fs::path& path) { config_.path = fs::absolute(path).lexically_normal(); }

  void Read(const IniFile& file) {
    mistakes_ = file.mistakes;
    for (const IniSection& section : file.sections) CheckSection(section);
    for (const IniEntry& entry : file.entries) ReadEntry(entry);
    CheckTogether();
    if (mistakes_.empty()) SetDefaults();
    std::stable_sort(mistakes_.begin(), mistakes_.end(),
                     [](const IniMistake& a, const IniMistake& b) { return a.line < b.line; });
  }

  const DwhConfig& config() const { return config_; }
  const std::vector<IniMistake>& mistakes() const { return mistakes_; }

 private:
  void CheckSection(const IniSection& section) {
    std::set<std::string> known;
    for (const ConfigKey& key : ConfigKeys()) {
      for (const auto& name : key.names) known.insert(name.first);
    }
    if (known.contains(ToUpper(section.name))) return;
    // Its keys need no line each: this one explains them.
    unknown_sections_.insert(section.name);
    Mistake(section.line,
            StrCat("unknown section [", section.name, "]", DidYouMean(section.name, known)));
  }

  void ReadEntry(const IniEntry& entry) {
    if (unknown_sections_.contains(entry.section)) return;
    const ConfigKey* const key = FindConfigKey(entry.section, entry.key);
    if (key == nullptr) return Mistake(entry.line, UnknownKey(entry));
    if (entry.value.empty()) return;
    if (GivenBefore(entry, *key)) return;
    // Only a shell command has a use for several lines.
    if (HasControlCharacter(entry.value) && key->names.front().second != "ON_FAILURE") {
      const int line = entry.extra_lines.empty() ? entry.line : entry.extra_lines.front();
      return Mistake(line, StrCat(entry.key,
                                  " goes on over several lines, because they are "
                                  "indented, or holds a control character"));
    }
    const std::string complaint = key->set(config_, entry.value);
    if (complaint.empty()) return;
    const std::string shown = key->secret ? "" : StrCat(" = '", entry.value, "'");
    Mistake(entry.line, StrCat(entry.key, shown, ": ", complaint));
  }

  /// The originals' files often name one thing under two names. That is right while both say the
  /// same.
  bool GivenBefore(const IniEntry& entry, const ConfigKey& key) {
    const auto [first, is_new] = given_.try_emplace(key.names.front(), entry);
    if (is_new) return false;
    const IniEntry& before = first->second;
    if (before.value != entry.value) {
      Mistake(entry.line,
              StrCat(entry.key, " says the same as ", before.key, " of [", before.section,
                     "] on line ", before.line, " but has another value"));
    }
    return true;
  }

  static std::string UnknownKey(const IniEntry& entry) {
    std::set<std::string> here;
    std::set<std::string> sections;
    for (const ConfigKey& key : ConfigKeys()) {
      for (const auto& [section, name] : key.names) {
        if (section == ToUpper(entry.section)) here.insert(name);
        if (name == ToUpper(entry.key)) sections.insert(section);
      }
    }
    const std::string text = StrCat("unknown key '", entry.key, "' in [", entry.section, "]");
    if (sections.empty()) return text + DidYouMean(entry.key, here);
    return StrCat(text, "; did you mean it for [", *sections.begin(), "]?");
  }

  bool Given(const char* section, const char* key) const { return given_.contains({section, key}); }
  int LineOf(const char* section, const char* key) const { return given_.at({section, key}).line; }

  void CheckTogether() {
    if (Given("AWS", "KEY") && !Given("AWS", "SECRET")) {
      Mistake(LineOf("AWS", "KEY"), "KEY without SECRET in [AWS]");
    }
    if (Given("AWS", "SECRET") && !Given("AWS", "KEY")) {
      Mistake(LineOf("AWS", "SECRET"), "SECRET without KEY in [AWS]");
    }
    if (Given("AWS", "SESSION_TOKEN") && !Given("AWS", "KEY")) {
      Mistake(LineOf("AWS", "SESSION_TOKEN"), "SESSION_TOKEN without KEY in [AWS]");
    }
    if (config_.stage_schema == config_.star_schema) {
      const char* const given = Given("DWH", "STAR_SCHEMA") ? "STAR_SCHEMA" : "STAGE_SCHEMA";
      Mistake(LineOf("DWH", given), "STAGE_SCHEMA and STAR_SCHEMA are the same");
    }
    const DwhConfig::Cluster& cluster = config_.cluster;
    if (!cluster.num_nodes || cluster.type.empty()) return;
    if ((cluster.type == "single-node") != (*cluster.num_nodes == 1)) {
      Mistake(LineOf("CLUSTER", "NUM_NODES"),
              StrCat("NUM_NODES = ", *cluster.num_nodes, " does not go with a ", cluster.type,
                     " cluster"));
    }
  }

  void SetDefaults() {
    if (!Given("DWH", "ENGINE")) config_.engine = DefaultEngine();
    DwhConfig::Etl& etl = config_.etl;
    const fs::path folder = config_.path.parent_path();
    if (!Given("ETL", "RESULTS_DIR")) etl.results_dir = folder;
    if (etl.lock_file.empty()) {
      etl.lock_file = folder / StrCat(".", config_.path.filename().string(), ".etl.lock");
    }
    if (config_.engine == EngineKind::kLocal) {
      SetLocalDefaults();
    } else {
      SetAwsDefaults();
    }
  }

  EngineKind DefaultEngine() const {
    if (Given("SERVERLESS", "NAMESPACE") || Given("SERVERLESS", "WORKGROUP")) {
      return EngineKind::kServerless;
    }
    for (const char* key : {"CLUSTER_TYPE", "NUM_NODES", "NODE_TYPE", "CLUSTER_IDENTIFIER"}) {
      if (Given("CLUSTER", key)) return EngineKind::kRedshift;
    }
    if (Given("IAM_ROLE", "NAME") || Given("IAM_ROLE", "ARN")) return EngineKind::kRedshift;
    // A local warehouse writes its own HOST back: a folder, or with [LOCAL] PORT an address.
    const bool local_host = config_.cluster.host.starts_with('/') || Given("LOCAL", "PORT") ||
                            Given("LOCAL", "DATA_DIR");
    return config_.cluster.host.empty() || local_host ? EngineKind::kLocal : EngineKind::kRedshift;
  }

  void SetLocalDefaults() {
    DwhConfig::Cluster& cluster = config_.cluster;
    if (cluster.db_name.empty()) cluster.db_name = "sparkify";
    if (cluster.db_user.empty()) cluster.db_user = "dwh";
    if (!config_.local.data_dir.empty()) return;
    const std::string name = cluster.identifier.empty() ? "local" : cluster.identifier;
    config_.local.data_dir = StateFolder() / "sparkify_dwh" / name;
  }

  static fs::path StateFolder() {
    if (geteuid() == 0) return "/var/lib";
    // The XDG base directory specification: a relative value is to be ignored.
    fs::path xdg = EnvironmentValue("XDG_DATA_HOME");
    if (xdg.is_absolute()) return xdg;
    const fs::path home = EnvironmentValue("HOME");
    if (home.is_absolute()) return home / ".local/share";
    const passwd* const user = getpwuid(geteuid());
    if (user != nullptr) return fs::path(user->pw_dir) / ".local/share";
    throw Error(ErrorKind::kUsage, "cannot find a home folder for the local warehouse",
                "Set DATA_DIR in [LOCAL] of dwh.cfg.");
  }

  void SetAwsDefaults() {
    DwhConfig::Cluster& cluster = config_.cluster;
    // The names Redshift itself proposes.
    if (cluster.db_name.empty()) cluster.db_name = "dev";
    if (cluster.db_user.empty()) cluster.db_user = "awsuser";
    if (!cluster.db_port) cluster.db_port = 5439;
    if (cluster.sslmode.empty()) cluster.sslmode = "verify-full";
    DwhConfig::Serverless& serverless = config_.serverless;
    if (serverless.name_space.empty()) serverless.name_space = serverless.workgroup;
    if (serverless.workgroup.empty()) serverless.workgroup = serverless.name_space;
  }

  void Mistake(int line, std::string text) { mistakes_.push_back({line, std::move(text)}); }

  DwhConfig config_;
  std::vector<IniMistake> mistakes_;
  std::set<std::string> unknown_sections_;
  std::map<std::pair<std::string, std::string>, IniEntry> given_;  // by first name
};

std::string ReadConfigFile(const fs::path& path) {
  std::error_code ignored;
  if (!fs::exists(path, ignored)) {
    throw Error(ErrorKind::kUsage, StrCat("no configuration file ", path.string()),
                "Copy config/dwh.cfg.example to dwh.cfg, or name a file with --config or "
                "$DWH_CONFIG.");
  }
  try {
    return ReadFile(path);
  } catch (const Error& error) {
    // Exit status 2: nothing has been touched yet.
    throw Error(ErrorKind::kUsage, error.what(), error.hint());
  }
}

[[noreturn]] void ThrowMistakes(const fs::path& path, const std::vector<IniMistake>& mistakes) {
  std::vector<std::string> lines;
  if (mistakes.size() > 1) {
    lines.push_back(StrCat(path.string(), " has ", mistakes.size(), " mistakes"));
  }
  for (const IniMistake& mistake : mistakes) {
    lines.push_back(StrCat(path.string(), ":", mistake.line, ": ", mistake.text));
  }
  throw Error(ErrorKind::kUsage, Join(lines, "\n"), std::string(kReference));
}

void WarnIfOthersCanRead(const fs::path& path, const DwhConfig& config) {
  const bool has_secret = !config.aws.secret.empty() || !config.aws.session_token.empty() ||
                          !config.cluster.db_password.empty();
  struct stat info {};
  if (!has_secret || stat(path.c_str(), &info) != 0 || (info.st_mode & 0077U) == 0) return;
  LogWarning(StrCat("Other users can read ", path.string(),
                    ", which holds a secret; run: chmod 600 ", path.string()));
}

}  // namespace

std::string_view EngineName(EngineKind engine) {
  switch (engine) {
    case EngineKind::kRedshift:
      return "redshift";
    case EngineKind::kServerless:
      return "serverless";
    case EngineKind::kLocal:
      break;
  }
  return "local";
}

std::string_view ModelName(Model model) { return model == Model::kClassic ? "classic" : "history"; }

fs::path FindConfig(const std::string& flag) {
  if (!flag.empty()) return flag;
  const std::string variable = EnvironmentValue("DWH_CONFIG");
  return variable.empty() ? "dwh.cfg" : variable;
}

DwhConfig LoadConfig(const fs::path& path) {
  Reader reader(path);
  reader.Read(ParseIni(ReadConfigFile(path)));
  if (!reader.mistakes().empty()) ThrowMistakes(path, reader.mistakes());
  WarnIfOthersCanRead(path, reader.config());
  return reader.config();
}

void UpdateConfig(const fs::path& path,
                  const std::map<std::pair<std::string, std::string>, std::string>& values) {
  std::string text = ReadFile(path);
  for (const auto& [name, value] : values) {
    const ConfigKey* const key = FindConfigKey(name.first, name.second);
    if (key == nullptr) {
      throw Error(ErrorKind::kFailed, StrCat("no key ", name.second, " in [", name.first, "]"));
    }
    bool found = false;
    for (const IniEntry& entry : ParseIni(text).entries) {
      if (FindConfigKey(entry.section, entry.key) != key) continue;
      text = SetIniValue(text, entry.section, entry.key, value);
      found = true;
    }
    const auto& [section, first_name] = key->names.front();
    if (!found) text = SetIniValue(text, section, first_name, value);
  }
  WriteFileAtomic(path, text, 0600);
}

}  // namespace dwh
