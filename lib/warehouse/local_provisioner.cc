#include "warehouse/local_provisioner.h"

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "pg/connection.h"
#include "warehouse/local_settings.h"
#include "warehouse/write_back.h"

namespace dwh {
namespace {

std::string Or(const std::string& value, const char* otherwise) {
  return value.empty() ? otherwise : value;
}

std::string HostOf(const LocalMarker& marker) {
  return marker.port ? "127.0.0.1" : marker.socket_dir.string();
}

int PortOf(const LocalMarker& marker) { return marker.port.value_or(kSocketPort); }

Connection Connect(const LocalMarker& marker, const std::string& database, const Secret& password) {
  ConnectParams params;
  params.host = HostOf(marker);
  params.port = PortOf(marker);
  params.database = database;
  params.user = marker.user;
  params.password = password;
  params.application_name = "manage_dwh";
  return Connection(params);
}

Error NoWarehouse(const LocalFolder& folder) {
  return {ErrorKind::kUnavailable,
          StrCat("there is no local warehouse in ", folder.path().string()),
          "run `manage_dwh create`; if it is elsewhere, set DATA_DIR in [LOCAL] of dwh.cfg."};
}

}  // namespace

LocalProvisioner::LocalProvisioner(const DwhConfig& config, Clock& clock)
    : config_(config), folder_(config.local.data_dir), server_(folder_, clock) {
  config_.cluster.db_name = Or(config.cluster.db_name, "sparkify");
  config_.cluster.db_user = Or(config.cluster.db_user, "dwh");
}

std::string LocalProvisioner::Identifier() const { return Or(config_.cluster.identifier, "local"); }

std::optional<LocalMarker> LocalProvisioner::FindMarker() const {
  return folder_.Look() == LocalFolder::Kind::kOurs ? folder_.ReadMarker() : std::nullopt;
}

LocalMarker LocalProvisioner::RequireMarker() const {
  const std::optional<LocalMarker> marker = FindMarker();
  if (!marker) throw NoWarehouse(folder_);
  if (!marker->ready) {
    throw Error(ErrorKind::kUnavailable,
                StrCat("the local warehouse in ", folder_.path().string(), " is not finished"),
                "run `manage_dwh create` to make it anew, or `manage_dwh delete`.");
  }
  if (!server_.HasData()) {
    throw Error(ErrorKind::kFailed,
                StrCat("the data of the local warehouse in ", folder_.path().string(), " are gone"),
                "run `manage_dwh delete`, then `manage_dwh create`.");
  }
  CheckSame(*marker);
  return *marker;
}

void LocalProvisioner::CheckIdentifier(const LocalMarker& marker) const {
  if (marker.identifier == Identifier()) return;
  throw Error(ErrorKind::kUsage,
              StrCat("DATA_DIR ", folder_.path().string(), " holds the warehouse '",
                     marker.identifier, "', and dwh.cfg names '", Identifier(), "'"),
              "set CLUSTER_IDENTIFIER back, or set another DATA_DIR in [LOCAL] of dwh.cfg.");
}

void LocalProvisioner::CheckSame(const LocalMarker& marker) const {
  CheckIdentifier(marker);
  std::vector<std::string> differences;
  const auto compare = [&](const char* key, const std::string& has, const std::string& wanted) {
    if (has == wanted) return;
    differences.push_back(StrCat(key, " is '", has, "', and dwh.cfg says '", wanted, "'"));
  };
  compare("DB_NAME", marker.database, config_.cluster.db_name);
  compare("DB_USER", marker.user, config_.cluster.db_user);
  if (differences.empty()) return;
  throw Error(ErrorKind::kUsage,
              StrCat("the local warehouse in ", folder_.path().string(),
                     " has other settings: ", Join(differences, "; ")),
              "set them back in dwh.cfg; to change them, `manage_dwh delete` and create anew, or "
              "set another DATA_DIR in [LOCAL].");
}

void LocalProvisioner::Create() {
  server_.FindVersion();
  const std::optional<LocalMarker> before = FindMarker();
  // Found out before anything is made; a server of our own may have the port, of course.
  if (server_.Look() == LocalServer::State::kStopped) server_.CheckPortFree(config_.local.port);
  const bool made = folder_.Make();
  const UniqueFd lock = folder_.Lock();
  // Read again: another create may have been at work until the lock was ours.
  std::optional<LocalMarker> marker = FindMarker();
  if (marker && marker->ready) {
    Open(RequireMarker());
    LogInfo(StrCat("Local warehouse ", marker->database, " in ", folder_.path().string(),
                   before && before->ready ? " is already there." : " is there now."));
    return;
  }
  if (!marker) marker.emplace().folder_made = made;
  Build(*marker);
}

void LocalProvisioner::Build(LocalMarker marker) {
  server_.Stop(LocalServer::StopMode::kImmediate);
  folder_.RemoveServer(marker);
  marker.identifier = Identifier();
  marker.database = config_.cluster.db_name;
  marker.user = config_.cluster.db_user;
  marker.port = config_.local.port;
  // From here on the folder bears the marker and delete knows what to do.
  folder_.WriteMarker(marker);
  LogInfo(StrCat("Creating local warehouse ", marker.database, " in ", folder_.path().string(),
                 " with PostgreSQL ", server_.FindVersion(),
                 folder_.account() ? " as account " + folder_.account()->name : "", " ..."));
  config_.cluster.db_password = EnsurePassword(config_);
  server_.Initialize(marker.user, config_.cluster.db_password);
  marker.socket_dir = folder_.EnsureSocketDir(marker.socket_dir, PortOf(marker));
  folder_.WriteMarker(marker);
  LogInfo("Waiting for the server to start ...");
  server_.Start(marker.socket_dir, marker.port);
  CreateDatabase(marker);
  CheckLogin(marker);
  marker.ready = true;
  folder_.WriteMarker(marker);
  NoteEndpoint(marker);
  LogInfo(StrCat("Local warehouse ", marker.database, " is available on ", HostOf(marker), "."));
}

void LocalProvisioner::Open(LocalMarker marker) {
  const LocalMarker before = marker;
  marker.port = config_.local.port;
  if (server_.Look() != LocalServer::State::kStopped && marker.port != before.port) {
    server_.CheckPortFree(marker.port);
    LogInfo(StrCat("Restarting the server ",
                   marker.port ? StrCat("on port ", *marker.port) : "without a TCP port", " ..."));
    server_.Stop(LocalServer::StopMode::kFast);
  }
  if (server_.Look() != LocalServer::State::kRunning) {
    marker.socket_dir = folder_.EnsureSocketDir(marker.socket_dir, PortOf(marker));
    if (marker != before) folder_.WriteMarker(marker);
    LogInfo("Waiting for the server to start ...");
    server_.Start(marker.socket_dir, marker.port);
  }
  CheckLogin(marker);
  NoteEndpoint(marker);
}

void LocalProvisioner::CreateDatabase(const LocalMarker& marker) const {
  Connection connection = Connect(marker, "postgres", config_.cluster.db_password);
  const std::optional<std::string> name = marker.database;
  const Result found =
      connection.Exec("SELECT 1 FROM pg_database WHERE datname = $1", Connection::Params(&name, 1));
  if (found.rows() > 0) return;
  connection.Exec("CREATE DATABASE " + connection.QuoteIdentifier(marker.database));
}

void LocalProvisioner::CheckLogin(const LocalMarker& marker) const {
  Connect(marker, marker.database, config_.cluster.db_password);
}

void LocalProvisioner::NoteEndpoint(const LocalMarker& marker) const {
  // A HOST without an ENGINE would be read as a cluster's.
  WriteBack(config_,
            {{{"CLUSTER", "HOST"}, HostOf(marker)},
             {{"CLUSTER", "DB_PORT"}, std::to_string(PortOf(marker))}},
            {{{"DWH", "ENGINE"}, std::string(EngineName(EngineKind::kLocal))}});
}

void LocalProvisioner::ForgetEndpoint(const LocalMarker& marker) const {
  // A HOST that is not of this warehouse is none of our business.
  if (config_.cluster.host.empty() || config_.cluster.host != HostOf(marker)) return;
  WriteBack(config_, {{{"CLUSTER", "HOST"}, ""}, {{"CLUSTER", "DB_PORT"}, ""}});
}

void LocalProvisioner::Delete(const std::optional<std::string>& final_snapshot) {
  if (final_snapshot) {
    throw Error(ErrorKind::kUsage, "a local warehouse has no snapshots",
                "leave --final-snapshot out; pg_dump keeps a copy of the data.");
  }
  if (!FindMarker()) {
    LogInfo(StrCat(PlanDelete().front(), "."));
    return;
  }
  const UniqueFd lock = folder_.Lock();
  std::optional<LocalMarker> marker = FindMarker();
  if (!marker) return;  // another delete was faster
  CheckIdentifier(*marker);
  LogInfo(StrCat("Deleting local warehouse ", marker->database, " in ", folder_.path().string(),
                 " ..."));
  // From here on there is no way back, and the marker says so to a create or delete that goes on.
  marker->ready = false;
  folder_.WriteMarker(*marker);
  server_.Stop(LocalServer::StopMode::kImmediate);
  folder_.RemoveServer(*marker);
  ForgetEndpoint(*marker);
  const std::vector<std::string> foreign = folder_.RemoveRest(*marker);
  if (!foreign.empty()) {
    LogWarning(StrCat("Left in ", folder_.path().string(),
                      " what manage_dwh did not make: ", Join(foreign, ", "), "."));
  }
  LogInfo(StrCat("Local warehouse ", marker->database, " is deleted."));
}

std::vector<std::pair<std::string, std::string>> LocalProvisioner::Policies() {
  throw Error(ErrorKind::kUsage, "a local warehouse needs no permissions on AWS",
              "set ENGINE=redshift or ENGINE=serverless in [DWH] to see what those need.");
}

void LocalProvisioner::Pause() {
  RequireMarker();
  const UniqueFd lock = folder_.Lock();
  const LocalMarker marker = RequireMarker();
  if (server_.Look() == LocalServer::State::kStopped) {
    LogInfo(StrCat("Local warehouse ", marker.database, " is already paused."));
    return;
  }
  LogInfo(StrCat("Stopping the server of local warehouse ", marker.database, " ..."));
  server_.Stop(LocalServer::StopMode::kFast);
  LogInfo(StrCat("Local warehouse ", marker.database,
                 " is paused; `manage_dwh resume` starts it again."));
}

void LocalProvisioner::Resume() {
  RequireMarker();
  const UniqueFd lock = folder_.Lock();
  const LocalMarker marker = RequireMarker();
  Open(marker);
  LogInfo(StrCat("Local warehouse ", marker.database, " is available."));
}

WarehouseStatus LocalProvisioner::Status() {
  const std::string engine(EngineName(EngineKind::kLocal));
  const std::optional<LocalMarker> marker = FindMarker();
  if (!marker) {
    const bool foreign = folder_.Look() == LocalFolder::Kind::kForeign;
    return {engine,
            "absent",
            "",
            0,
            config_.cluster.db_name,
            config_.cluster.db_user,
            foreign ? StrCat("DATA_DIR ", folder_.path().string(),
                             " holds files that manage_dwh did not make.")
                    : "`manage_dwh create` makes it."};
  }
  WarehouseStatus status{engine,       "", HostOf(*marker), PortOf(*marker), marker->database,
                         marker->user, ""};
  const LocalServer::State state = server_.Look();
  if (!marker->ready) {
    status.state = "creating";
    status.detail = "A create or delete is at work or was interrupted; either verb goes on.";
  } else if (!server_.HasData()) {
    status.state = "broken";
    status.detail = "Its data are gone: run `manage_dwh delete`, then `manage_dwh create`.";
  } else if (state == LocalServer::State::kStopped) {
    status.state = "paused";
    status.detail = "`manage_dwh resume` starts it.";
  } else if (state == LocalServer::State::kStarting) {
    status.state = "starting";
    status.detail = "The server is starting, recovering or stopping.";
  } else {
    status.state = "available";
    try {
      CheckLogin(*marker);
    } catch (const Error& error) {
      status.state = "broken";
      status.detail = StrCat("It runs, but: ", error.what(), ".");
    }
  }
  return status;
}

std::vector<std::string> LocalProvisioner::PlanCreate() {
  const int version = server_.FindVersion();
  const std::optional<LocalMarker> marker = FindMarker();
  const std::string where = StrCat(config_.cluster.db_name, " in ", folder_.path().string());
  if (marker && marker->ready) {
    RequireMarker();
    if (server_.Look() != LocalServer::State::kRunning) {
      return {StrCat("start the server of local warehouse ", where)};
    }
    if (marker->port != config_.local.port) {
      return {StrCat("restart the server of local warehouse ", where, " with the new PORT")};
    }
    return {StrCat("nothing: local warehouse ", where, " is already there")};
  }
  std::vector<std::string> plan;
  if (marker)
    plan.push_back(StrCat("remove the unfinished warehouse in ", folder_.path().string()));
  plan.push_back(StrCat("create local warehouse ", where, " with PostgreSQL ", version,
                        folder_.account() ? " as account " + folder_.account()->name : "",
                        ", owned by database user ", config_.cluster.db_user));
  plan.push_back(StrCat("write HOST and DB_PORT",
                        config_.cluster.db_password.empty() ? " and a new DB_PASSWORD" : "", " to ",
                        config_.path.string()));
  return plan;
}

std::vector<std::string> LocalProvisioner::PlanDelete() {
  const std::optional<LocalMarker> marker = FindMarker();
  if (!marker) {
    if (folder_.Look() == LocalFolder::Kind::kForeign) {
      throw Error(ErrorKind::kUsage,
                  StrCat("DATA_DIR ", folder_.path().string(),
                         " is no warehouse of manage_dwh, so nothing in it is deleted"),
                  "check DATA_DIR in [LOCAL] of dwh.cfg.");
    }
    return {StrCat("Nothing to delete: there is no local warehouse in ", folder_.path().string())};
  }
  CheckIdentifier(*marker);
  return {StrCat("stop the server of local warehouse ", marker->database),
          StrCat("remove the warehouse and all its data in ", folder_.path().string()),
          StrCat("clear HOST and DB_PORT in ", config_.path.string())};
}

}  // namespace dwh
