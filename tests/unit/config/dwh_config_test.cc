#include "config/dwh_config.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/file.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config_keys.h"
#include "config/ini_file.h"

namespace dwh {
namespace {

namespace fs = std::filesystem;

/// config/ of the source tree.
fs::path ConfigFolder() { return fs::path(DWH_SOURCE_DIR) / "config"; }

/// A folder of its own for each test, and an environment in which nothing points elsewhere.
class DwhConfigTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "dwh_config_test.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = fs::canonical(name);
    path_ = folder_ / "dwh.cfg";
    unsetenv("DWH_CONFIG");
    setenv("HOME", "/home/somebody", 1);
    unsetenv("XDG_DATA_HOME");
    SetLogSink([this](LogLevel, std::string_view message) { log_.emplace_back(message); },
               LogLevel::kInfo);
  }
  void TearDown() override {
    SetLogSink(nullptr, LogLevel::kInfo);
    fs::remove_all(folder_);
  }

  void Write(std::string_view text, mode_t mode = 0600) { WriteFileAtomic(path_, text, mode); }
  DwhConfig Load(std::string_view text) {
    Write(text);
    return LoadConfig(path_);
  }

  /// The lines of the error, without the name of the file.
  std::vector<std::string> Mistakes(std::string_view text) {
    Write(text);
    try {
      LoadConfig(path_);
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(error.hint(), "");
      std::vector<std::string> lines;
      for (const std::string& line : Split(error.what(), '\n')) {
        const std::string prefix = path_.string() + ":";
        lines.push_back(line.starts_with(prefix) ? line.substr(prefix.size()) : line);
      }
      if (lines.size() > 1) lines.erase(lines.begin());  // "… has N mistakes"
      return lines;
    }
    return {};
  }
  std::string Mistake(std::string_view text) {
    const std::vector<std::string> lines = Mistakes(text);
    return lines.size() == 1 ? lines.front() : StrCat(lines.size(), " mistakes");
  }

  fs::path folder_;
  fs::path path_;
  std::vector<std::string> log_;
};

// ---- The originals' forms --------------------------------------------------------------------

TEST_F(DwhConfigTest, ReadsDwhPrefixedKeysWithAwsKeys) {
  const DwhConfig config = Load(
      "[AWS]\nKEY=AKIAEXAMPLE\nSECRET=s/e+c=ret%\n\n"
      "[DWH]\nDWH_CLUSTER_TYPE=multi-node\nDWH_NUM_NODES=4\nDWH_NODE_TYPE=dc2.large\n"
      "DWH_IAM_ROLE_NAME=dwhRole\nDWH_CLUSTER_IDENTIFIER=dwhCluster\nDWH_DB=dwh\n"
      "DWH_DB_USER=dwhuser\nDWH_DB_PASSWORD=Passw0rd;#%\nDWH_PORT=5439\n");
  EXPECT_EQ(config.engine, EngineKind::kRedshift);
  EXPECT_EQ(config.aws.key, "AKIAEXAMPLE");
  EXPECT_EQ(config.aws.secret.Reveal(), "s/e+c=ret%");
  EXPECT_EQ(config.cluster.type, "multi-node");
  EXPECT_EQ(config.cluster.num_nodes, 4);
  EXPECT_EQ(config.cluster.node_type, "dc2.large");
  EXPECT_EQ(config.iam_role.name, "dwhRole");
  EXPECT_EQ(config.cluster.identifier, "dwhCluster");
  EXPECT_EQ(config.cluster.db_name, "dwh");
  EXPECT_EQ(config.cluster.db_user, "dwhuser");
  EXPECT_EQ(config.cluster.db_password.Reveal(), "Passw0rd;#%");
  EXPECT_EQ(config.cluster.db_port, 5439);
}

