#include "warehouse/aws_provisioner.h"

#include "aws/sts.h"
#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"
#include "pg/connection.h"
#include "warehouse/aws_policies.h"
#include "warehouse/password.h"

namespace dwh {
namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

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

void AwsProvisioner::EnsurePassword() {
  if (!spec_.password.empty()) return;
  spec_.password = MakePassword();
  UpdateConfig(config_.path, {{{"CLUSTER", "DB_PASSWORD"}, spec_.password.Reveal()}});
  LogInfo(StrCat("Made a password and wrote it to [CLUSTER] DB_PASSWORD in ", config_.path.string(),
                 "."));
}

void AwsProvisioner::Update(const ConfigValues& values) const {
  ConfigValues changed;
  const auto known = [&](const std::string& key) -> std::string {
    if (key == "HOST") return config_.cluster.host;
    if (key == "ARN") return config_.iam_role.arn;
    const std::optional<int>& port = config_.cluster.db_port;
    return key == "DB_PORT" && port ? std::to_string(*port) : "";
  };
  for (const auto& [name, value] : values) {
    if (known(name.second) == value) continue;
    changed[name] = value;
    LogInfo(StrCat("Setting [", name.first, "][", name.second, "]=", value, " in config file ",
                   config_.path.string(), "."));
  }
  if (!changed.empty()) UpdateConfig(config_.path, changed);
}

void AwsProvisioner::WriteBack(const std::string& host, int port, const std::string& role_arn) {
  Update({{{"CLUSTER", "HOST"}, host},
          {{"CLUSTER", "DB_PORT"}, std::to_string(port)},
          {{"IAM_ROLE", "ARN"}, role_arn}});
}

void AwsProvisioner::ClearBack() {
  ConfigValues values = {{{"CLUSTER", "HOST"}, ""}};
  // An ARN without a NAME was given, not written by us.
  if (!spec_.role_name.empty()) values[{"IAM_ROLE", "ARN"}] = "";
  Update(values);
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
  params.sslmode = "require";  // Only to see whether it answers; nothing is sent or read.
  params.application_name = "manage_dwh";
  params.connect_timeout_s = kTimeout;
  try {
    const Connection connection(params);
    LogInfo(StrCat("It answers on ", host, ":", port, "."));
  } catch (const Error& error) {
    ThrowIfInterrupted();
    LogWarning(StrCat("It does not answer from here: ", error.what(), "."));
    LogInfo(spec_.publicly_accessible
                ? "Likely causes: a new name takes some minutes to be known; ALLOWED_CIDR does not "
                  "hold your address; the subnet has no route to the internet."
                : "It is private (PUBLICLY_ACCESSIBLE is not true): it answers inside its network "
                  "only, and that is as it should be.");
  }
}

void AwsProvisioner::WaitUntil(const std::string& what, std::chrono::minutes patience,
                               const std::function<bool(std::string& state)>& done) {
  constexpr seconds kPause{15};
  const SteadyTime start = clock_.Steady();
  for (int attempt = 1;; ++attempt) {
    std::string state;
    const bool finished = done(state);
    const auto elapsed = duration_cast<milliseconds>(clock_.Steady() - start);
    LogInfo(StrCat("Checking ", what, ", attempt ", attempt, " (", FormatDuration(elapsed),
                   "): ", state, "."));
    if (finished) return;
    if (elapsed > patience) {
      throw Error(ErrorKind::kUnavailable,
                  StrCat("gave up ", what, " after ", FormatDuration(elapsed), ": it is ", state),
                  "`manage_dwh status` shows how it goes on; the same command continues.");
    }
    clock_.SleepFor(kPause);
    ThrowIfInterrupted();
  }
}

}  // namespace dwh
