#include "warehouse/aws_provisioner.h"

#include "aws/sts.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "pg/connection.h"
#include "warehouse/aws_policies.h"
#include "warehouse/sign_in.h"
#include "warehouse/wait.h"
#include "warehouse/write_back.h"

namespace dwh {
namespace {

using std::chrono::seconds;

/// What to do about a connection that no waiting mends.
std::string RemedyFor(const ConnectError& error, EngineKind engine) {
  if (error.cause() == ConnectError::Cause::kTls) {
    return "SSLROOTCERT in [CLUSTER] of dwh.cfg names the authorities to trust; something between "
           "here and there, such as a proxy, may have a certificate of its own.";
  }
  if (error.said().find("password") == std::string::npos)
    return "see DB_NAME and DB_USER in [CLUSTER] of dwh.cfg.";
  const std::string_view reset =
      engine == EngineKind::kServerless
          ? "`aws redshift-serverless update-namespace --admin-user-password`"
          : "`aws redshift modify-cluster --master-user-password`";
  return StrCat(
      "set DB_USER and DB_PASSWORD in [CLUSTER] of dwh.cfg to what it was made with, or give it a "
      "new password with ",
      reset, " or in the console. It was tried once only: Redshift locks users out.");
}

}  // namespace

std::string CodeOf(const Error& error) {
  const auto* const refused = dynamic_cast<const AwsError*>(&error);
  return refused == nullptr ? "" : refused->code();
}

AwsProvisioner::AwsProvisioner(DwhConfig config, AwsWarehouseSpec spec, Clock& clock,
                               std::unique_ptr<AwsSession> session)
    : config_(std::move(config)),
      clock_(clock),
      spec_(std::move(spec)),
      session_(std::move(session)),
      role_(session_->client(), config_, spec_),
      ingress_(session_->client(), clock, spec_) {}

std::vector<std::pair<std::string, std::string>> AwsProvisioner::Policies() {
  const std::string partition = session_->settings().Partition();
  const std::string role = spec_.role_name.empty() ? "*" : spec_.role_name;
  return {{"For whoever runs these programs", OperatorPolicy(config_, role, partition)},
          {StrCat("Who may assume role ", role), TrustPolicy()},
          {StrCat("What role ", role, " may do"), CopyPolicy(config_, partition)}};
}

void AwsProvisioner::CheckCaller() {
  const CallerIdentity caller = StsClient(session_->client()).GetCallerIdentity();
  LogInfo(StrCat("Acting in account ", caller.account, ", region ", session_->settings().region,
                 ", as ", caller.arn, "."));
}

std::string AwsProvisioner::ClientCidr() {
  if (!spec_.allowed_cidr.empty() || !spec_.publicly_accessible) return spec_.allowed_cidr;
  return CanonicalCidr(session_->OwnAddress() + "/32");
}

Secret AwsProvisioner::Password() {
  spec_.password = EnsurePassword(config_);
  return spec_.password;
}

void AwsProvisioner::HandOver(const std::string& host, int port, const std::string& role_arn) {
  WriteBack(config_, {{{"CLUSTER", "HOST"}, host},
                      {{"CLUSTER", "DB_PORT"}, std::to_string(port)},
                      {{"IAM_ROLE", "ARN"}, role_arn}});
  TryLogin(host, port);
}

void AwsProvisioner::TakeBack() {
  ConfigValues values = {{{"CLUSTER", "HOST"}, ""}};
  // An ARN without a NAME was given, not written by us.
  if (!spec_.role_name.empty()) values[{"IAM_ROLE", "ARN"}] = "";
  WriteBack(config_, values);
}

void AwsProvisioner::TryLogin(const std::string& host, int port) const {
  if (spec_.password.empty()) return;  // then logins come from IAM, for minutes only
  constexpr int kTimeout = 5;
  ConnectParams params;
  params.host = host;
  params.port = port;
  params.database = spec_.database;
  params.user = spec_.user;
  params.password = spec_.password;
  params.sslmode = config_.cluster.sslmode;
  params.sslrootcert =
      config_.cluster.sslrootcert.empty() ? FindCaBundle().string() : config_.cluster.sslrootcert;
  params.application_name = "manage_dwh";
  params.connect_timeout_s = kTimeout;
  try {
    const Connection connection(params);
    LogInfo(StrCat("It answers on ", host, ":", port, ", and takes the login."));
  } catch (const ConnectError& error) {
    ThrowIfInterrupted();
    switch (error.cause()) {
      case ConnectError::Cause::kRefused:
      case ConnectError::Cause::kTls:
        throw Error(ErrorKind::kUnavailable,
                    StrCat(error.cause() == ConnectError::Cause::kTls
                               ? "the warehouse is there, but no secure connection to it: "
                               : "the warehouse is there, but it refuses the login: ",
                           error.what()),
                    RemedyFor(error, config_.engine));
      case ConnectError::Cause::kResolve:
        LogWarning(StrCat("Its name is not known here: ", error.what(), "."));
        LogInfo("A new name takes some minutes to get about.");
        return;
      case ConnectError::Cause::kNoAnswer:
        LogWarning(StrCat("It does not answer from here: ", error.what(), "."));
        LogInfo(spec_.publicly_accessible
                    ? "Likely causes: ALLOWED_CIDR does not hold your address; the subnet has no "
                      "route to the internet."
                    : "It is private (PUBLICLY_ACCESSIBLE is not true): it answers inside its "
                      "network only, and that is as it should be.");
    }
  }
}

void AwsProvisioner::WaitUntil(const std::string& what, std::chrono::minutes patience,
                               const std::function<bool(std::string& state)>& done) {
  constexpr seconds kPause{15};
  KeepTrying(clock_, {kPause, patience}, [&](const Try& now) {
    std::string state;
    const bool finished = done(state);
    LogInfo(StrCat("Checking ", what, ", attempt ", now.number, " (", FormatDuration(now.elapsed),
                   "): ", state, "."));
    if (finished || !now.last) return finished;
    throw Error(ErrorKind::kUnavailable,
                StrCat("gave up ", what, " after ", FormatDuration(now.elapsed), ": it is ", state),
                "`manage_dwh status` shows how it goes on; the same command continues.");
  });
}

}  // namespace dwh