TEST_F(DwhConfigTest, ReadsClusterWithQuotedRoleAndPlaces) {
  const DwhConfig config = Load(
      "[CLUSTER]\nHOST=''\nDB_NAME='user_song_plays'\nDB_USER='sparkify'\nDB_PASSWORD='p w'\n"
      "DB_PORT=5439\n\n[IAM_ROLE]\nARN='arn:aws:iam::123456789012:role/S3Read'\n\n"
      "[S3]\nLOG_DATA='s3://udacity-dend/log_data'\n"
      "LOG_JSONPATH='s3://udacity-dend/log_json_path.json'\nSONG_DATA='s3://udacity-dend/"
      "song_data'");
  EXPECT_EQ(config.engine, EngineKind::kRedshift);
  EXPECT_EQ(config.cluster.host, "");
  EXPECT_EQ(config.cluster.db_name, "user_song_plays");
  EXPECT_EQ(config.cluster.db_password.Reveal(), "p w");
  EXPECT_EQ(config.iam_role.arn, "arn:aws:iam::123456789012:role/S3Read");
  EXPECT_EQ(config.s3.log_data, "s3://udacity-dend/log_data");
  EXPECT_EQ(config.s3.log_jsonpath, "s3://udacity-dend/log_json_path.json");
  EXPECT_EQ(config.s3.song_data, "s3://udacity-dend/song_data");
}

TEST_F(DwhConfigTest, ReadsConnectionKeysUnderDb) {
  const DwhConfig config = Load(
      "[AWS]\nKEY=k\nSECRET=s\nREGION=us-west-2\n[CLUSTER]\nCLUSTER_TYPE=single-node\n"
      "[DB]\nHOST=c1.abc.us-west-2.redshift.amazonaws.com\nDB_NAME=d\nDB_USER=u\n"
      "DB_PASSWORD=p\nDB_PORT=5440\n[IAM_ROLE]\nARN=arn:aws:iam::123456789012:role/r\n");
  EXPECT_EQ(config.engine, EngineKind::kRedshift);
  EXPECT_EQ(config.aws.region, "us-west-2");
  EXPECT_EQ(config.cluster.host, "c1.abc.us-west-2.redshift.amazonaws.com");
  EXPECT_EQ(config.cluster.db_name, "d");
  EXPECT_EQ(config.cluster.db_user, "u");
  EXPECT_EQ(config.cluster.db_password.Reveal(), "p");
  EXPECT_EQ(config.cluster.db_port, 5440);
}

TEST_F(DwhConfigTest, ReadsSetupFilesInOneSectionOrMany) {
  const std::string making =
      "CLUSTER_TYPE=multi-node\nNUM_NODES=2\nNODE_TYPE=ra3.large\nCLUSTER_IDENTIFIER=c1\n"
      "CLUSTER_PORT=5555\nCLUSTER_DB_NAME=d\nDB_USER=u\nDB_PASSWORD=p\n";
  for (const std::string& text :
       {"[AWS]\nKEY=k\nSECRET=s\nREGION=us-west-2\n" + making + "IAM_ROLE_NAME=r\n",
        "[AWS]\nKEY=k\nSECRET=s\nREGION=us-west-2\n[CLUSTER]\n" + making +
            "[IAM_ROLE]\nIAM_ROLE_NAME=r\n",
        "[aws]\nkey=k\nsecret=s\n[Cluster]\nregion=us-west-2\n" + making + "IAM_ROLE_NAME=r\n"}) {
    const DwhConfig config = Load(text);
    EXPECT_EQ(config.engine, EngineKind::kRedshift);
    EXPECT_EQ(config.aws.key, "k");
    EXPECT_EQ(config.aws.region, "us-west-2");
    EXPECT_EQ(config.cluster.type, "multi-node");
    EXPECT_EQ(config.cluster.num_nodes, 2);
    EXPECT_EQ(config.cluster.node_type, "ra3.large");
    EXPECT_EQ(config.cluster.identifier, "c1");
    EXPECT_EQ(config.cluster.db_port, 5555);
    EXPECT_EQ(config.cluster.db_name, "d");
    EXPECT_EQ(config.cluster.db_user, "u");
    EXPECT_EQ(config.iam_role.name, "r");
  }
}

