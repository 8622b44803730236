#include "warehouse/serverless_provisioner.h"

#include "base/error.h"
#include "base/interrupt.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kPatience{30};
constexpr minutes kBusyPatience{10};  // terraform's, for want of a promise of the service's

/// True if a call that makes something need not be repeated: it is there, or may be.
bool IsThereNow(const Error& error) {
  const auto* const refused = dynamic_cast<const AwsError*>(&error);
  return (refused != nullptr && refused->code() == "ConflictException") || FateUnknown(error);
}

}  // namespace

ServerlessProvisioner::ServerlessProvisioner(const DwhConfig& config, AwsWarehouseSpec spec,
                                             Clock& clock, std::unique_ptr<AwsSession> session)
    : AwsProvisioner(config, std::move(spec), clock, std::move(session)),
      serverless_(session_->client()) {}

void ServerlessProvisioner::Create() {
  CheckCaller();
  LogInfo(DescribeCost(spec_, config_.engine));
  const std::string role_arn = role_.Ensure();
  EnsureNamespace(role_arn);
  EnsureWorkgroup();
  const ServerlessWorkgroup workgroup = WaitUntilAvailable();
  LogInfo(StrCat("Redshift Serverless workgroup ", spec_.identifier, " is available."));
  WriteBack(workgroup.host, workgroup.port, role_arn);
  TryLogin(workgroup.host, workgroup.port);
}

void ServerlessProvisioner::EnsureNamespace(const std::string& role_arn) {
  const std::optional<ServerlessNamespace> found = serverless_.GetNamespace(spec_.namespace_name);
  if (found) {
    LogInfo(StrCat("Redshift Serverless namespace ", found->name, " is already there."));
    if (found->database == spec_.database && found->user == spec_.user) return;
    throw Error(
        ErrorKind::kUsage,
        StrCat("namespace ", found->name, " has database '", found->database, "' and user '",
               found->user, "', and dwh.cfg says '", spec_.database, "' and '", spec_.user, "'"),
        "set DB_NAME and DB_USER to these, or give another NAMESPACE.");
  }
  EnsurePassword();
  LogInfo(StrCat("Creating Redshift Serverless namespace ", spec_.namespace_name, " with database ",
                 spec_.database, "."));
  NamespaceSpec spec;
  spec.name = spec_.namespace_name;
  spec.user = spec_.user;
  spec.password = spec_.password;
  spec.database = spec_.database;
  spec.role_arns = {role_arn};
  spec.tags = {{kOwnerTag, spec_.identifier}};
  try {
    serverless_.CreateNamespace(spec);
  } catch (const Error& error) {
    if (!IsThereNow(error) || !serverless_.GetNamespace(spec.name)) throw;
  }
}

void ServerlessProvisioner::EnsureWorkgroup() {
  const std::optional<ServerlessWorkgroup> found = serverless_.GetWorkgroup(spec_.identifier);
  const std::string cidr = ClientCidr();
  if (found) {
    LogInfo(StrCat("Redshift Serverless workgroup ", found->name, " is already there."));
    if (found->namespace_name != spec_.namespace_name) {
      throw Error(ErrorKind::kUsage,
                  StrCat("workgroup ", found->name, " belongs to namespace ", found->namespace_name,
                         ", and dwh.cfg says ", spec_.namespace_name),
                  "set NAMESPACE to that, or give another WORKGROUP.");
    }
    if (!found->security_group_ids.empty()) ingress_.Open(found->security_group_ids.front(), cidr);
    return;
  }
  WorkgroupSpec spec;
  spec.name = spec_.identifier;
  spec.namespace_name = spec_.namespace_name;
  spec.base_capacity = spec_.base_capacity;
  spec.publicly_accessible = spec_.publicly_accessible;
  spec.security_group_ids = {ingress_.EnsureGroup()};
  spec.port = spec_.port;
  spec.tags = {{kOwnerTag, spec_.identifier}};
  ingress_.Open(spec.security_group_ids.front(), cidr);
  LogInfo(StrCat("Creating Redshift Serverless workgroup ", spec.name, "."));
  try {
    serverless_.CreateWorkgroup(spec);
  } catch (const Error& error) {
    if (!IsThereNow(error) || !serverless_.GetWorkgroup(spec.name)) throw;
  }
}

ServerlessWorkgroup ServerlessProvisioner::WaitUntilAvailable() {
  ServerlessWorkgroup workgroup;
  WaitUntil("workgroup availability", kPatience, [&](std::string& state) {
    const std::optional<ServerlessWorkgroup> found = serverless_.GetWorkgroup(spec_.identifier);
    state = found ? ToLower(found->status) : "not to be seen yet";
    if (found) workgroup = *found;
    return found && found->status == "AVAILABLE" && !found->host.empty();
  });
  return workgroup;
}

