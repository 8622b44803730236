#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "aws/session.h"
#include "warehouse/aws_ingress.h"
#include "warehouse/aws_role.h"
#include "warehouse/provision.h"

namespace dwh {

/// What clusters and serverless workgroups have in common: role, network, password, waiting, and
/// what is written back to dwh.cfg.
class AwsProvisioner : public Provisioner {
 public:
  AwsProvisioner(DwhConfig config, AwsWarehouseSpec spec, Clock& clock,
                 std::unique_ptr<AwsSession> session);

  std::vector<std::pair<std::string, std::string>> Policies() override;
  std::string Identifier() const override { return spec_.identifier; }

 protected:
  /// Asks AWS who we are: the first call, so that wrong credentials are told before anything else.
  void CheckCaller();
  /// ALLOWED_CIDR; if that is empty, our own address where the warehouse is public, else nobody.
  std::string ClientCidr();
  /// Makes a password if dwh.cfg has none, and writes it there before it is used, so that a create
  /// that is interrupted can go on.
  void EnsurePassword();
  /// Writes what connecting takes to dwh.cfg.
  void WriteBack(const std::string& host, int port, const std::string& role_arn);
  /// Takes it out again.
  void ClearBack();
  /// Logs in once, and says what came of it: a private warehouse need not be reachable from here.
  void TryLogin(const std::string& host, int port) const;

  /// Calls `done` until it returns true, saying `what` and the state it gives; throws
  /// Error(kUnavailable) when `patience` is over, Error(kInterrupted).
  void WaitUntil(const std::string& what, std::chrono::minutes patience,
                 const std::function<bool(std::string& state)>& done);

  DwhConfig config_;
  Clock& clock_;
  AwsWarehouseSpec spec_;
  std::unique_ptr<AwsSession> session_;
  CopyRole role_;
  Ingress ingress_;

 private:
  using ConfigValues = std::map<std::pair<std::string, std::string>, std::string>;
  void Update(const ConfigValues& values) const;
};

}  // namespace dwh