TEST_F(DwhConfigTest, OneThingUnderTwoNamesIsRightWhileBothSayTheSame) {
  const std::string text = "[CLUSTER]\nDB_NAME=a\nHOST=\n[DWH]\nDWH_DB=a\nDWH_HOST=h\n";
  EXPECT_EQ(Load(text).cluster.db_name, "a");
  EXPECT_EQ(Load(text).cluster.host, "h");
  EXPECT_EQ(Mistake("[CLUSTER]\nDB_NAME=a\n[DWH]\nDWH_DB=b\n"),
            "4: DWH_DB says the same as DB_NAME of [CLUSTER] on line 2 but has another value");
}

// ---- Every key -------------------------------------------------------------------------------

TEST_F(DwhConfigTest, ReadsEveryOtherKey) {
  const DwhConfig config = Load(
      "[AWS]\nKEY=k\nSECRET=s\nSESSION_TOKEN=" + std::string(1500, 't') +
      "\nPROFILE=p\nENDPOINT_URL=http://127.0.0.1:5000\n"
      "[DWH]\nENGINE=Serverless\nMODEL=history\nSTAGE_SCHEMA=s1\nSTAR_SCHEMA=s2\n"
      "[CLUSTER]\nPUBLICLY_ACCESSIBLE=Yes\nALLOWED_CIDR=203.0.113.7/32\nSSLMODE=require\n"
      "SSLROOTCERT=ca.pem\n[SERVERLESS]\nNAMESPACE=name1\nWORKGROUP=work1\nBASE_CAPACITY=8\n"
      "[S3]\nSTAGING=s3://b/p\nLOG_JSONPATH=Auto IgnoreCase\n[LOCAL]\nDATA_DIR=~/d\nPORT=6000\n"
      "[ETL]\nMAX_ERRORS=100000\nRESULTS_DIR=out\nLOCK_FILE=/run/x.lock\nMETRICS_FILE=m.prom\n"
      "ON_FAILURE=mail -s 'a;b' me\nTIME_LIMIT=90m\n");
  EXPECT_EQ(config.aws.session_token.Reveal(), std::string(1500, 't'));
  EXPECT_EQ(config.aws.profile, "p");
  EXPECT_EQ(config.aws.endpoint_url, "http://127.0.0.1:5000");
  EXPECT_EQ(config.engine, EngineKind::kServerless);
  EXPECT_EQ(config.model, Model::kHistory);
  EXPECT_EQ(config.stage_schema, "s1");
  EXPECT_EQ(config.star_schema, "s2");
  EXPECT_EQ(config.cluster.publicly_accessible, true);
  EXPECT_EQ(config.cluster.allowed_cidr, "203.0.113.7/32");
  EXPECT_EQ(config.cluster.sslmode, "require");
  EXPECT_EQ(config.cluster.sslrootcert, folder_ / "ca.pem");
  EXPECT_EQ(config.serverless.name_space, "name1");
  EXPECT_EQ(config.serverless.workgroup, "work1");
  EXPECT_EQ(config.serverless.base_capacity, 8);
  EXPECT_EQ(config.s3.staging, "s3://b/p");
  EXPECT_EQ(config.s3.log_jsonpath, "auto ignorecase");
  EXPECT_EQ(config.local.data_dir, "/home/somebody/d");
  EXPECT_EQ(config.local.port, 6000);
  EXPECT_EQ(config.etl.max_errors, 100000);
  EXPECT_EQ(config.etl.results_dir, folder_ / "out");
  EXPECT_EQ(config.etl.lock_file, "/run/x.lock");
  EXPECT_EQ(config.etl.metrics_file, folder_ / "m.prom");
  EXPECT_EQ(config.etl.time_limit, std::chrono::minutes(90));
  EXPECT_EQ(config.etl.on_failure, "mail -s 'a;b' me");
}