void ServerlessProvisioner::Delete(const std::optional<std::string>& final_snapshot) {
  CheckCaller();
  const std::optional<ServerlessWorkgroup> workgroup = serverless_.GetWorkgroup(spec_.identifier);
  if (workgroup) {
    ingress_.Close(workgroup->security_group_ids);
    LogInfo(StrCat("Deleting Redshift Serverless workgroup ", workgroup->name, "."));
    if (workgroup->status != "DELETING") serverless_.DeleteWorkgroup(workgroup->name);
    WaitUntil("workgroup deletion", kPatience, [&](std::string& state) {
      const auto found = serverless_.GetWorkgroup(spec_.identifier);
      state = found ? ToLower(found->status) : "gone";
      return !found;
    });
  }
  DeleteNamespace(final_snapshot);
  LogInfo(StrCat("Redshift Serverless workgroup ", spec_.identifier,
                 " has been deleted/does not exist."));
  ingress_.RemoveGroup();
  role_.Remove();
  ClearBack();
}

/// Facts, section 3.8: a conflict while the workgroup's end is not known everywhere.
void ServerlessProvisioner::DeleteNamespace(const std::optional<std::string>& final_snapshot) {
  const SteadyTime start = clock_.Steady();
  std::optional<std::string> snapshot = final_snapshot;
  const auto try_once = [&](std::string& state) {
    const std::optional<ServerlessNamespace> found = serverless_.GetNamespace(spec_.namespace_name);
    state = found ? ToLower(found->status) : "gone";
    if (!found || found->status == "DELETING") return !found;
    try {
      serverless_.DeleteNamespace(found->name, snapshot);
    } catch (const AwsError& error) {
      const bool busy = error.code() == "ConflictException";
      if (!busy || clock_.Steady() - start > kBusyPatience) throw;
      state = "busy";
    }
    return false;
  };
  WaitUntil("namespace deletion", kPatience, try_once);
}

void ServerlessProvisioner::Pause() {
  throw Error(ErrorKind::kUsage, "a serverless workgroup cannot be paused",
              "it costs nothing but its storage while no query runs.");
}

void ServerlessProvisioner::Resume() { Pause(); }

WarehouseStatus ServerlessProvisioner::Status() {
  const std::optional<ServerlessWorkgroup> workgroup = serverless_.GetWorkgroup(spec_.identifier);
  WarehouseStatus status{
      std::string(EngineName(config_.engine)), "absent", "", 0, spec_.database, spec_.user,
      "`manage_dwh create` makes it."};
  if (!workgroup) return status;
  const std::string& word = workgroup->status;
  status.state = word == "MODIFYING" ? "starting" : ToLower(word);
  status.host = workgroup->host;
  status.port = workgroup->port;
  status.detail = "";
  status.more = {{"workgroup", workgroup->name},
                 {"namespace", workgroup->namespace_name},
                 {"base_capacity", StrCat(workgroup->base_capacity, " RPUs")}};
  if (const auto found = serverless_.GetNamespace(workgroup->namespace_name)) {
    status.database = found->database;
    status.user = found->user;
    for (const ClusterRole& role : found->roles) status.more.emplace_back("role", role.arn);
  }
  const std::string allowed = Join(ingress_.AllowedCidrs(workgroup->security_group_ids), ", ");
  if (!allowed.empty()) status.more.emplace_back("allowed", allowed);
  return status;
}

std::vector<std::string> ServerlessProvisioner::PlanCreate() {
  std::vector<std::string> plan = role_.PlanEnsure();
  if (!serverless_.GetNamespace(spec_.namespace_name)) {
    plan.push_back(StrCat("create Redshift Serverless namespace ", spec_.namespace_name));
  }
  if (serverless_.GetWorkgroup(spec_.identifier)) {
    plan.push_back(StrCat("nothing else: workgroup ", spec_.identifier, " is there"));
    return plan;
  }
  for (std::string& step : ingress_.PlanEnsure(ClientCidr())) plan.push_back(std::move(step));
  plan.push_back(StrCat("create Redshift Serverless workgroup ", spec_.identifier, ": ",
                        DescribeCost(spec_, config_.engine)));
  return plan;
}

std::vector<std::string> ServerlessProvisioner::PlanDelete() {
  std::vector<std::string> plan;
  if (serverless_.GetWorkgroup(spec_.identifier)) {
    plan.push_back(StrCat("delete Redshift Serverless workgroup ", spec_.identifier));
  }
  if (serverless_.GetNamespace(spec_.namespace_name)) {
    plan.push_back(StrCat("delete Redshift Serverless namespace ", spec_.namespace_name));
  }
  for (std::string& step : ingress_.PlanRemove()) plan.push_back(std::move(step));
  for (std::string& step : role_.PlanRemove()) plan.push_back(std::move(step));
  if (plan.empty()) plan.push_back(StrCat("nothing: there is no warehouse ", spec_.identifier));
  return plan;
}

}  // namespace dwh
