#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include "aws/aws_client.h"
#include "aws/redshift.h"
#include "base/clock.h"
#include "config/dwh_config.h"
#include "pg/connect_params.h"

namespace dwh {

/// How to log in to the Redshift cluster or workgroup of dwh.cfg. What dwh.cfg leaves open AWS is
/// asked for: HOST, and with an empty DB_PASSWORD a temporary login (facts/aws-control-plane,
/// sections 3.4 and 3.8).
class SignIn {
 public:
  /// `aws` is called when AWS has to be asked, never before. `program` is the application name that
  /// the server sees. `config` must outlive this.
  SignIn(const DwhConfig& config, std::string program, Clock& clock,
         std::function<AwsClient&()> aws);

  /// For a session that begins now. A temporary login is fetched anew when it nears its end.
  /// Throws Error(kUnavailable) if there is no such warehouse or AWS gives no login, Error(kUsage)
  /// if dwh.cfg does not name one, or if no authorities are found to check the server by.
  ConnectParams Params();

 private:
  void FindHost();
  void RenewLogin();
  std::string Identifier() const;
  bool serverless() const { return config_.engine == EngineKind::kServerless; }

  const DwhConfig& config_;
  Clock& clock_;
  std::function<AwsClient&()> aws_;
  ConnectParams params_;
  std::optional<SteadyTime> fetched_;  ///< When the temporary login was.
};

/// The first of `files` that exists, or, if it is empty, of those where distributions keep the
/// authorities that they trust. "" if there is none.
std::filesystem::path FindCaBundle(std::span<const std::filesystem::path> files = {});

}  // namespace dwh