TEST_F(DwhConfigTest, TimeLimitsHaveAUnit) {
  EXPECT_EQ(Load("[ETL]\nTIME_LIMIT=3600s\n").etl.time_limit, std::chrono::hours(1));
  EXPECT_EQ(Load("[ETL]\nTIME_LIMIT=2h\n").etl.time_limit, std::chrono::hours(2));
  EXPECT_EQ(Load("[ETL]\nTIME_LIMIT=\n").etl.time_limit, std::chrono::seconds(0));
  for (const char* wrong : {"90", "m", "0m", "-1h", "1.5h", "1h30m", "2 h", "2d", "9999999s"}) {
    EXPECT_EQ(Mistake(StrCat("[ETL]\nTIME_LIMIT=", wrong, "\n")),
              StrCat("2: TIME_LIMIT = '", wrong, "': expected a time such as 90m, 2h or 3600s"));
  }
}

// The example is the reference that hints point at: all keys, by their first names, and no others.
TEST_F(DwhConfigTest, TheExampleHasEveryKeyAndLoads) {
  const std::string text = ReadFile(ConfigFolder() / "dwh.cfg.example");
  std::vector<std::pair<std::string, std::string>> in_example;
  for (const IniEntry& entry : ParseIni(text).entries) {
    in_example.emplace_back(entry.section, entry.key);
  }
  std::vector<std::pair<std::string, std::string>> in_table;
  for (const ConfigKey& key : ConfigKeys()) {
    in_table.push_back(key.names.front());
    for (const auto& name : key.names) {
      EXPECT_NE(text.find(name.second), std::string::npos) << name.second;
    }
  }
  EXPECT_EQ(in_example, in_table);
  EXPECT_EQ(Load(text).engine, EngineKind::kLocal);
}

TEST_F(DwhConfigTest, NoNameBelongsToTwoKeys) {
  for (const ConfigKey& key : ConfigKeys()) {
    for (const auto& [section, name] : key.names) {
      EXPECT_EQ(FindConfigKey(section, name), &key) << section << " " << name;
    }
  }
}

TEST_F(DwhConfigTest, TheLocalFileLoads) {
  const DwhConfig config = Load(ReadFile(ConfigFolder() / "local.cfg"));
  EXPECT_EQ(config.engine, EngineKind::kLocal);
  EXPECT_EQ(config.s3.log_data, folder_ / "data/log_data");
}

// ---- Defaults --------------------------------------------------------------------------------

TEST_F(DwhConfigTest, AnEmptyFileIsALocalWarehouse) {
  const DwhConfig config = Load("");
  EXPECT_EQ(config.path, path_);
  EXPECT_EQ(config.engine, EngineKind::kLocal);
  EXPECT_EQ(config.model, Model::kClassic);
  EXPECT_EQ(config.stage_schema, "stage");
  EXPECT_EQ(config.star_schema, "star");
  EXPECT_EQ(config.cluster.db_name, "sparkify");
  EXPECT_EQ(config.cluster.db_user, "dwh");
  EXPECT_FALSE(config.cluster.db_port.has_value());
  EXPECT_EQ(config.etl.max_errors, 0);
  EXPECT_EQ(config.etl.results_dir, folder_);
  EXPECT_EQ(config.etl.lock_file, folder_ / ".dwh.cfg.etl.lock");
}

TEST_F(DwhConfigTest, EmptyValuesHaveTheirDefaults) {
  const DwhConfig config = Load("[DWH]\nENGINE=\nMODEL=''\n[CLUSTER]\nDB_PORT=\nNUM_NODES=\"\"\n");
  EXPECT_EQ(config.engine, EngineKind::kLocal);
  EXPECT_FALSE(config.cluster.num_nodes.has_value());
}

