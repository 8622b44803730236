#include "warehouse/connect.h"

#include <unistd.h>

#include <random>
#include <utility>

#include "aws/session.h"
#include "base/digest.h"
#include "base/text.h"
#include "engine/local_engine.h"
#include "engine/redshift_dialect.h"
#include "engine/redshift_engine.h"
#include "ingest/any_source.h"
#include "ingest/s3_source.h"
#include "warehouse/aws_settings.h"
#include "warehouse/sign_in.h"

namespace dwh {
namespace {

std::unique_ptr<Engine> OpenLocal(const DwhConfig& config, const std::string& program) {
  if (config.cluster.host.empty()) {
    throw Error(ErrorKind::kUnavailable,
                StrCat("no warehouse: HOST is not set in ", config.path.string()),
                "`manage_dwh create` makes the warehouse and sets it.");
  }
  ConnectParams params;
  params.host = config.cluster.host;
  params.port = config.cluster.db_port.value_or(5432);
  params.database = config.cluster.db_name;
  params.user = config.cluster.db_user;
  params.password = config.cluster.db_password;
  params.application_name = program;
  return std::make_unique<LocalEngine>(std::move(params), OpenSource(config));
}

/// What the logins of one engine come from, kept as long as it may need more of them.
class Logins {
 public:
  Logins(DwhConfig config, const std::string& program, AskPerson ask)
      : config_(std::move(config)),
        ask_(std::move(ask)),
        sign_in_(config_, program, RealClock(), [this]() -> AwsClient& { return Client(); }) {}
  Logins(const Logins&) = delete;
  Logins& operator=(const Logins&) = delete;

  ConnectParams Next() { return sign_in_.Params(); }

 private:
  /// Made when it is needed: a login with a password takes no AWS.
  AwsClient& Client() {
    if (!session_) session_ = std::make_unique<AwsSession>(AwsConfigOf(config_), RealClock(), ask_);
    return session_->client();
  }

  DwhConfig config_;
  AskPerson ask_;
  std::unique_ptr<AwsSession> session_;
  SignIn sign_in_;
};

/// [S3] STAGING without "/" at its end.
std::string StagingFolder(const DwhConfig& config) {
  std::string folder = config.s3.staging;
  while (folder.ends_with('/')) folder.pop_back();
  return folder;
}

/// A folder that no other run uses, or "".
std::string RunFolder(const DwhConfig& config) {
  const std::string folder = StagingFolder(config);
  if (folder.empty()) return "";
  std::random_device random;
  return StrCat(folder, "/", FormatCompact(RealClock().Now()), "-", getpid(), "-", random());
}

/// Parts outlive a run that was interrupted, so their folder is the warehouse's.
PackSetup PackSetupOf(const DwhConfig& config) {
  constexpr size_t kShort = 16;
  PackSetup setup;
  const std::string folder = StagingFolder(config);
  if (folder.empty() || config.etl.pack == Packing::kOff) return setup;
  setup.mode = config.etl.pack == Packing::kOn ? PackMode::kOn : PackMode::kAuto;
  const std::string warehouse =
      StrCat(config.cluster.host, "\n", config.cluster.identifier, "\n",
             config.serverless.workgroup, "\n", config.cluster.db_name, "\n", config.stage_schema);
  setup.folder = StrCat(folder, "/packed-", Sha256Hex(warehouse).substr(0, kShort));
  return setup;
}

std::unique_ptr<Engine> OpenRedshift(const DwhConfig& config, const std::string& program,
                                     AskPerson ask) {
  const auto logins = std::make_shared<Logins>(config, program, std::move(ask));
  RedshiftSetup setup;
  setup.kind =
      config.engine == EngineKind::kServerless ? RedshiftKind::kServerless : RedshiftKind::kCluster;
  setup.login = [logins] { return logins->Next(); };
  setup.source = OpenSource(config);
  setup.make_store = [aws = AwsConfigOf(config)] { return MakeS3Store(aws, RealClock()); };
  setup.staging = RunFolder(config);
  setup.pack = PackSetupOf(config);
  return std::make_unique<RedshiftEngine>(std::move(setup));
}

}  // namespace

std::unique_ptr<Engine> OpenEngine(const DwhConfig& config, const std::string& program,
                                   AskPerson ask) {
  return config.engine == EngineKind::kLocal ? OpenLocal(config, program)
                                             : OpenRedshift(config, program, std::move(ask));
}

std::unique_ptr<ObjectSource> OpenSource(const DwhConfig& config) {
  return MakeAnySource([aws = AwsConfigOf(config)] { return MakeS3Source(aws, RealClock()); });
}

std::string RenderStatement(const DwhConfig& config, const SqlStatement& statement) {
  if (config.engine != EngineKind::kLocal) return statement.text;
  return ToPostgres(statement.text, statement.file, statement.line);
}

}  // namespace dwh
