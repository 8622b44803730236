#include "warehouse/cluster_provisioner.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "warehouse/wait.h"

namespace dwh {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr minutes kCreatePatience{75};  // terraform's, for want of a promise of the service's
constexpr minutes kDeletePatience{40};
constexpr Rhythm kRoleRhythm{.pause = seconds(5), .patience = minutes(2)};
constexpr Rhythm kBusyRhythm{.pause = seconds(15), .patience = minutes(15)};

/// "available, prep-for-resize" is available too.
bool IsAvailable(const Cluster& cluster) {
  const bool answers = cluster.availability.empty() || cluster.availability == "Available";
  return cluster.status.starts_with("available") && answers && !cluster.host.empty();
}

/// Its end has begun.
bool IsGoing(const Cluster& cluster) {
  return cluster.status == "deleting" || cluster.status == "final-snapshot";
}

/// States that no waiting ends, and what does.
std::string_view RemedyFor(std::string_view status) {
  if (status == "incompatible-network") return "its subnet or VPC is gone: delete it, create anew.";
  if (status == "hardware-failure") return "restore it from a snapshot in the console.";
  if (status == "storage-full") return "delete data or give it more nodes in the console.";
  if (status.starts_with("incompatible-") || status == "inaccessible-kms-key") {
    return "the AWS console says more; delete it and create anew.";
  }
  return "";
}

/// A role's word in the cluster's list; "" if it is not there.
std::string RoleState(const Cluster& cluster, const std::string& arn) {
  for (const ClusterRole& role : cluster.roles) {
    if (role.arn == arn) return role.apply_status.empty() ? "in-sync" : role.apply_status;
  }
  return "";
}

/// The state in the words that all engines share.
std::string SharedState(const Cluster& cluster) {
  const std::string& status = cluster.status;
  if (IsGoing(cluster)) return "deleting";
  if (status == "creating" || status == "paused") return status;
  if (IsAvailable(cluster)) return "available";
  if (!RemedyFor(status).empty()) return "broken";
  return "starting";
}

std::vector<std::string> GroupIds(const Cluster& cluster) {
  std::vector<std::string> ids;
  for (const ClusterSecurityGroup& group : cluster.security_groups) ids.push_back(group.id);
  return ids;
}

}  // namespace

ClusterProvisioner::ClusterProvisioner(const DwhConfig& config, AwsWarehouseSpec spec, Clock& clock,
                                       std::unique_ptr<AwsSession> session)
    : AwsProvisioner(config, std::move(spec), clock, std::move(session)),
      redshift_(session_->client()) {}

Cluster ClusterProvisioner::Require() {
  std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  if (cluster) return *std::move(cluster);
  throw Error(ErrorKind::kUnavailable,
              StrCat("there is no Redshift cluster ", spec_.identifier, " in region ",
                     session_->settings().region),
              "run `manage_dwh create`; if it is elsewhere, set REGION in [AWS] of dwh.cfg.");
}

void ClusterProvisioner::CheckSame(const Cluster& cluster) const {
  std::vector<std::string> differences;
  const auto compare = [&](const char* key, const auto& has, const auto& wanted) {
    if (has == wanted) return;
    differences.push_back(StrCat(key, " is '", has, "', and dwh.cfg says '", wanted, "'"));
  };
  compare("NODE_TYPE", cluster.node_type, spec_.node_type);
  compare("NUM_NODES", cluster.nodes, spec_.nodes);
  compare("DB_NAME", cluster.database, spec_.database);
  compare("DB_USER", cluster.user, spec_.user);
  if (cluster.port != 0) compare("DB_PORT", cluster.port, spec_.port);
  if (!spec_.subnet_group.empty()) {
    compare("SUBNET_GROUP", cluster.subnet_group, spec_.subnet_group);
  }
  compare("PUBLICLY_ACCESSIBLE", cluster.publicly_accessible ? "true" : "false",
          std::string(spec_.publicly_accessible ? "true" : "false"));
  if (differences.empty()) return;
  throw Error(ErrorKind::kUsage,
              StrCat("Redshift cluster ", spec_.identifier,
                     " is there with other settings: ", Join(differences, "; ")),
              "set them back in dwh.cfg, or give another CLUSTER_IDENTIFIER; to change them, "
              "`manage_dwh delete` and create anew.");
}