TEST_F(DwhConfigTest, RedshiftHasItsOwnDefaults) {
  const DwhConfig config = Load("[DWH]\nENGINE=redshift\n");
  EXPECT_EQ(config.cluster.db_name, "dev");
  EXPECT_EQ(config.cluster.db_user, "awsuser");
  EXPECT_EQ(config.cluster.db_port, 5439);
  EXPECT_EQ(config.cluster.sslmode, "verify-full");
  EXPECT_EQ(config.local.data_dir, "");
  EXPECT_EQ(Load("[SERVERLESS]\nWORKGROUP=work1\n").serverless.name_space, "work1");
}

TEST_F(DwhConfigTest, TheEngineFollowsFromWhatTheFileNames) {
  const std::vector<std::pair<std::string, EngineKind>> cases = {
      {"[CLUSTER]\nDB_NAME=x\nDB_PASSWORD=y\n", EngineKind::kLocal},
      {"[CLUSTER]\nHOST=/var/lib/x\n", EngineKind::kLocal},
      {"[CLUSTER]\nHOST=127.0.0.1\n[LOCAL]\nPORT=6000\n", EngineKind::kLocal},
      {"[CLUSTER]\nHOST=h.example\n", EngineKind::kRedshift},
      {"[CLUSTER]\nNUM_NODES=2\n", EngineKind::kRedshift},
      {"[CLUSTER]\nNODE_TYPE=ra3.large\n", EngineKind::kRedshift},
      {"[CLUSTER]\nCLUSTER_TYPE=multi-node\n", EngineKind::kRedshift},
      {"[DWH]\nDWH_CLUSTER_IDENTIFIER=c1\n", EngineKind::kRedshift},
      {"[IAM_ROLE]\nNAME=r\n", EngineKind::kRedshift},
      {"[IAM_ROLE]\nARN=arn:aws:iam::1:role/r\n", EngineKind::kRedshift},
      {"[IAM_ROLE]\nNAME=r\n[SERVERLESS]\nNAMESPACE=abc\n", EngineKind::kServerless},
      {"[SERVERLESS]\nBASE_CAPACITY=8\n", EngineKind::kLocal},
      {"[SERVERLESS]\nNAMESPACE=abc\n[DWH]\nENGINE=redshift\n", EngineKind::kRedshift},
      {"[CLUSTER]\nCLUSTER_IDENTIFIER=c1\n[DWH]\nENGINE=local\n", EngineKind::kLocal}};
  for (const auto& [text, engine] : cases) EXPECT_EQ(Load(text).engine, engine) << text;
}

TEST_F(DwhConfigTest, TheDataFolderDependsOnUserAndIdentifier) {
  const std::string named = "[DWH]\nENGINE=local\n[CLUSTER]\nCLUSTER_IDENTIFIER=c1\n";
  if (geteuid() == 0) {
    EXPECT_EQ(Load("").local.data_dir, "/var/lib/sparkify_dwh/local");
    EXPECT_EQ(Load(named).local.data_dir, "/var/lib/sparkify_dwh/c1");
  } else {
    EXPECT_EQ(Load("").local.data_dir, "/home/somebody/.local/share/sparkify_dwh/local");
    setenv("XDG_DATA_HOME", "relative", 1);
    EXPECT_EQ(Load("").local.data_dir, "/home/somebody/.local/share/sparkify_dwh/local");
    setenv("XDG_DATA_HOME", "/xdg", 1);
    EXPECT_EQ(Load(named).local.data_dir, "/xdg/sparkify_dwh/c1");
  }
}

