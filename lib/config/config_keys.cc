#include "config/config_keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "base/ascii.h"
#include "base/text.h"

namespace dwh {
namespace {

/// USD an hour: above it something else was meant.
constexpr double kHighestPrice = 10'000;

using C = DwhConfig;
using Names = std::vector<ConfigName>;
using Setter = std::function<std::string(C&, const std::string&)>;
/// Returns "" or the complaint.
using Check = std::string (*)(std::string_view);

// ---- Which texts are right -----------------------------------------------------------------

/// The first character is a letter, the others letters, digits or one of `also`.
bool IsName(std::string_view text, size_t longest, bool upper, std::string_view also) {
  const auto is_letter = [&](char c) { return IsLower(c) || (upper && IsUpper(c)); };
  return !text.empty() && text.size() <= longest && is_letter(text.front()) &&
         std::all_of(text.begin(), text.end(), [&](char c) {
           return is_letter(c) || IsDigit(c) || also.find(c) != std::string_view::npos;
         });
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text, int64_t lowest, int64_t highest) {
  int64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || number < lowest || number > highest) {
    return std::nullopt;
  }
  return static_cast<Number>(number);
}

std::string AnyText(std::string_view) { return ""; }

std::string SchemaName(std::string_view text) {
  // PostgreSQL and Redshift keep names with pg_ for themselves; 63 is PostgreSQL's limit.
  if (IsName(text, 63, false, "_") && !text.starts_with("pg_")) return "";
  return "expected a name of lower-case letters, digits and '_', at most 63, not beginning 'pg_'";
}

// The region becomes part of host names.
std::string RegionName(std::string_view text) {
  return IsName(text, 63, false, "-") ? "" : "expected the name of a region, such as us-west-2";
}

std::string Url(std::string_view text) {
  const bool known = text.starts_with("https://") || text.starts_with("http://");
  return known ? "" : "expected a URL that begins with https:// or http://";
}

/// https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateCluster.html; the service
/// makes capitals small by itself. For a local warehouse it names the data folder.
std::string Identifier(std::string_view text) {
  const bool right = IsName(text, 63, true, "-") && !text.ends_with('-') &&
                     text.find("--") == std::string_view::npos;
  return right ? ""
               : "expected letters, digits and single hyphens, at most 63, beginning with a letter";
}

/// https://docs.aws.amazon.com/redshift-serverless/latest/APIReference/API_CreateWorkgroup.html
std::string ServerlessName(std::string_view text) {
  const bool right = text.size() >= 3 && text.size() <= 64 &&
                     std::all_of(text.begin(), text.end(),
                                 [](char c) { return IsLower(c) || IsDigit(c) || c == '-'; });
  return right ? "" : "expected 3 to 64 lower-case letters, digits and hyphens";
}

/// https://docs.aws.amazon.com/redshift/latest/APIReference/API_CreateClusterSubnetGroup.html
std::string SubnetGroup(std::string_view text) {
  const bool right = text.size() <= 255 && std::all_of(text.begin(), text.end(), [](char c) {
                       return IsLetter(c) || IsDigit(c) ||
                              std::string_view("-_.").find(c) != std::string_view::npos;
                     });
  return right ? "" : "expected the name of a cluster subnet group";
}

std::string NodeType(std::string_view text) {
  const std::vector<std::string> parts = Split(text, '.');
  const bool right = parts.size() == 2 && IsName(parts[0], 20, false, "") && !parts[1].empty() &&
                     std::all_of(parts[1].begin(), parts[1].end(),
                                 [](char c) { return IsLower(c) || IsDigit(c); });
  return right ? "" : "expected a node type, such as ra3.large";
}

std::string HostName(std::string_view text) {
  if (text.starts_with('/')) return "";  // the folder of a socket
  if (text.find_first_of(" /<>'\"") == std::string_view::npos &&
      std::count(text.begin(), text.end(), ':') != 1) {
    return "";
  }
  return "expected the host name alone; port and database have keys of their own";
}

std::string RoleArn(std::string_view text) {
  const bool right = text.starts_with("arn:") && text.find(":role/") != std::string_view::npos &&
                     text.find_first_of(" '\"") == std::string_view::npos;
  return right ? "" : "expected the ARN of a role, such as arn:aws:iam::123456789012:role/NAME";
}

std::string CidrBlock(std::string_view text) {
  const std::vector<std::string> sides = Split(text, '/');
  const std::vector<std::string> bytes = Split(sides[0], '.');
  const bool right = sides.size() == 2 && ParseNumber<int>(sides[1], 0, 32) && bytes.size() == 4 &&
                     std::all_of(bytes.begin(), bytes.end(), [](const std::string& byte) {
                       return ParseNumber<int>(byte, 0, 255);
                     });
  return right ? "" : "expected an IPv4 address and a prefix length, such as 203.0.113.7/32";
}

// ---- How a text is stored ------------------------------------------------------------------

template <typename Part>
Setter Text(Part C::*part, std::string Part::*field, Check check = AnyText) {
  return [=](C& config, const std::string& value) {
    std::string complaint = check(value);
    if (complaint.empty()) (config.*part).*field = value;
    return complaint;
  };
}

Setter Schema(std::string C::*field) {
  return [=](C& config, const std::string& value) {
    std::string complaint = SchemaName(value);
    if (complaint.empty()) config.*field = value;
    return complaint;
  };
}

template <typename Part>
Setter Hidden(Part C::*part, Secret Part::*field) {
  return [=](C& config, const std::string& value) {
    (config.*part).*field = Secret(value);
    return "";
  };
}

template <typename Number, typename Part, typename Field>
Setter Integer(Part C::*part, Field Part::*field, int64_t lowest, int64_t highest) {
  return [=](C& config, const std::string& value) -> std::string {
    const std::optional<Number> number = ParseNumber<Number>(value, lowest, highest);
    if (!number) return StrCat("expected a whole number from ", lowest, " to ", highest);
    (config.*part).*field = *number;
    return "";
  };
}

template <typename Part>
Setter Port(Part C::*part, std::optional<int> Part::*field) {
  return Integer<int>(part, field, 1, 65535);
}

/// One of a few words, in any case, each with what it stores.
template <typename Value>
Setter Word(std::vector<std::pair<std::string, Value>> choices,
            std::function<void(C&, const Value&)> store) {
  return [choices = std::move(choices), store = std::move(store)](
             C& config, const std::string& value) -> std::string {
    std::vector<std::string> words;
    for (const auto& [word, meaning] : choices) {
      if (word == ToLower(value)) {
        store(config, meaning);
        return "";
      }
      words.push_back(word);
    }
    const std::string nearest = NearestMatch(value, words);
    if (!nearest.empty()) return StrCat("did you mean '", nearest, "'?");
    return StrCat("expected one of ", Join(words, ", "));
  };
}

template <typename Part>
Setter Word(Part C::*part, std::string Part::*field, const std::vector<std::string>& words) {
  std::vector<std::pair<std::string, std::string>> choices;
  choices.reserve(words.size());
  for (const std::string& word : words) choices.emplace_back(word, word);
  return Word<std::string>(std::move(choices), [=](C& config, const std::string& word) {
    (config.*part).*field = word;
  });
}

// The words of Python's ConfigParser.getboolean().
Setter PubliclyAccessible() {
  return Word<bool>({{"true", true},
                     {"false", false},
                     {"yes", true},
                     {"no", false},
                     {"on", true},
                     {"off", false},
                     {"1", true},
                     {"0", false}},
                    [](C& config, bool value) { config.cluster.publicly_accessible = value; });
}

Setter NodePrice() {
  return [](C& config, const std::string& value) -> std::string {
    double price = 0;
    const char* const last = value.data() + value.size();
    const auto [end, error] = std::from_chars(value.data(), last, price);
    if (error != std::errc() || end != last || !(price >= 0) || price > kHighestPrice) {
      return "expected an amount in USD, such as 0.543";
    }
    config.cluster.node_price = price;
    return "";
  };
}

/// Names with commas or blanks between.
Setter SubnetIds() {
  return [](C& config, const std::string& value) -> std::string {
    std::string text = value;
    std::replace(text.begin(), text.end(), ',', ' ');
    std::vector<std::string> ids;
    for (const std::string& id : Split(text, ' ')) {
      if (id.empty()) continue;
      if (!id.starts_with("subnet-") || !IsName(id, 63, false, "-")) {
        return StrCat("'", id, "' is no subnet's id, such as subnet-0a1b2c3d");
      }
      ids.push_back(id);
    }
    config.serverless.subnet_ids = std::move(ids);
    return "";
  };
}

/// "90m", "2h", "3600s".
Setter TimeLimit() {
  return [](C& config, const std::string& value) -> std::string {
    constexpr int64_t kHighest = 999'999;
    const std::string_view digits = std::string_view(value).substr(0, value.size() - 1);
    const auto number = ParseNumber<int64_t>(digits, 1, kHighest);
    const size_t unit = std::string_view("smh").find(value.back());
    if (!number || unit == std::string_view::npos) {
      return "expected a time such as 90m, 2h or 3600s";
    }
    constexpr std::array<int64_t, 3> kSeconds = {1, 60, 3600};
    config.etl.time_limit = std::chrono::seconds(*number * kSeconds.at(unit));
    return "";
  };
}

std::filesystem::path Resolve(const C& config, const std::string& value) {
  const char* const home = std::getenv("HOME");
  if (home != nullptr && (value == "~" || value.starts_with("~/"))) {
    return (std::filesystem::path(home) / value.substr(std::min<size_t>(2, value.size())))
        .lexically_normal();
  }
  return (config.path.parent_path() / value).lexically_normal();
}

template <typename Part>
Setter Path(Part C::*part, std::filesystem::path Part::*field) {
  return [=](C& config, const std::string& value) {
    (config.*part).*field = Resolve(config, value);
    return "";
  };
}

Setter RootCert() {
  return [](C& config, const std::string& value) {
    config.cluster.sslrootcert = Resolve(config, value).string();
    return "";
  };
}

bool IsS3Url(std::string_view value) {
  constexpr std::string_view kScheme = "s3://";
  return value.starts_with(kScheme) && value.size() > kScheme.size() &&
         value[kScheme.size()] != '/';
}

/// An object store's URL as it is, anything else as a path.
Setter Source(std::string C::S3::*field) {
  return [=](C& config, const std::string& value) -> std::string {
    const bool is_url = value.find("://") != std::string::npos;
    if (is_url && !IsS3Url(value)) return "expected s3://bucket/prefix or a path";
    config.s3.*field = is_url ? value : Resolve(config, value).string();
    return "";
  };
}

Setter JsonPaths() {
  return [](C& config, const std::string& value) -> std::string {
    const std::string word = ToLower(value);
    if (word != "auto" && word != "auto ignorecase") {
      return Source(&C::S3::log_jsonpath)(config, value);
    }
    config.s3.log_jsonpath = word;
    return "";
  };
}

std::string StagingPlace(std::string_view value) {
  return IsS3Url(value) ? "" : "expected s3://bucket/prefix";
}

// ---- Where they stand ----------------------------------------------------------------------

/// Every one of the names in every one of the sections, both given as words with blanks between.
Names In(const std::string& sections, const std::string& keys) {
  Names names;
  for (const std::string& section : Split(sections, ' ')) {
    for (const std::string& key : Split(keys, ' ')) names.emplace_back(section, key);
  }
  return names;
}

Names operator+(Names first, const Names& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

class Table {
 public:
  void operator()(Names names, Setter set, bool secret = false) {
    keys_.push_back({std::move(names), std::move(set), secret});
  }
  const std::vector<ConfigKey>& keys() const { return keys_; }

 private:
  std::vector<ConfigKey> keys_;
};

void AddAwsKeys(Table& add) {
  add(In("AWS", "KEY AWS_ACCESS_KEY_ID"), Text(&C::aws, &C::Aws::key));
  add(In("AWS", "SECRET AWS_SECRET_ACCESS_KEY"), Hidden(&C::aws, &C::Aws::secret), true);
  add(In("AWS", "SESSION_TOKEN TOKEN AWS_SESSION_TOKEN"), Hidden(&C::aws, &C::Aws::session_token),
      true);
  add(In("AWS", "PROFILE AWS_PROFILE"), Text(&C::aws, &C::Aws::profile));
  add(In("AWS CLUSTER DWH REGION", "REGION AWS_REGION DWH_REGION"),
      Text(&C::aws, &C::Aws::region, RegionName));
  add(In("AWS", "ENDPOINT_URL AWS_ENDPOINT_URL"), Text(&C::aws, &C::Aws::endpoint_url, Url));
}

void AddDwhKeys(Table& add) {
  add(In("DWH", "ENGINE"),
      Word<EngineKind>({{"redshift", EngineKind::kRedshift},
                        {"serverless", EngineKind::kServerless},
                        {"local", EngineKind::kLocal}},
                       [](C& config, EngineKind engine) { config.engine = engine; }));
  add(In("DWH", "MODEL"), Word<Model>({{"classic", Model::kClassic}, {"history", Model::kHistory}},
                                      [](C& config, Model model) { config.model = model; }));
  add(In("DWH", "STAGE_SCHEMA"), Schema(&C::stage_schema));
  add(In("DWH", "STAR_SCHEMA"), Schema(&C::star_schema));
}

/// The originals' setup files put a cluster's making under [CLUSTER], [DWH] or beside the keys in
/// [AWS], with and without DWH_; how to connect also under [DB].
void AddClusterKeys(Table& add) {
  const std::string making = "CLUSTER DWH AWS";
  const std::string connecting = "CLUSTER DB DWH AWS";
  const auto cluster = &C::cluster;
  using Cluster = C::Cluster;
  add(In(making, "CLUSTER_TYPE DWH_CLUSTER_TYPE"),
      Word(cluster, &Cluster::type, {"single-node", "multi-node"}));
  add(In(making, "NUM_NODES DWH_NUM_NODES"),
      Integer<int64_t>(cluster, &Cluster::num_nodes, 1, 128));
  add(In(making, "NODE_TYPE DWH_NODE_TYPE"), Text(cluster, &Cluster::node_type, NodeType));
  add(In(making, "CLUSTER_IDENTIFIER DWH_CLUSTER_IDENTIFIER"),
      Text(cluster, &Cluster::identifier, Identifier));
  add(In(connecting, "HOST DWH_HOST DWH_ENDPOINT"), Text(cluster, &Cluster::host, HostName));
  add(In(connecting, "DB_NAME DWH_DB DWH_DB_NAME CLUSTER_DB_NAME"),
      Text(cluster, &Cluster::db_name));
  add(In(connecting, "DB_USER DWH_DB_USER CLUSTER_DB_USER"), Text(cluster, &Cluster::db_user));
  add(In(connecting, "DB_PASSWORD DWH_DB_PASSWORD CLUSTER_DB_PASSWORD"),
      Hidden(cluster, &Cluster::db_password), true);
  add(In(connecting, "DB_PORT DWH_PORT DWH_DB_PORT CLUSTER_PORT"),
      Port(cluster, &Cluster::db_port));
  add(In("CLUSTER", "PUBLICLY_ACCESSIBLE"), PubliclyAccessible());
  add(In("CLUSTER", "ALLOWED_CIDR"), Text(cluster, &Cluster::allowed_cidr, CidrBlock));
  add(In("CLUSTER", "SUBNET_GROUP"), Text(cluster, &Cluster::subnet_group, SubnetGroup));
  add(In("CLUSTER", "NODE_PRICE"), NodePrice());
  add(In("CLUSTER DB", "SSLMODE"),
      Word(cluster, &Cluster::sslmode,
           {"disable", "allow", "prefer", "require", "verify-ca", "verify-full"}));
  add(In("CLUSTER DB", "SSLROOTCERT"), RootCert());
}

void AddOtherKeys(Table& add) {
  add(In("SERVERLESS", "NAMESPACE"),
      Text(&C::serverless, &C::Serverless::name_space, ServerlessName));
  add(In("SERVERLESS", "WORKGROUP"),
      Text(&C::serverless, &C::Serverless::workgroup, ServerlessName));
  add(In("SERVERLESS", "BASE_CAPACITY"),
      Integer<int64_t>(&C::serverless, &C::Serverless::base_capacity, 4, 1024));
  add(In("SERVERLESS", "SUBNET_IDS"), SubnetIds());
  add(In("IAM_ROLE", "NAME") +
          In("IAM_ROLE IAM DWH CLUSTER AWS", "IAM_ROLE_NAME DWH_IAM_ROLE_NAME"),
      Text(&C::iam_role, &C::IamRole::name));
  add(In("IAM_ROLE", "POLICY POLICY_NAME POLICY_ARN"), Text(&C::iam_role, &C::IamRole::policy));
  add(In("IAM_ROLE IAM", "ARN") + In("IAM_ROLE IAM DWH CLUSTER AWS", "IAM_ROLE_ARN DWH_ROLE_ARN"),
      Text(&C::iam_role, &C::IamRole::arn, RoleArn));
  add(In("S3", "LOG_DATA"), Source(&C::S3::log_data));
  add(In("S3", "LOG_JSONPATH"), JsonPaths());
  add(In("S3", "SONG_DATA"), Source(&C::S3::song_data));
  add(In("S3", "STAGING"), Text(&C::s3, &C::S3::staging, StagingPlace));
  add(In("LOCAL", "DATA_DIR"), Path(&C::local, &C::Local::data_dir));
  add(In("LOCAL", "PORT"), Port(&C::local, &C::Local::port));
  add(In("ETL", "MAX_ERRORS"), Integer<int64_t>(&C::etl, &C::Etl::max_errors, 0, 100000));
  add(In("ETL", "PACK"),
      Word<Packing>({{"auto", Packing::kAuto}, {"on", Packing::kOn}, {"off", Packing::kOff}},
                    [](C& config, Packing pack) { config.etl.pack = pack; }));
  add(In("ETL", "QUARANTINE"),
      Word<bool>({{"on", true}, {"off", false}},
                 [](C& config, bool quarantine) { config.etl.quarantine = quarantine; }));
  add(In("ETL", "RESULTS_DIR"), Path(&C::etl, &C::Etl::results_dir));
  add(In("ETL", "LOCK_FILE"), Path(&C::etl, &C::Etl::lock_file));
  add(In("ETL", "METRICS_FILE"), Path(&C::etl, &C::Etl::metrics_file));
  add(In("ETL", "ON_FAILURE"), Text(&C::etl, &C::Etl::on_failure));
  add(In("ETL", "TIME_LIMIT"), TimeLimit());
}

}  // namespace

const std::vector<ConfigKey>& ConfigKeys() {
  static const Table table = [] {
    Table all;
    AddAwsKeys(all);
    AddDwhKeys(all);
    AddClusterKeys(all);
    AddOtherKeys(all);
    return all;
  }();
  return table.keys();
}

const ConfigKey* FindConfigKey(const std::string& section, const std::string& key) {
  const ConfigName wanted(ToUpper(section), ToUpper(key));
  for (const ConfigKey& candidate : ConfigKeys()) {
    const Names& names = candidate.names;
    if (std::find(names.begin(), names.end(), wanted) != names.end()) return &candidate;
  }
  return nullptr;
}

}  // namespace dwh
