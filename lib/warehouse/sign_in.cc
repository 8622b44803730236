#include "warehouse/sign_in.h"

#include <array>
#include <chrono>
#include <system_error>
#include <utility>

#include "aws/serverless.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

namespace dwh {
namespace {

constexpr int kDefaultPort = 5439;

/// A login is good for 900 s if nothing else is asked for.
constexpr std::chrono::minutes kRenewAfter{10};

/// Connecting to a warehouse that wakes up, or across the world.
constexpr int kConnectTimeout = 30;

/// libpq 15 does not know the system's authorities by itself (sslrootcert=system came with 16).
/// Debian and Alpine; Fedora and its kin, new and old; openSUSE.
const std::array<std::filesystem::path, 4> kBundles = {
    "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem"};

bool VerifiesServer(const std::string& sslmode) { return sslmode.starts_with("verify-"); }

}  // namespace

std::filesystem::path FindCaBundle(std::span<const std::filesystem::path> files) {
  if (files.empty()) files = kBundles;
  for (const std::filesystem::path& file : files) {
    std::error_code error;
    if (std::filesystem::is_regular_file(file, error)) return file;
  }
  return "";
}

SignIn::SignIn(const DwhConfig& config, std::string program, Clock& clock,
               std::function<AwsClient&()> aws)
    : config_(config), clock_(clock), aws_(std::move(aws)) {
  const DwhConfig::Cluster& cluster = config.cluster;
  params_.host = cluster.host;
  params_.port = cluster.db_port.value_or(kDefaultPort);
  params_.database = cluster.db_name;
  params_.user = cluster.db_user;
  params_.password = cluster.db_password;
  params_.sslmode = cluster.sslmode;
  params_.sslrootcert = cluster.sslrootcert;
  params_.application_name = std::move(program);
  params_.connect_timeout_s = kConnectTimeout;
}

ConnectParams SignIn::Params() {
  if (VerifiesServer(params_.sslmode) && params_.sslrootcert.empty()) {
    params_.sslrootcert = FindCaBundle();
    if (params_.sslrootcert.empty()) {
      throw Error(ErrorKind::kUsage, "no file of trusted certificate authorities on this machine",
                  "install ca-certificates, or name one in SSLROOTCERT in [CLUSTER] of dwh.cfg.");
    }
  }
  if (params_.host.empty()) FindHost();
  if (config_.cluster.db_password.empty()) RenewLogin();
  return params_;
}

/// The name by which AWS knows the warehouse: dwh.cfg says it, or the host begins with it.
std::string SignIn::Identifier() const {
  const std::string& configured =
      serverless() ? config_.serverless.workgroup : config_.cluster.identifier;
  if (!configured.empty()) return ToLower(configured);
  const std::string_view host = config_.cluster.host;
  const std::string_view domain =
      serverless() ? ".redshift-serverless.amazonaws." : ".redshift.amazonaws.";
  if (host.find(domain) != std::string_view::npos)
    return std::string(host.substr(0, host.find('.')));
  throw Error(
      ErrorKind::kUsage,
      StrCat(config_.path.string(), " names no warehouse: ",
             host.empty() ? "HOST is empty, and so is " : "DB_PASSWORD is empty, and so is ",
             serverless() ? "WORKGROUP" : "CLUSTER_IDENTIFIER"),
      "`manage_dwh create` makes the warehouse and sets what it takes to connect.");
}

void SignIn::FindHost() {
  const std::string identifier = Identifier();
  std::string host;
  int port = 0;
  if (serverless()) {
    if (const auto found = ServerlessClient(aws_()).GetWorkgroup(identifier)) {
      host = found->host;
      port = found->port;
    }
  } else if (const auto found = RedshiftClient(aws_()).DescribeCluster(identifier)) {
    host = found->host;
    port = found->port;
  }
  if (host.empty()) {
    throw Error(ErrorKind::kUnavailable,
                StrCat("there is no warehouse ", identifier, " to load into"),
                "`manage_dwh status` shows its state; `manage_dwh create` makes it.");
  }
  LogDebug(StrCat("AWS says that ", identifier, " is at ", host, ":", port, "."));
  params_.host = host;
  if (port != 0) params_.port = port;
}

void SignIn::RenewLogin() {
  if (fetched_ && clock_.Steady() - *fetched_ < kRenewAfter) return;
  const std::string identifier = Identifier();
  try {
    const DbCredentials login =
        serverless() ? ServerlessClient(aws_()).GetCredentials(identifier, params_.database)
                     : RedshiftClient(aws_()).GetClusterCredentials(
                           identifier, config_.cluster.db_user, params_.database);
    params_.user = login.user;
    params_.password = login.password;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kUsage) throw;
    throw Error(
        ErrorKind::kUnavailable,
        StrCat("DB_PASSWORD is empty, and AWS gives no login for ", identifier, ": ", error.what()),
        error.hint().empty() ? "set DB_PASSWORD, or have the caller allowed what "
                               "`manage_dwh policy` prints."
                             : error.hint());
  }
  fetched_ = clock_.Steady();
  LogDebug(
      StrCat("Signing in to ", identifier, " as ", params_.user, " for a quarter of an hour."));
}

}  // namespace dwh
