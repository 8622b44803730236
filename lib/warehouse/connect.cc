#include "warehouse/connect.h"

#include "base/text.h"
#include "engine/local_engine.h"
#include "engine/redshift_dialect.h"
#include "ingest/any_source.h"
#include "ingest/s3_source.h"
#include "warehouse/aws_settings.h"

namespace dwh {

std::unique_ptr<Engine> OpenEngine(const DwhConfig& config, const std::string& program) {
  if (config.engine != EngineKind::kLocal) {
    throw Error(ErrorKind::kUsage,
                StrCat("this version loads into ENGINE=local only; ", config.path.string(),
                       " says ", EngineName(config.engine)),
                "set ENGINE=local in [DWH].");
  }
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
  auto source =
      MakeAnySource([aws = AwsConfigOf(config)] { return MakeS3Source(aws, RealClock()); });
  return std::make_unique<LocalEngine>(std::move(params), std::move(source));
}

std::string RenderStatement(const DwhConfig& config, const SqlStatement& statement) {
  if (config.engine != EngineKind::kLocal) return statement.text;
  return ToPostgres(statement.text, statement.file, statement.line);
}

}  // namespace dwh
