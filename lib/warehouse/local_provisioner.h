#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "warehouse/local_folder.h"
#include "warehouse/local_server.h"
#include "warehouse/provision.h"

namespace dwh {

/// A warehouse that is a private PostgreSQL in DATA_DIR (see LocalFolder), reached through a Unix
/// socket or, if [LOCAL] PORT is given, on that port of 127.0.0.1. DB_USER is its superuser, as
/// Redshift's admin user is.
class LocalProvisioner : public Provisioner {
 public:
  /// Throws what LocalFolder's constructor throws.
  LocalProvisioner(const DwhConfig& config, Clock& clock);

  void Create() override;
  void Delete(const std::optional<std::string>& final_snapshot) override;
  void Pause() override;
  void Resume() override;
  WarehouseStatus Status() override;
  std::vector<std::string> PlanCreate() override;
  std::vector<std::string> PlanDelete() override;
  std::vector<std::pair<std::string, std::string>> Policies() override;
  std::string Identifier() const override;

 private:
  std::optional<LocalMarker> FindMarker() const;
  LocalMarker RequireMarker() const;
  /// Throws Error(kUsage) naming each setting in which dwh.cfg and the warehouse differ.
  void CheckSame(const LocalMarker& marker) const;
  void CheckIdentifier(const LocalMarker& marker) const;

  void Build(LocalMarker marker);
  /// Starts the server unless it runs as dwh.cfg says, checks the login, writes back.
  void Open(LocalMarker marker);
  void CreateDatabase(const LocalMarker& marker) const;
  void CheckLogin(const LocalMarker& marker) const;
  void NoteEndpoint(const LocalMarker& marker) const;
  void ForgetEndpoint(const LocalMarker& marker) const;

  DwhConfig config_;
  LocalFolder folder_;
  LocalServer server_;
};

}  // namespace dwh
