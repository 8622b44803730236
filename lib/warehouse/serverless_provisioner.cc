#include "warehouse/serverless_provisioner.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

using std::chrono::minutes;

constexpr minutes kPatience{30};

/// True if a call that makes something need not be repeated: it is there, or may be.
bool IsThereNow(const Error& error) {
  return CodeOf(error) == "ConflictException" || FateUnknown(error);
}

template <typename Thing>
std::optional<std::string> StatusOf(const std::optional<Thing>& thing) {
  return thing ? std::optional(thing->status) : std::nullopt;
}

}  // namespace

ServerlessProvisioner::ServerlessProvisioner(const DwhConfig& config, AwsWarehouseSpec spec,
                                             Clock& clock, std::unique_ptr<AwsSession> session)
    : AwsProvisioner(config, std::move(spec), clock, std::move(session)),
      serverless_(session_->client()) {}

void ServerlessProvisioner::Create() {
  CheckCaller();
  const std::optional<ServerlessWorkgroup> found = serverless_.GetWorkgroup(spec_.identifier);
  if (!found) ingress_.CheckNetwork();
  LogInfo(DescribeCost(spec_, config_.engine));
  const std::string role_arn = role_.Ensure();
  EnsureNamespace(role_arn);
  EnsureWorkgroup(found);
  const ServerlessWorkgroup workgroup = WaitUntilAvailable();
  LogInfo(StrCat("Redshift Serverless workgroup ", spec_.identifier, " is available."));
  HandOver(workgroup.host, workgroup.port, role_arn);
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
  LogInfo(StrCat("Creating Redshift Serverless namespace ", spec_.namespace_name, " with database ",
                 spec_.database, "."));
  NamespaceSpec spec;
  spec.name = spec_.namespace_name;
  spec.user = spec_.user;
  spec.password = Password();
  spec.database = spec_.database;
  spec.role_arns = {role_arn};
  spec.tags = {{kOwnerTag, spec_.identifier}};
  try {
    serverless_.CreateNamespace(spec);
  } catch (const Error& error) {
    if (!IsThereNow(error) || !serverless_.GetNamespace(spec.name)) throw;
  }
}

void ServerlessProvisioner::EnsureWorkgroup(const std::optional<ServerlessWorkgroup>& found) {
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
  spec.subnet_ids = spec_.subnet_ids;
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

void ServerlessProvisioner::CheckOurs(const ServerlessWorkgroup& workgroup) {
  if (BearsOwnerTag(serverless_.Tags(workgroup.arn), spec_.identifier)) return;
  throw Error(ErrorKind::kFailed,
              StrCat("Redshift Serverless workgroup ", workgroup.name,
                     " is there, but manage_dwh did not make it; nothing was deleted"),
              StrCat("delete it where it was made, or give it the tag ", kOwnerTag, "=",
                     spec_.identifier, " and try again."));
}

std::optional<ServerlessNamespace> ServerlessProvisioner::FindOwnNamespace() {
  std::optional<ServerlessNamespace> found = serverless_.GetNamespace(spec_.namespace_name);
  if (!found || BearsOwnerTag(serverless_.Tags(found->arn), spec_.identifier)) return found;
  LogInfo(StrCat("Redshift Serverless namespace ", found->name,
                 " stays with all its data: manage_dwh did not make it."));
  return std::nullopt;
}

void ServerlessProvisioner::Delete(const std::optional<std::string>& final_snapshot) {
  CheckCaller();
  const std::optional<ServerlessWorkgroup> workgroup = serverless_.GetWorkgroup(spec_.identifier);
  if (workgroup) {
    CheckOurs(*workgroup);
    ingress_.Close(workgroup->security_group_ids);
    LogInfo(StrCat("Deleting Redshift Serverless workgroup ", workgroup->name, "."));
    DeleteAndWait(
        "workgroup deletion", [&] { return StatusOf(serverless_.GetWorkgroup(spec_.identifier)); },
        [&] { serverless_.DeleteWorkgroup(spec_.identifier); });
  }
  if (FindOwnNamespace()) {
    LogInfo(StrCat("Deleting Redshift Serverless namespace ", spec_.namespace_name, "."));
    DeleteAndWait(
        "namespace deletion",
        [&] { return StatusOf(serverless_.GetNamespace(spec_.namespace_name)); },
        [&] { serverless_.DeleteNamespace(spec_.namespace_name, final_snapshot); });
  }
  LogInfo(StrCat("Redshift Serverless workgroup ", spec_.identifier,
                 " has been deleted/does not exist."));
  ingress_.RemoveGroup();
  role_.Remove();
  TakeBack();
}

/// Facts, section 3.8: there is a conflict while another operation runs, such as the end of a
/// namespace's workgroup that is not known everywhere yet.
void ServerlessProvisioner::DeleteAndWait(const std::string& what, const FindStatus& status,
                                          const std::function<void()>& remove) {
  WaitUntil(what, kPatience, [&](std::string& state) {
    const std::optional<std::string> before = status();
    state = before ? ToLower(*before) : "gone";
    if (!before || *before == "DELETING") return !before;
    try {
      remove();
      state = "deleting";
    } catch (const Error& error) {
      const bool busy = CodeOf(error) == "ConflictException";
      if (!busy && !FateUnknown(error)) throw;
      if (!busy && status() == before) throw;
      state = busy ? "busy" : "deleting";
    }
    return false;
  });
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
  if (const auto workgroup = serverless_.GetWorkgroup(spec_.identifier)) {
    if (!workgroup->security_group_ids.empty()) {
      for (std::string& step :
           ingress_.PlanOpen(workgroup->security_group_ids.front(), ClientCidr())) {
        plan.push_back(std::move(step));
      }
    }
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
  if (const auto workgroup = serverless_.GetWorkgroup(spec_.identifier)) {
    CheckOurs(*workgroup);
    plan = ingress_.PlanClose(workgroup->security_group_ids);
    plan.push_back(StrCat("delete Redshift Serverless workgroup ", spec_.identifier));
  }
  if (FindOwnNamespace()) {
    plan.push_back(StrCat("delete Redshift Serverless namespace ", spec_.namespace_name));
  }
  for (std::string& step : ingress_.PlanRemove()) plan.push_back(std::move(step));
  for (std::string& step : role_.PlanRemove()) plan.push_back(std::move(step));
  if (plan.empty()) plan.push_back(StrCat("nothing: there is no warehouse ", spec_.identifier));
  return plan;
}

}  // namespace dwh
