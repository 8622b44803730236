#pragma once

#include <string>

#include "config/dwh_config.h"

namespace dwh {

/// The IAM documents of a warehouse, as JSON.

/// Lets Redshift, provisioned and serverless, take the role.
std::string TrustPolicy();
/// Does this trust policy let `service` ("redshift.amazonaws.com") take the role?
bool Trusts(const std::string& trust_policy, const std::string& service);

/// What COPY needs: to list and read the buckets and prefixes that [S3] names, and no others. "" if
/// [S3] names no s3:// place. `partition`: "aws", "aws-cn", ...
std::string CopyPolicy(const DwhConfig& config, const std::string& partition);

/// What the person or machine that runs these programs needs, instead of AdministratorAccess
/// (facts/aws-control-plane, section 3.6).
std::string OperatorPolicy(const DwhConfig& config, const std::string& role_name,
                           const std::string& partition);

}  // namespace dwh