TEST_F(DwhConfigTest, PathsAreRelativeToTheFileAndUrlsStayAsTheyAre) {
  const DwhConfig config = Load(
      "[S3]\nLOG_DATA=../logs/\nSONG_DATA=s3://b/../song data//x\nLOG_JSONPATH=~/paths.json\n"
      "[LOCAL]\nDATA_DIR=pg\n");
  EXPECT_EQ(config.s3.log_data, (folder_.parent_path() / "logs/").string());
  EXPECT_EQ(config.s3.song_data, "s3://b/../song data//x");
  EXPECT_EQ(config.s3.log_jsonpath, "/home/somebody/paths.json");
  EXPECT_EQ(config.local.data_dir, folder_ / "pg");
}

// ---- Mistakes --------------------------------------------------------------------------------

TEST_F(DwhConfigTest, ReportsAllMistakesAtOnceInTheOrderOfTheirLines) {
  EXPECT_EQ(Mistakes("[AWS]\nKEY=k\nKEY=l\n[CLUSTR]\nANY=1\n[CLUSTER]\nNUM_NODS=4\nDB_PORT=70000\n"
                     "garbage\nCLUSTER_TYPE=multi\n"),
            (std::vector<std::string>{
                "2: KEY without SECRET in [AWS]", "3: key 'KEY' of [AWS] is already on line 2",
                "4: unknown section [CLUSTR]; did you mean 'CLUSTER'?",
                "7: unknown key 'NUM_NODS' in [CLUSTER]; did you mean 'NUM_NODES'?",
                "8: DB_PORT = '70000': expected a whole number from 1 to 65535",
                "9: expected '[section]' or 'key = value'",
                "10: CLUSTER_TYPE = 'multi': expected one of single-node, multi-node"}));
}

TEST_F(DwhConfigTest, NamesFileAndLine) {
  Write("\n[S3]\nX=1\n");
  try {
    LoadConfig(path_);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), path_.string() + ":3: unknown key 'X' in [S3]");
  }
}

TEST_F(DwhConfigTest, TellsWhereAMisplacedKeyBelongs) {
  EXPECT_EQ(Mistake("[S3]\nMAX_ERRORS=1\n"),
            "2: unknown key 'MAX_ERRORS' in [S3]; did you mean it for [ETL]?");
}

TEST_F(DwhConfigTest, RefusesWrongValues) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"DWH", "ENGINE=postgres"},
      {"DWH", "MODEL=old"},
      {"DWH", "STAGE_SCHEMA=Stage"},
      {"DWH", "STAGE_SCHEMA=1a"},
      {"DWH", "STAR_SCHEMA=a b"},
      {"DWH", "STAR_SCHEMA=pg_x"},
      {"DWH", "STAR_SCHEMA=stage"},
      {"DWH", "STAR_SCHEMA=" + std::string(64, 'a')},
      {"CLUSTER", "NUM_NODES=0"},
      {"CLUSTER", "NUM_NODES=4x"},
      {"CLUSTER", "NUM_NODES=-1"},
      {"CLUSTER", "NUM_NODES=99999999999999999999"},
      {"CLUSTER", "NODE_TYPE=large"},
      {"CLUSTER", "CLUSTER_IDENTIFIER=../x"},
      {"CLUSTER", "CLUSTER_IDENTIFIER=a--b"},
      {"CLUSTER", "HOST=h.example:5439/dev"},
      {"CLUSTER", "HOST=<host>"},
      {"CLUSTER", "DB_PORT=0"},
      {"CLUSTER", "DB_PORT=65536"},
      {"CLUSTER",
       "DB_PORT=5439 "
       " ;x"},
      {"CLUSTER", "PUBLICLY_ACCESSIBLE=maybe"},
      {"CLUSTER", "ALLOWED_CIDR=1.2.3.4"},
      {"CLUSTER", "ALLOWED_CIDR=1.2.3.256/32"},
      {"CLUSTER", "ALLOWED_CIDR=1.2.3.4/33"},
      {"CLUSTER", "ALLOWED_CIDR=1.2.3/8"},
      {"CLUSTER", "SSLMODE=verify_full"},
      {"CLUSTER", "SUBNET_GROUP=a group"},
      {"SERVERLESS", "NAMESPACE=A"},
      {"SERVERLESS", "SUBNET_IDS=subnet-1, sg-1"},
      {"SERVERLESS", "BASE_CAPACITY=3"},
      {"IAM_ROLE", "ARN=role/x"},
      {"AWS", "REGION=us west"},
      {"AWS", "ENDPOINT_URL=localhost"},
      {"AWS", "SESSION_TOKEN=x"},
      {"AWS", "SECRET=x"},
      {"S3", "LOG_DATA=gs://b/p"},
      {"S3", "SONG_DATA=s3://"},
      {"S3", "STAGING=folder"},
      {"LOCAL", "PORT=x"},
      {"ETL", "MAX_ERRORS=100001"},
      {"ETL", "MAX_ERRORS=-1"},
      {"ETL", "MAX_ERRORS=1.5"}};
  for (const auto& [section, line] : cases) {
    const std::string text = StrCat("[", section, "]\n", line, "\n");
    EXPECT_TRUE(Mistake(text).starts_with("2: ")) << text << Mistake(text);
  }
  EXPECT_EQ(Mistake("[CLUSTER]\nCLUSTER_TYPE=single-node\nNUM_NODES=4\n"),
            "3: NUM_NODES = 4 does not go with a single-node cluster");
  EXPECT_EQ(Mistake("[CLUSTER]\nSSLMODE=verify_full\n"),
            "2: SSLMODE = 'verify_full': did you mean 'verify-full'?");
}