void ClusterProvisioner::CheckOurs(const Cluster& cluster) const {
  if (BearsOwnerTag(cluster.tags, spec_.identifier)) return;
  throw Error(ErrorKind::kFailed,
              StrCat("Redshift cluster ", spec_.identifier,
                     " is there, but manage_dwh did not make it; nothing was deleted"),
              StrCat("delete it where it was made, or give it the tag ", kOwnerTag, "=",
                     spec_.identifier, " and try again."));
}

void ClusterProvisioner::Create() {
  CheckCaller();
  std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  if (cluster && IsGoing(*cluster)) {
    LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is just being deleted."));
    WaitUntilGone();
    cluster.reset();
  }
  if (cluster) {
    CheckSame(*cluster);
  } else {
    ingress_.CheckNetwork();
  }
  LogInfo(DescribeCost(spec_, config_.engine));
  const std::string role_arn = role_.Ensure();
  if (cluster) {
    Adopt(*cluster, role_arn);
  } else {
    CreateCluster(role_arn);
  }
  const Cluster ready = WaitUntilAvailable(role_arn);
  LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is available."));
  HandOver(ready.host, ready.port, role_arn);
}

void ClusterProvisioner::CreateCluster(const std::string& role_arn) {
  const std::string cidr = ClientCidr();
  ClusterSpec spec;
  spec.identifier = spec_.identifier;
  spec.node_type = spec_.node_type;
  spec.nodes = spec_.nodes;
  spec.user = spec_.user;
  spec.password = Password();
  spec.database = spec_.database;
  spec.role_arns = {role_arn};
  spec.security_group_ids = {ingress_.EnsureGroup()};
  spec.subnet_group = spec_.subnet_group;
  spec.publicly_accessible = spec_.publicly_accessible;
  spec.port = spec_.port;
  spec.tags = {{kOwnerTag, spec_.identifier}};
  ingress_.Open(spec.security_group_ids.front(), cidr);
  LogInfo(StrCat("Creating Redshift cluster ", spec_.identifier, " with database ", spec_.database,
                 "."));
  SendCreate(spec);
}

void ClusterProvisioner::SendCreate(const ClusterSpec& spec) {
  KeepTrying(clock_, kRoleRhythm, [&](const Try& now) {
    try {
      redshift_.CreateCluster(spec);
      return true;
    } catch (const Error& error) {
      const std::string code = CodeOf(error);
      if (code == "ClusterAlreadyExists") {
        CheckSame(Require());
        return true;
      }
      if (FateUnknown(error) && redshift_.DescribeCluster(spec.identifier)) return true;
      // Facts, section 5, 1: IAM needs a while to let others know of a new role.
      const bool role_unknown =
          code == "InvalidParameterValue" &&
          std::string_view(error.what()).find("IAM role") != std::string_view::npos;
      if (!role_unknown || now.last) throw;
    }
    LogInfo("Redshift does not know the new role yet; trying again in 5 s.");
    return false;
  });
}

/// A cluster that is there already: made by an earlier create, or by someone else.
void ClusterProvisioner::Adopt(const Cluster& cluster, const std::string& role_arn) {
  LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is already there."));
  WakeUp(cluster);
  if (RoleState(cluster, role_arn).empty() && cluster.status != "creating") {
    LogInfo(StrCat("Giving it IAM role ", role_arn, "."));
    redshift_.ModifyClusterIamRoles(spec_.identifier, {role_arn}, {});
  }
  const std::vector<std::string> groups = GroupIds(cluster);
  if (!groups.empty()) ingress_.Open(groups.front(), ClientCidr());
}

