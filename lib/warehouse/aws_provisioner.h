#pragma once

#include <chrono>
#include <functional>
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

/// The service's code of an AwsError; "" for any other.
std::string CodeOf(const Error& error);

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
  /// The password of a warehouse that is to be made: see EnsurePassword().
  Secret Password();
  /// Writes what connecting takes to dwh.cfg, then logs in once. That nothing answers is said and
  /// no more, for a private warehouse need not be reachable from here; a refused login or a
  /// connection that is not secure throws Error(kUnavailable), for no waiting mends it.
  void HandOver(const std::string& host, int port, const std::string& role_arn);
  /// Takes out of dwh.cfg what HandOver() wrote.
  void TakeBack();

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
  void TryLogin(const std::string& host, int port) const;
};

}  // namespace dwh