TEST_F(DwhConfigTest, ReadsAListOfSubnets) {
  const std::vector<std::string> ids = {"subnet-0a1b", "subnet-2c"};
  for (const char* value :
       {"subnet-0a1b,subnet-2c", " subnet-0a1b , subnet-2c,", "'subnet-0a1b subnet-2c'"}) {
    EXPECT_EQ(Load(StrCat("[SERVERLESS]\nSUBNET_IDS=", value, "\n")).serverless.subnet_ids, ids);
  }
}

TEST_F(DwhConfigTest, RefusesAValueOverSeveralLinesButInACommand) {
  EXPECT_TRUE(Mistake("[CLUSTER]\nHOST=\n  DB_NAME=x\n").starts_with("3: HOST goes on over"));
  EXPECT_EQ(Load("[ETL]\nON_FAILURE=a\n  b\n").etl.on_failure, "a\nb");
}

TEST_F(DwhConfigTest, NeverShowsASecret) {
  for (const std::string line : {"DB_PASSWORD=hush\n hush", "DB_PASSWORD=hush\nDB_PASSWORD=hush2",
                                 "DB_PASSWORD=hush\n[DB]\nDB_PASSWORD=hush2"}) {
    for (const std::string& mistake : Mistakes("[CLUSTER]\n" + line + "\n")) {
      EXPECT_EQ(mistake.find("hush"), std::string::npos) << mistake;
    }
    EXPECT_FALSE(Mistakes("[CLUSTER]\n" + line + "\n").empty());
  }
}

TEST_F(DwhConfigTest, AMissingOrUnreadableFileIsAUsageError) {
  for (const fs::path& path : {folder_ / "none.cfg", folder_}) {
    try {
      LoadConfig(path);
      FAIL() << path;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kUsage);
      EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
    }
  }
}

TEST_F(DwhConfigTest, WarnsWhenOthersCanReadASecret) {
  Write("[CLUSTER]\nDB_PASSWORD=hush\n", 0640);
  LoadConfig(path_);
  ASSERT_EQ(log_.size(), 1U);
  EXPECT_NE(log_[0].find("chmod 600 " + path_.string()), std::string::npos);
  EXPECT_EQ(log_[0].find("hush"), std::string::npos);
  Write("[CLUSTER]\nDB_PASSWORD=hush\n", 0600);
  LoadConfig(path_);
  Write("[CLUSTER]\nDB_USER=u\n", 0644);
  LoadConfig(path_);
  EXPECT_EQ(log_.size(), 1U);
}