void ClusterProvisioner::WakeUp(const Cluster& cluster) {
  if (cluster.status != "paused") return;
  LogInfo(StrCat("Resuming Redshift cluster ", spec_.identifier, ", which is paused."));
  redshift_.ResumeCluster(spec_.identifier);
}

Cluster ClusterProvisioner::WaitUntilAvailable(const std::string& role_arn) {
  Cluster cluster;
  WaitUntil("cluster availability", kCreatePatience, [&](std::string& state) {
    std::optional<Cluster> found = redshift_.DescribeCluster(spec_.identifier);
    state = found ? found->status : "not to be seen yet";
    if (!found) return false;
    if (IsGoing(*found)) {
      throw Error(ErrorKind::kUnavailable,
                  StrCat("Redshift cluster ", spec_.identifier, " is being deleted"),
                  "once it is gone, `manage_dwh create` makes it anew.");
    }
    if (const std::string_view remedy = RemedyFor(found->status); !remedy.empty()) {
      throw Error(ErrorKind::kUnavailable,
                  StrCat("Redshift cluster ", spec_.identifier, " is ", found->status),
                  std::string(remedy));
    }
    cluster = *std::move(found);
    const std::string role = RoleState(cluster, role_arn);
    if (IsAvailable(cluster) && role != "in-sync") {
      state += StrCat(", its role ", role.empty() ? "is not there yet" : "is " + role);
    }
    return IsAvailable(cluster) && role == "in-sync";
  });
  return cluster;
}

void ClusterProvisioner::Delete(const std::optional<std::string>& final_snapshot) {
  CheckCaller();
  const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  if (cluster) {
    CheckOurs(*cluster);
    ingress_.Close(GroupIds(*cluster));
    if (!IsGoing(*cluster)) SendDelete(final_snapshot);
    WaitUntilGone();
  }
  LogInfo(StrCat("Redshift cluster ", spec_.identifier, " has been deleted/does not exist."));
  ingress_.RemoveGroup();
  role_.Remove();
  TakeBack();
  if (final_snapshot && cluster) {
    LogInfo(StrCat("Snapshot ", *final_snapshot,
                   " stays and costs its storage until you delete "
                   "it."));
  }
}

/// Facts, section 5, 4: an operation that no field shows may hold it up; only trying again helps.
void ClusterProvisioner::SendDelete(const std::optional<std::string>& final_snapshot) {
  LogInfo(StrCat("Deleting Redshift cluster ", spec_.identifier,
                 final_snapshot ? StrCat(" after final snapshot ", *final_snapshot) : "", "."));
  KeepTrying(clock_, kBusyRhythm, [&](const Try& now) {
    try {
      redshift_.DeleteCluster(spec_.identifier, final_snapshot);
      return true;
    } catch (const Error& error) {
      const bool busy = CodeOf(error) == "InvalidClusterState";
      if (!busy && !FateUnknown(error)) throw;
      const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
      if (!cluster || IsGoing(*cluster)) return true;
      if (!busy || now.last) throw;
    }
    LogInfo("An operation is running on it; trying again in 15 s.");
    return false;
  });
}

void ClusterProvisioner::WaitUntilGone() {
  WaitUntil("cluster deletion", kDeletePatience, [&](std::string& state) {
    const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
    state = cluster ? cluster->status : "gone";
    return !cluster;
  });
}

void ClusterProvisioner::WaitForStatus(const std::string& what, const std::string& status) {
  WaitUntil(what, kDeletePatience, [&](std::string& state) {
    state = Require().status;
    return state == status;
  });
}

