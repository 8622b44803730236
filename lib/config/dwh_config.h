#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.h"

namespace dwh {

enum class EngineKind { kRedshift, kServerless, kLocal };
enum class Model { kClassic, kHistory };
/// Whether small objects are packed before a COPY reads them.
enum class Packing { kAuto, kOn, kOff };

std::string_view EngineName(EngineKind engine);  ///< "redshift", "serverless", "local".
std::string_view ModelName(Model model);         ///< "classic", "history".

/// dwh.cfg, typed. Every key, its aliases and its default: config/dwh.cfg.example. A key that is
/// absent or empty has its default.
struct DwhConfig {
  struct Aws {
    std::string key;
    Secret secret;
    Secret session_token;
    std::string profile;
    std::string region;
    std::string endpoint_url;
  };
  struct Cluster {
    std::string type;
    std::optional<int64_t> num_nodes;
    std::string node_type;
    std::string identifier;
    std::string host;  ///< For a local warehouse the folder of its socket, or 127.0.0.1.
    std::string db_name;
    std::string db_user;
    Secret db_password;
    std::optional<int> db_port;
    std::optional<bool> publicly_accessible;
    std::optional<double> node_price;  ///< USD an hour, for what is said of costs.
    std::string allowed_cidr;
    std::string subnet_group;
    std::string sslmode;
    std::string sslrootcert;
  };
  struct Serverless {
    std::string name_space;
    std::string workgroup;
    std::optional<int64_t> base_capacity;
    std::vector<std::string> subnet_ids;
  };
  struct IamRole {
    std::string name;
    std::string arn;
    std::string policy;  ///< A managed policy, by name or ARN; empty: one of our own.
  };
  struct S3 {
    std::string log_data;
    std::string log_jsonpath;
    std::string song_data;
    std::string staging;
  };
  struct Local {
    std::filesystem::path data_dir;
    std::optional<int> port;  ///< TCP on 127.0.0.1 if given; else a Unix socket only.
  };
  struct Etl {
    int64_t max_errors = 0;
    Packing pack = Packing::kAuto;
    bool quarantine = false;  ///< Publish without the objects that cannot be loaded.
    std::filesystem::path results_dir = ".";
    std::filesystem::path lock_file;
    std::filesystem::path metrics_file;
    std::string on_failure;
    std::chrono::seconds time_limit{0};  ///< 0: none.
  };

  std::filesystem::path path;  ///< The file this came from, absolute.
  EngineKind engine = EngineKind::kLocal;
  Model model = Model::kClassic;
  std::string stage_schema = "stage";
  std::string star_schema = "star";
  Aws aws;
  Cluster cluster;
  Serverless serverless;
  IamRole iam_role;
  S3 s3;
  Local local;
  Etl etl;
};

/// `--config FILE`, else $DWH_CONFIG, else ./dwh.cfg.
std::filesystem::path FindConfig(const std::string& flag);

/// Reads and checks the whole file. Throws one Error(kUsage) that lists every mistake with file and
/// line: unknown sections and keys with the nearest right one, wrong numbers and words, a key given
/// twice under two names. Relative paths in the file are relative to the file's folder. Logs a
/// warning if others may read a file that holds a secret.
DwhConfig LoadConfig(const std::filesystem::path& path);

/// Sets keys, given as {"CLUSTER", "HOST"} -> value, by their first name of config/dwh.cfg.example;
/// a key that stands in the file under another of its names is set there. Comments, order and all
/// other bytes stay; a missing key goes to the end of its section, a missing section to the end of
/// the file. Atomic; leaves mode 0600. Throws Error(kFailed) and then the file is as it was.
void UpdateConfig(const std::filesystem::path& path,
                  const std::map<std::pair<std::string, std::string>, std::string>& values);

}  // namespace dwh