TEST_F(DwhConfigTest, FindsTheFileByFlagThenEnvironmentThenName) {
  EXPECT_EQ(FindConfig(""), "dwh.cfg");
  setenv("DWH_CONFIG", "/etc/a.cfg", 1);
  EXPECT_EQ(FindConfig(""), "/etc/a.cfg");
  EXPECT_EQ(FindConfig("b.cfg"), "b.cfg");
  setenv("DWH_CONFIG", "", 1);
  EXPECT_EQ(FindConfig(""), "dwh.cfg");
}

// ---- Write-back ------------------------------------------------------------------------------

TEST_F(DwhConfigTest, UpdateSetsAKeyWhereItStandsUnderWhateverName) {
  Write("# mine\n[DB]\nHOST=\n\n[IAM_ROLE]\nARN=''\n[DWH]\nDWH_DB_PASSWORD=old\n", 0644);
  UpdateConfig(path_, {{{"CLUSTER", "HOST"}, "h.example"},
                       {{"IAM_ROLE", "ARN"}, "arn:aws:iam::1:role/r"},
                       {{"CLUSTER", "DB_PASSWORD"}, " \"n;#%ew' "},
                       {{"CLUSTER", "DB_PORT"}, "5439"}});
  EXPECT_EQ(ReadFile(path_),
            "# mine\n[DB]\nHOST=h.example\n\n[IAM_ROLE]\nARN='arn:aws:iam::1:role/r'\n[DWH]\n"
            "DWH_DB_PASSWORD=\" \"n;#%ew' \"\n\n[CLUSTER]\nDB_PORT=5439\n");
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
  const DwhConfig config = LoadConfig(path_);
  EXPECT_EQ(config.cluster.host, "h.example");
  EXPECT_EQ(config.cluster.db_password.Reveal(), " \"n;#%ew' ");
  EXPECT_EQ(config.cluster.db_port, 5439);
}

TEST_F(DwhConfigTest, UpdateSetsEveryNameThatTheFileUses) {
  Write("[CLUSTER]\nHOST=old\n[DWH]\nDWH_ENDPOINT=old\n");
  UpdateConfig(path_, {{{"CLUSTER", "HOST"}, "new"}});
  EXPECT_EQ(ReadFile(path_), "[CLUSTER]\nHOST=new\n[DWH]\nDWH_ENDPOINT=new\n");
}

TEST_F(DwhConfigTest, AFailedUpdateLeavesTheFileAsItWas) {
  const std::string text = "[CLUSTER]\nHOST=h\n";
  Write(text, 0640);
  EXPECT_THROW(UpdateConfig(path_, {{{"CLUSTER", "DB_NAME"}, "d"}, {{"CLUSTER", "HOST"}, "a\nb"}}),
               Error);
  EXPECT_THROW(UpdateConfig(path_, {{{"CLUSTER", "NO_SUCH"}, "d"}}), Error);
  EXPECT_EQ(ReadFile(path_), text);
  EXPECT_THROW(UpdateConfig(folder_ / "none.cfg", {{{"CLUSTER", "HOST"}, "h"}}), Error);
  EXPECT_FALSE(fs::exists(folder_ / "none.cfg"));
}

TEST_F(DwhConfigTest, TheLocalEngineStaysLocalAfterWriteBack) {
  Write("");
  UpdateConfig(path_, {{{"CLUSTER", "HOST"}, "/var/lib/sparkify_dwh/local"},
                       {{"CLUSTER", "DB_PORT"}, "5432"},
                       {{"CLUSTER", "DB_PASSWORD"}, "p"}});
  EXPECT_EQ(LoadConfig(path_).engine, EngineKind::kLocal);
}

}  // namespace
}  // namespace dwh