void ClusterProvisioner::Pause() {
  const Cluster cluster = Require();
  if (cluster.status == "paused") {
    LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is already paused."));
    return;
  }
  if (!IsAvailable(cluster)) {
    throw Error(ErrorKind::kUnavailable,
                StrCat("Redshift cluster ", spec_.identifier, " is ", cluster.status,
                       " and cannot be paused"),
                "wait until `manage_dwh status` shows it available.");
  }
  LogInfo(StrCat("Pausing Redshift cluster ", spec_.identifier, "."));
  redshift_.PauseCluster(spec_.identifier);
  WaitForStatus("whether it is paused", "paused");
  LogInfo(StrCat("Redshift cluster ", spec_.identifier,
                 " is paused: it costs its storage only. `manage_dwh resume` starts it again."));
}

void ClusterProvisioner::Resume() {
  const Cluster cluster = Require();
  if (IsAvailable(cluster)) {
    LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is already available."));
    return;
  }
  WakeUp(cluster);
  WaitForStatus("cluster availability", "available");
  LogInfo(StrCat("Redshift cluster ", spec_.identifier, " is available."));
}

WarehouseStatus ClusterProvisioner::Status() {
  const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  WarehouseStatus status{
      std::string(EngineName(config_.engine)), "absent", "", 0, spec_.database, spec_.user,
      "`manage_dwh create` makes it."};
  if (!cluster) return status;
  status.state = SharedState(*cluster);
  status.host = cluster->host;
  status.port = cluster->port;
  status.database = cluster->database;
  status.user = cluster->user;
  status.detail = RemedyFor(cluster->status);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) status.more.emplace_back(name, value);
  };
  add("cluster", cluster->identifier);
  add("cluster_status", cluster->status);
  add("nodes", StrCat(cluster->nodes, " x ", cluster->node_type));
  for (const ClusterRole& role : cluster->roles) {
    add("role", StrCat(role.arn, " (", RoleState(*cluster, role.arn), ")"));
  }
  add("allowed", Join(ingress_.AllowedCidrs(GroupIds(*cluster)), ", "));
  if (spec_.node_price && cluster->node_type == spec_.node_type) {
    AwsWarehouseSpec priced = spec_;
    priced.nodes = cluster->nodes;
    add("cost", DescribeCost(priced, config_.engine));
  }
  return status;
}

std::vector<std::string> ClusterProvisioner::PlanCreate() {
  const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  std::vector<std::string> plan = role_.PlanEnsure();
  if (!cluster) {
    for (std::string& step : ingress_.PlanEnsure(ClientCidr())) plan.push_back(std::move(step));
    plan.push_back(StrCat("create Redshift cluster ", spec_.identifier, ": ",
                          DescribeCost(spec_, config_.engine)));
    return plan;
  }
  CheckSame(*cluster);
  if (cluster->status == "paused") plan.emplace_back("resume the cluster");
  if (const std::vector<std::string> groups = GroupIds(*cluster); !groups.empty()) {
    for (std::string& step : ingress_.PlanOpen(groups.front(), ClientCidr())) {
      plan.push_back(std::move(step));
    }
  }
  plan.push_back(StrCat("nothing else: Redshift cluster ", spec_.identifier, " is there (",
                        cluster->status, ")"));
  return plan;
}

std::vector<std::string> ClusterProvisioner::PlanDelete() {
  const std::optional<Cluster> cluster = redshift_.DescribeCluster(spec_.identifier);
  std::vector<std::string> plan;
  if (cluster) {
    CheckOurs(*cluster);
    plan = ingress_.PlanClose(GroupIds(*cluster));
    plan.push_back(StrCat("delete Redshift cluster ", spec_.identifier));
  }
  for (std::string& step : ingress_.PlanRemove()) plan.push_back(std::move(step));
  for (std::string& step : role_.PlanRemove()) plan.push_back(std::move(step));
  if (plan.empty()) plan.push_back(StrCat("nothing: there is no warehouse ", spec_.identifier));
  return plan;
}

}  // namespace dwh
